import { isAddress } from '../../core/address/address.js'
import { checkHost } from '../../core/address/host-name.js'
import { failureFields, fromNodeError } from '../../core/failure.js'
import { fail, type Outcome } from '../../core/outcome.js'
import { lookup } from '../../net/connect/lookup.js'
import { zoneError, zoneHint } from '../../net/connect/zone.js'
import { HostsFile } from '../../net/system/hosts-file.js'
import { hostServices } from '../../net/system/name-service.js'
import type { ResolverConfig } from '../../net/system/resolver-config.js'
import { CLASS, parseName, TYPE } from '../../protocol/dns/index.js'
import type { DnsClient } from '../dns/client.js'
import { canonicalAddress, searchNames, systemServers } from '../dns/names.js'
import type { AskOptions } from '../dns/types.js'
import { failureStatus } from '../dns/verdict.js'
import type { NameResult, ResolveContext } from './name-result.js'
import { UNKNOWN_SERVER } from './reports.js'
import type { AnswerEvent, ResolveMode, Service, Source } from './types.js'

interface SystemRun {
  readonly mode: Extract<ResolveMode, { kind: 'system' }>
  readonly ask: AskOptions
  /** For getaddrinfo, in milliseconds. */
  readonly systemMs: number
  readonly config: ResolverConfig
  readonly context: ResolveContext
  readonly client: DnsClient
}

interface Canonical {
  readonly name: string | null
  readonly source: Source | null
}

/** Names through getaddrinfo(3), with what can be known of where the answer came from. */
export class SystemResolver {
  readonly #hosts = HostsFile.read()
  readonly #services = hostServices()
  readonly #run: SystemRun

  constructor(run: SystemRun) {
    this.#run = run
  }

  async resolve(name: string): Promise<NameResult> {
    const { ask, systemMs, context, mode } = this.#run
    const { family } = ask
    const deadline = context.deadline.within(systemMs)
    const outcome = missingZone(name) ?? (await lookup(name, { family, deadline, signal: context.signal }))
    const addresses = outcome.ok ? outcome.value.map(({ address }) => address) : []
    // What is looked up is ASCII.
    const asked = outcome.ok ? hostText(name) : name
    const source = outcome.ok ? this.#source(asked, addresses) : null
    const found = outcome.ok ? await this.#found(asked, source, addresses) : null
    const canonical = mode.canonical && outcome.ok ? this.#canonical(asked, source, found) : NOT_CANONICAL
    const failed = outcome.ok ? null : outcome.failure
    const server = {
      ...UNKNOWN_SERVER,
      name,
      recordType: family === undefined ? null : family === 4 ? 'A' : 'AAAA',
      server: null,
      transport: 'getaddrinfo',
      status: failed ? failureStatus(failed) : 'answer',
      answers: addresses.length,
      source,
      canonicalName: canonical.name,
      canonicalSource: canonical.source,
      elapsedMs: outcome.elapsedMs,
      ...failureFields(failed),
    } as const
    const owner = found !== null && found.candidate !== asked ? found.candidate : name
    const answers = addresses.flatMap((address) => answerEvents({ name, owner }, address, source, mode.service))
    // As getaddrinfo has it: with the first alone.
    const [first, ...others] = answers
    const events = first ? [{ ...first, canonicalName: canonical.name }, ...others] : []
    return { name, events: [...events, server], failure: failed, values: addresses, status: server.status }
  }

