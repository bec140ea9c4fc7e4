import { checkHost } from '../../../core/address/host-name.js'
import type { Deadline } from '../../../core/deadline.js'
import { type Failure, failure } from '../../../core/failure.js'
import { hint } from '../../../core/hint.js'
import { fail, type Outcome, ok } from '../../../core/outcome.js'
import { UsageError } from '../../../core/usage-error.js'
import type { Family, ResolvedAddress } from '../../../net/connect/lookup.js'
import { readResolverConfig } from '../../../net/system/resolver-config.js'
import { CLASS, DEFAULT_UDP_PAYLOAD_BYTES, parseName, ROOT, TYPE } from '../../../protocol/dns/index.js'
import {
  type AskRequest,
  askOptions,
  DnsClient,
  type DnsReply,
  type DnsServer,
  systemServers,
} from '../../dns/index.js'
import { replyFailure } from '../../dns/verdict.js'

export interface MxHost {
  /** A host name without its final dot; empty for the root, which says that there is no mail server (RFC 7505). */
  readonly exchange: string
  /** The lower, the sooner. */
  readonly preference: number
}

export interface HostAddresses {
  readonly addresses: readonly ResolvedAddress[]
  /** What the host is an alias for, which RFC 5321 section 5.1 forbids of an MX; null where it is none. */
  readonly alias: string | null
}

export interface MxFinderOptions {
  /** Null: those of this system. */
  readonly servers: readonly DnsServer[] | null
  /** For an answer of one server, all tries at it together. */
  readonly timeoutMs: number
  readonly family: Family | undefined
  readonly signal: AbortSignal
}

/** A datagram may be lost: one more try. */
const TRIES = 2
const DENIED = new Set(['NODATA', 'NXDOMAIN'])

/** Finds mail servers by the DNS alone, as mail transfer agents do: no hosts file and no search list has a say in it. */
export class MxFinder {
  readonly #client: DnsClient
  readonly #servers: readonly DnsServer[]
  readonly #family: Family | undefined

  constructor({ servers, timeoutMs, family, signal }: MxFinderOptions) {
    const config = readResolverConfig()
    const request: AskRequest = {
      recursionDesired: true,
      checkingDisabled: false,
      edns: { udpPayloadSize: DEFAULT_UDP_PAYLOAD_BYTES, dnssecOk: false, nsid: false, subnet: null },
      tcp: false,
      timeoutMs: timeoutMs / TRIES,
      tries: TRIES,
      tls: {},
    }
    this.#client = new DnsClient(askOptions(request, config), signal)
    this.#servers = servers ?? systemServers(config)
    this.#family = family
  }

  /** The MX records of a domain (RFC 1035 section 3.3.9), in the order of the answer; none is an empty list. */
  async hostsOf(domain: string, deadline: Deadline): Promise<Outcome<readonly MxHost[]>> {
    const outcome = await this.#ask(domain, TYPE.MX, deadline)
    if (!outcome.ok) {
      if (outcome.failure.code === 'NODATA') return ok([], outcome.elapsedMs)
      return fail(told(outcome.failure, `cannot look up the MX of ${domain}`), outcome.elapsedMs)
    }
    const hosts = outcome.value.answer.chain.records.flatMap(({ fields }): MxHost[] => {
      const { preference, exchange } = fields ?? {}
      if (typeof preference !== 'number' || typeof exchange !== 'string') return []
      return [{ preference, exchange: withoutDot(exchange) }]
    })
    return ok(hosts, outcome.elapsedMs)
  }

  /** A and AAAA, asked for at once. Fails with NXDOMAIN or NODATA where there is no address. */
  async addressesOf(host: string, deadline: Deadline): Promise<Outcome<HostAddresses>> {
    const started = performance.now()
    const elapsed = () => performance.now() - started
    const bad = unusable(host)
    if (bad) return fail(bad, 0)
    const families = ([6, 4] as const).filter((each) => this.#family === undefined || each === this.#family)
    const outcomes = await Promise.all(
      families.map(async (family) => {
        const outcome = await this.#ask(host, family === 4 ? TYPE.A : TYPE.AAAA, deadline)
        return { family, outcome }
      }),
    )
    const replies = outcomes.flatMap(({ outcome }) => (outcome.ok ? [outcome.value] : []))
    const addresses = outcomes.flatMap(({ family, outcome }) =>
      outcome.ok
        ? outcome.value.answer.chain.records.flatMap(({ text, fault }) => (fault ? [] : [{ address: text, family }]))
        : [],
    )
    const [chain] = replies.map(({ answer }) => answer.chain)
    const alias = chain && chain.links.length > 0 ? withoutDot(chain.end) : null
    if (addresses.length > 0) return ok({ addresses, alias }, elapsed())
    const failures = outcomes.flatMap(({ outcome }) => (outcome.ok ? [] : [outcome.failure]))
    // One family's trouble says more than the other one's plain absence.
    const worst = failures.find(({ code }) => !DENIED.has(code)) ?? failures[0]
    if (!worst) throw new Error('an answer without addresses is a failure')
    const of = this.#family === undefined ? 'address' : `IPv${this.#family} address`
    const what = worst.code === 'NODATA' ? `${host} has no ${of}` : `cannot look up the addresses of ${host}`
    return fail(told(worst, what), elapsed())
  }

  close(): void {
    this.#client.close()
  }

  async #ask(name: string, type: number, deadline: Deadline): Promise<Outcome<DnsReply>> {
    const question = { name: parseName(`${name.replace(/\.$/, '')}.`), type, class: CLASS.IN }
    const outcome = await this.#client.askAny(this.#servers, question, deadline)
    const failed = outcome.ok ? replyFailure(outcome.value) : outcome.failure
    return failed ? fail(failed, outcome.elapsedMs) : outcome
  }
}

/** Why nothing can be asked about an exchange, which may be any labels at all; null where something can. */
function unusable(host: string): Failure | null {
  let why = 'an address is no name: an MX must name a host (RFC 5321 section 5.1)'
  try {
    if (checkHost(host, 'MX').kind === 'name') return null
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    why = 'that is no host name'
  }
  return failure({
    phase: 'lookup',
    origin: 'resolver',
    code: 'EBADNAME',
    endpoint: { host, address: null, port: null, path: null },
    message: `${host}: ${why}`,
    ...hint('the MX record of the domain is wrong; its owner can mend it'),
  })
}

function told(failed: Failure, what: string): Failure {
  const none = failed.code === 'ENOENT' ? hint('name a name server to ask', 'mail-name-server') : {}
  return { ...failed, ...none, message: `${what}: ${failed.message}` }
}

function withoutDot(name: string): string {
  return name === ROOT ? '' : name.replace(/\.$/, '')
}
