import { parseAddress } from '../../core/address/address.js'
import type { Deadline } from '../../core/deadline.js'
import type { Failure } from '../../core/failure.js'
import { hint } from '../../core/hint.js'
import { fail, type Outcome, ok } from '../../core/outcome.js'
import { stopwatch } from '../../core/timer.js'
import { HostsFile } from '../../net/system/hosts-file.js'
import { nameInfo } from '../../net/system/name-info.js'
import { hostServices } from '../../net/system/name-service.js'
import { CLASS, parseName, reverseName, TYPE, targetOf } from '../../protocol/dns/index.js'
import { addressOctets, type DnsClient, type DnsReply, type DnsServer } from '../dns/index.js'
import { replyFailure } from '../dns/verdict.js'
import type { NameEvent } from './types.js'

type NameSource = NameEvent['source']

/** Names of one address, without a final dot: of the hosts file the primary one first; of the DNS alike, sorted. */
export interface Names {
  readonly names: readonly string[]
  readonly source: NameSource
  readonly server: string | null
  /** How long the DNS lets it be kept, in seconds; null where another source told it. */
  readonly ttl: number | null
}

export interface NameFinderOptions {
  readonly client: DnsClient
  /** Null: the system's own way, hosts file first. */
  readonly servers: readonly DnsServer[] | null
  readonly systemServers: readonly DnsServer[]
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

/** Finds the names of addresses, and what names lead to: from servers, or as gethostbyaddr(3) does. */
export class NameFinder {
  readonly #options: NameFinderOptions
  readonly #hosts: HostsFile | null
  readonly #services: readonly string[] | null

  constructor(options: NameFinderOptions) {
    this.#options = options
    this.#hosts = options.servers ? null : HostsFile.read()
    this.#services = hostServices()
  }

  /** Fails with NXDOMAIN or NODATA where the address has no name. */
  async namesOf(address: string, deadline: Deadline): Promise<Outcome<Names>> {
    const elapsed = stopwatch()
    // As the C library does: the first line with that address alone.
    const [entry] = this.#hosts?.ofAddress(address) ?? []
    if (entry) {
      const names = [entry.name, ...entry.aliases]
      return ok({ names, source: 'hosts', server: null, ttl: null }, elapsed())
    }
    const asked = await this.#pointers(address, deadline)
    if (asked.ok || !this.#hasOtherServices()) return asked
    const { timeoutMs, signal } = this.#options
    const info = await nameInfo(address, 0, { deadline: deadline.within(timeoutMs), signal })
    if (!info.ok) return asked
    const names = [info.value.name]
    return ok({ names, source: 'system', server: null, ttl: null }, elapsed())
  }

  /** The addresses of a name: A and AAAA of the DNS, or the hosts file's. Fails only where neither could be asked for. */
  async addressesOf(name: string, deadline: Deadline): Promise<Outcome<readonly string[]>> {
    const elapsed = stopwatch()
    const listed = this.#hosts?.ofName(name) ?? []
    if (listed.length > 0) {
      const addresses = listed.map(({ address }) => address)
      return ok(addresses, elapsed())
    }
    const outcomes = await Promise.all([this.#ask(name, TYPE.A, deadline), this.#ask(name, TYPE.AAAA, deadline)])
    const addresses = outcomes.flatMap((outcome) => (outcome.ok ? outcome.value : []))
    const failed = outcomes.find((outcome) => !outcome.ok)
    // One family's silence hides nothing that the other one has said.
    if (failed && !failed.ok && addresses.length === 0) return fail(failed.failure, failed.elapsedMs)
    return ok(addresses, elapsed())
  }

  async #pointers(address: string, deadline: Deadline): Promise<Outcome<Names>> {
    const parsed = parseAddress(address)
    if (!parsed) throw new Error(`${address} is no literal address`)
    const outcome = await this.#reply(reverseName(addressOctets(parsed)), TYPE.PTR, deadline)
    if (!outcome.ok) return fail(nameless(address, outcome.failure), outcome.elapsedMs)
    const { answer, server } = outcome.value
    // A server tells them in any order, which means nothing.
    const names = answer.chain.records
      .flatMap((record) => targetOf(record) ?? [])
      .map(withoutDot)
      .sort()
    return ok(
      { names, source: 'dns', server: server.name, ttl: answer.chain.records[0]?.ttl ?? null },
      outcome.elapsedMs,
    )
  }

  async #ask(name: string, type: number, deadline: Deadline): Promise<Outcome<readonly string[]>> {
    const outcome = await this.#reply(parseName(name), type, deadline)
    if (outcome.ok)
      return ok(
        outcome.value.answer.chain.records.map(({ text }) => text),
        outcome.elapsedMs,
      )
    const denied = outcome.failure.code === 'NXDOMAIN' || outcome.failure.code === 'NODATA'
    return denied ? ok([], outcome.elapsedMs) : fail(outcome.failure, outcome.elapsedMs)
  }

  /** A reply that answers, or why there is none. */
  async #reply(name: string, type: number, deadline: Deadline): Promise<Outcome<DnsReply>> {
    const { client, servers, systemServers } = this.#options
    const outcome = await client.askAny(servers ?? systemServers, { name, type, class: CLASS.IN }, deadline)
    const failed: Failure | null = outcome.ok ? replyFailure(outcome.value) : outcome.failure
    return failed ? fail(failed, outcome.elapsedMs) : outcome
  }

  #hasOtherServices(): boolean {
    if (this.#options.servers) return false
    return this.#services === null || this.#services.some((service) => service !== 'files' && service !== 'dns')
  }
}

/** What is asked for is a name in the DNS; what is missing is the name of the address. */
function nameless(address: string, failed: Failure): Failure {
  if (failed.code !== 'NXDOMAIN' && failed.code !== 'NODATA') return failed
  return { ...failed, message: `${address} has no name: ${failed.message}`, ...NAMELESS }
}

const NAMELESS = hint(
  'whoever runs that network names its addresses (PTR records): ask from the root down whose zone lacks it',
  'ask-traced',
)

function withoutDot(name: string): string {
  return name.replace(/(?<=.)\.$/, '')
}