  /** What is certain only: a name in the hosts file is found there where that is asked first. */
  #source(name: string, addresses: readonly string[]): Source | null {
    if (isAddress(name) !== 0) return 'literal'
    const listed = this.#hosts?.ofName(name).map(({ address }) => address) ?? []
    const others = this.#services?.filter((service) => service !== 'files') ?? null
    if (listed.some((address) => addresses.includes(canonicalAddress(address)))) {
      return this.#services === null || this.#services[0] === 'files' ? 'hosts' : null
    }
    return others?.length === 1 && others[0] === 'dns' ? 'dns' : null
  }

  /**
   * Under which of the names that getaddrinfo tries it found these addresses, and what that one is called in the end: it
   * keeps both to itself, so the DNS is asked. Null where nothing was searched for, or the DNS does not know either.
   */
  async #found(name: string, source: Source | null, addresses: readonly string[]): Promise<Found | null> {
    const { ask, client, config, context, mode } = this.#run
    if (source === 'literal' || source === 'hosts') return null
    const candidates = searchNames(name, config)
    if (candidates.length < 2 && !mode.canonical) return null
    const types = ask.family === 6 ? [TYPE.AAAA] : ask.family === 4 ? [TYPE.A] : [TYPE.A, TYPE.AAAA]
    for (const candidate of candidates) {
      for (const type of types) {
        const question = { name: parseName(candidate), type, class: CLASS.IN }
        const outcome = await client.askAny(systemServers(config), question, context.deadline)
        if (!outcome.ok) return null
        const { kind, chain } = outcome.value.answer
        if (kind !== 'answer') continue
        // Where others than the DNS may have been asked, it is the one that they found.
        if (source !== 'dns' && !chain.records.some(({ text }) => addresses.includes(text))) continue
        return { candidate, end: chain.end.replace(/(?<=.)\.$/, '') }
      }
    }
    return null
  }

  /**
   * Node's dns.lookup cannot ask for AI_CANONNAME, so it is found as getaddrinfo finds it: the primary name of the
   * hosts file's line, else the end of the chain of aliases in the DNS. Null where neither knows.
   */
  #canonical(name: string, source: Source | null, found: Found | null): Canonical {
    if (source === 'literal') return { name, source }
    const [entry] = this.#hosts?.ofName(name) ?? []
    if (entry && source === 'hosts') return { name: entry.name, source: 'hosts' }
    return found === null ? NOT_CANONICAL : { name: found.end, source: 'dns' }
  }
}

interface Found {
  readonly candidate: string
  readonly end: string
}

const NOT_CANONICAL: Canonical = { name: null, source: null }

/** A name as it is looked up, or the address. */
function hostText(name: string): string {
  const host = checkHost(name, '<name>')
  return host.kind === 'name' ? host.name : host.address
}

/** Of an address whose interface is not there: getaddrinfo takes none such. */
function missingZone(name: string): Outcome<never> | null {
  const error = name.includes('%') ? zoneError(name) : null
  if (error === null) return null
  const base = fromNodeError(error, 'lookup', { syscall: null })
  const endpoint = { host: name, address: name, port: null, path: null }
  const zone = name.slice(name.indexOf('%') + 1)
  const message = `${name} is no address of this machine's networks: no interface is called ${zone} here`
  return fail({ ...base, message, endpoint, ...zoneHint('EINVAL', name) }, 0)
}

/** getaddrinfo's tuples where a service is asked for, else the address alone. */
function answerEvents(
  { name, owner }: { readonly name: string; readonly owner: string },
  address: string,
  source: Source | null,
  service: Service | null,
): AnswerEvent[] {
  const family = isAddress(address)
  const base = {
    type: 'answer',
    name,
    owner,
    recordType: family === 6 ? 'AAAA' : 'A',
    recordClass: 'IN',
    ttl: null,
    value: address,
    address,
    fields: null,
    fault: null,
    section: 'answer',
    server: null,
    source,
    canonicalName: null,
  } as const
  if (service === null) return [{ ...base, socketType: null, protocol: null, port: null }]
  const { tcpPort, udpPort, numeric } = service
  return [
    ...(tcpPort === null ? [] : [{ ...base, socketType: 'stream', protocol: 'tcp', port: tcpPort } as const]),
    ...(udpPort === null ? [] : [{ ...base, socketType: 'dgram', protocol: 'udp', port: udpPort } as const]),
    ...(numeric ? [{ ...base, socketType: 'raw', protocol: 'ip', port: tcpPort } as const] : []),
  ]
}
