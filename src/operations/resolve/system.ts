import { isAddress } from '../../core/address/address.js'
import { failureFields } from '../../core/failure.js'
import { lookup } from '../../net/connect/lookup.js'
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
    const outcome = await lookup(name, { family, deadline, signal: context.signal })
    const addresses = outcome.ok ? outcome.value.map(({ address }) => address) : []
    const source = outcome.ok ? this.#source(name, addresses) : null
    const canonical = mode.canonical && outcome.ok ? await this.#canonical(name, source) : { name: null, source: null }
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
    const answers = addresses.flatMap((address) => answerEvents(name, address, source, mode.service))
    return { name, events: [...answers, server], failure: failed, values: addresses, status: server.status }
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
   * Node's dns.lookup cannot ask for AI_CANONNAME, so it is found as getaddrinfo finds it: the primary name of the
   * hosts file's line, else the end of the chain of aliases in the DNS. Null where neither knows.
   */
  async #canonical(name: string, source: Source | null): Promise<Canonical> {
    if (source === 'literal') return { name, source }
    const [entry] = this.#hosts?.ofName(name) ?? []
    if (entry && source === 'hosts') return { name: entry.name, source: 'hosts' }
    const { ask, client, config, context } = this.#run
    const types = ask.family === 6 ? [TYPE.AAAA] : [TYPE.A, TYPE.AAAA]
    for (const candidate of searchNames(name, config)) {
      for (const type of types) {
        const question = { name: parseName(candidate), type, class: CLASS.IN }
        const outcome = await client.askAny(systemServers(config), question, context.deadline)
        if (!outcome.ok) return { name: null, source: null }
        if (outcome.value.answer.kind !== 'answer') continue
        return { name: outcome.value.answer.chain.end.replace(/(?<=.)\.$/, ''), source: 'dns' }
      }
    }
    return { name: null, source: null }
  }
}

/** getaddrinfo's tuples where a service is asked for, else the address alone. */
function answerEvents(name: string, address: string, source: Source | null, service: Service | null): AnswerEvent[] {
  const family = isAddress(address)
  const base = {
    type: 'answer',
    name,
    owner: name,
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
  } as const
  if (service === null) return [{ ...base, socketType: null, protocol: null, port: null }]
  const { tcpPort, udpPort, numeric } = service
  return [
    ...(tcpPort === null ? [] : [{ ...base, socketType: 'stream', protocol: 'tcp', port: tcpPort } as const]),
    ...(udpPort === null ? [] : [{ ...base, socketType: 'dgram', protocol: 'udp', port: udpPort } as const]),
    ...(numeric ? [{ ...base, socketType: 'raw', protocol: 'ip', port: tcpPort } as const] : []),
  ]
}
