import { isAddress } from '../../core/address/address.js'
import { type Endpoint, formatEndpoint } from '../../core/address/endpoint.js'
import type { Deadline } from '../../core/deadline.js'
import { type Failure, failure } from '../../core/failure.js'
import { fail, type Outcome, ok } from '../../core/outcome.js'
import { lookup, type ResolvedAddress } from '../../net/connect/lookup.js'
import type { Reached } from '../../net/connect/reach.js'
import { type AnyQuestion, exchangeOf, inTime } from '../../net/dns/exchange.js'
import { type ConnectionEvents, type DnsConnection, Pipeline } from '../../net/dns/pipeline.js'
import type { DatagramPool } from '../../net/dns/udp.js'
import type { TlsOptions } from '../../net/tls/client.js'
import { LENGTH_BYTES, MessageAssembler, putLength } from '../../protocol/dns/index.js'
import type { DnsServer, Transport } from './server.js'
import type { AskOptions } from './types.js'

/**
 * The ways to one server. Connections are opened when first needed, shared by all questions, and opened anew once ended. Each
 * way's code is loaded with the first question that goes it: most runs ask no server themselves.
 */
export class DnsChannel {
  readonly #server: DnsServer
  readonly #options: AskOptions
  readonly #signal: AbortSignal
  #found: Promise<Outcome<ResolvedAddress>> | null = null
  #datagrams: DatagramPool | null = null
  readonly #connections = new Map<Transport, Pipeline>()

  constructor(server: DnsServer, options: AskOptions, signal: AbortSignal) {
    this.#server = server
    this.#options = options
    this.#signal = signal
  }

  ask(transport: Transport, asked: AnyQuestion): void {
    if (transport === 'udp') this.#overUdp(asked)
    else this.#pipeline(transport).ask(asked)
  }

  close(): void {
    this.#datagrams?.close()
    for (const pipeline of this.#connections.values()) pipeline.close()
  }

  #pipeline(transport: 'tcp' | 'tls' | 'https'): Pipeline {
    const existing = this.#connections.get(transport)
    if (existing) return existing
    const made = new Pipeline((deadline, events) =>
      transport === 'https' ? this.#openHttps(deadline, events) : this.#openStream(transport, deadline, events),
    )
    this.#connections.set(transport, made)
    return made
  }

  #overUdp(asked: AnyQuestion): void {
    if (this.#datagrams) this.#datagrams.ask(asked)
    else void this.#firstOverUdp(asked)
  }

  async #firstOverUdp(asked: AnyQuestion): Promise<void> {
    // The first address alone, as resolv.conf's servers are addresses: another one is another server.
    this.#found ??= this.#lookUp(asked.deadline)
    const found = await this.#found
    if (!found.ok) {
      this.#found = null
      return exchangeOf(asked).failed(found.failure)
    }
    const { DatagramPool } = await import('../../net/dns/udp.js')
    const { port } = this.#server
    const { sourceAddress, sourcePort, timeoutMs, repeats } = this.#options
    const repeatWithinMs = repeats ? timeoutMs : null
    const local = { sourceAddress, sourcePort }
    this.#datagrams ??= new DatagramPool({ server: found.value, port, ...local, repeatWithinMs, signal: this.#signal })
    this.#datagrams.ask(inTime(asked))
  }

  async #openStream(
    transport: 'tcp' | 'tls',
    deadline: Deadline,
    events: ConnectionEvents,
  ): Promise<Outcome<DnsConnection>> {
    const { MessageStream } = await import('../../net/dns/message-stream.js')
    const reached = await this.#reach(deadline, transport === 'tls' ? { alpn: ['dot'] } : null)
    if (!reached.ok) return fail(reached.failure, reached.elapsedMs)
    const assembler = new MessageAssembler()
    const framing = {
      headBytes: LENGTH_BYTES,
      putHead: putLength,
      push: (chunk: Uint8Array) => assembler.push(chunk),
      get pendingBytes() {
        return assembler.pendingBytes
      },
    }
    const { stream, tls, address } = reached.value
    const endpoint = this.#endpoint(address)
    const tlsProtocol = tls?.report.protocol ?? null
    const { name } = this.#server
    const how = { stream, framing, name, endpoint, tlsProtocol, signal: this.#signal, events }
    return ok(new MessageStream(how), reached.elapsedMs)
  }

  async #openHttps(deadline: Deadline, events: ConnectionEvents): Promise<Outcome<DnsConnection>> {
    const { HttpsConnection } = await import('../../net/dns/https.js')
    const reached = await this.#reach(deadline, { alpn: ['h2', 'http/1.1'], tellsEnd: false })
    if (!reached.ok) return fail(reached.failure, reached.elapsedMs)
    const { stream, tls, address } = reached.value
    const { host, port, path } = this.#server
    const authority = authorityOf(host, port)
    const endpoint = this.#endpoint(address)
    const strange = () => this.#strange(address)
    const how = { stream, tls, authority, path: path ?? '/', endpoint, signal: this.#signal, events, strange }
    return ok(new HttpsConnection(how), reached.elapsedMs)
  }

  async #reach(deadline: Deadline, tls: Pick<TlsOptions, 'alpn' | 'tellsEnd'> | null): Promise<Outcome<Reached>> {
    const { reach } = await import('../../net/connect/reach.js')
    const { host, port } = this.#server
    const { sourceAddress, sourcePort, family, systemTime } = this.#options
    const how = { sourceAddress, sourcePort, family, systemTime, deadline, signal: this.#signal }
    // What a server has taken its answers tell.
    return reach({ host, port }, { ...how, tls: tls && { ...this.#options.tls, ...tls }, patienceMs: 0 })
  }

  async #lookUp(deadline: Deadline): Promise<Outcome<ResolvedAddress>> {
    const { sourceAddress, systemTime } = this.#options
    const family = sourceAddress?.family ?? this.#options.family
    const found = await lookup(this.#server.host, { family, deadline, signal: this.#signal, systemTime })
    const [first] = found.ok ? found.value : []
    if (first) return ok(first, found.elapsedMs)
    return found.ok ? fail(this.#strange(null), found.elapsedMs) : fail(found.failure, found.elapsedMs)
  }

  #endpoint(address: string | null): Endpoint {
    const { host, port, path } = this.#server
    return { host, address, port, path }
  }

  #strange(address: string | null): Failure {
    return failure({
      phase: 'protocol',
      origin: 'peer',
      code: 'EBADRESP',
      endpoint: this.#endpoint(address),
      message: `${this.#server.name} sent something that does not answer the question`,
    })
  }
}

/** Of a URL: without the zone of an address, which means nothing to the other end (RFC 6874, section 4). */
function authorityOf(host: string, port: number): string {
  const [name = ''] = host.split('%')
  if (port !== HTTPS_PORT) return formatEndpoint(name, port)
  return isAddress(name) === 6 ? `[${name}]` : name
}

const HTTPS_PORT = 443
