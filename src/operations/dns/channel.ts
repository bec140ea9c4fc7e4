import { isAddress } from '../../core/address/address.js'
import { type Endpoint, formatEndpoint } from '../../core/address/endpoint.js'
import type { Deadline } from '../../core/deadline.js'
import { type Failure, failure } from '../../core/failure.js'
import { fail, type Outcome, ok } from '../../core/outcome.js'
import { lookup, type ResolvedAddress } from '../../net/connect/lookup.js'
import type { Reached } from '../../net/connect/reach.js'
import { type AnyQuestion, type Exchange, exchangeOf, messageOf, SENT_ONCE } from '../../net/dns/exchange.js'
import type { HttpsChannel } from '../../net/dns/https.js'
import type { MessageStream } from '../../net/dns/message-stream.js'
import type { DatagramPool } from '../../net/dns/udp.js'
import type { TlsOptions } from '../../net/tls/client.js'
import { LENGTH_BYTES, MessageAssembler, putLength } from '../../protocol/dns/index.js'
import type { DnsServer, Transport } from './server.js'
import type { AskOptions } from './types.js'

/** A connection that questions are asked over. */
interface Connection {
  /** Whether it takes no further question. */
  readonly ended: boolean
  close(): void
}

/**
 * The ways to one server. Connections are opened when first needed, shared by all questions, and opened anew once ended. Each
 * way's code is loaded with the first question that goes it: most runs ask no server themselves.
 */
export class Channel {
  readonly #server: DnsServer
  readonly #options: AskOptions
  readonly #signal: AbortSignal
  #found: Promise<Outcome<ResolvedAddress>> | null = null
  #datagrams: DatagramPool | null = null
  readonly #stream = new Shared<MessageStream>()
  readonly #https = new Shared<HttpsChannel>()

  constructor(server: DnsServer, options: AskOptions, signal: AbortSignal) {
    this.#server = server
    this.#options = options
    this.#signal = signal
  }

  ask(transport: Transport, asked: AnyQuestion): void {
    if (transport === 'udp') this.#overUdp(asked)
    else if (transport === 'https') void this.#overHttps(exchangeOf(asked))
    else this.#overStream(transport, asked)
  }

  close(): void {
    this.#datagrams?.close()
    this.#stream.close()
    this.#https.close()
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
    this.#datagrams.ask(asked)
  }

  #overStream(transport: 'tcp' | 'tls', asked: AnyQuestion): void {
    const { current } = this.#stream
    if (current) current.ask(asked)
    else void this.#firstOverStream(transport, asked)
  }

  async #firstOverStream(transport: 'tcp' | 'tls', asked: AnyQuestion): Promise<void> {
    const opened = await this.#stream.get(() => this.#openStream(transport, asked.deadline))
    if (opened.ok) opened.value.ask(asked)
    else exchangeOf(asked).failed(opened.failure)
  }

  async #overHttps(exchange: Exchange): Promise<void> {
    const { deadline } = exchange
    const opened = await this.#https.get(() => this.#openHttps(deadline))
    if (!opened.ok) return exchange.failed(opened.failure)
    const { farEnd } = opened.value
    const path = this.#server.path ?? '/'
    const outcome = await opened.value.ask({ path, message: messageOf(exchange, HTTPS_ID), deadline })
    if (!outcome.ok) return exchange.failed(outcome.failure)
    const message = outcome.value
    if (message === null) return exchange.again()
    if (exchange.accepts(message, message.length, HTTPS_ID) === 'answer')
      return exchange.answered(farEnd, SENT_ONCE, performance.now())
    exchange.failed(this.#strange(farEnd.address))
  }

  async #openStream(transport: 'tcp' | 'tls', deadline: Deadline): Promise<Outcome<MessageStream>> {
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
    const made = new MessageStream({ stream, framing, name, endpoint, tlsProtocol, signal: this.#signal })
    return ok(made, reached.elapsedMs)
  }

  async #openHttps(deadline: Deadline): Promise<Outcome<HttpsChannel>> {
    const { HttpsChannel } = await import('../../net/dns/https.js')
    const reached = await this.#reach(deadline, { alpn: ['h2', 'http/1.1'], tellsEnd: false })
    if (!reached.ok) return fail(reached.failure, reached.elapsedMs)
    const { stream, tls, address } = reached.value
    const { host, port } = this.#server
    const authority = authorityOf(host, port)
    const endpoint = this.#endpoint(address)
    return ok(new HttpsChannel({ stream, tls, authority, endpoint, signal: this.#signal }), reached.elapsedMs)
  }

  async #reach(deadline: Deadline, tls: Pick<TlsOptions, 'alpn' | 'tellsEnd'> | null): Promise<Outcome<Reached>> {
    const { reach } = await import('../../net/connect/reach.js')
    const { host, port } = this.#server
    const { sourceAddress, sourcePort, family } = this.#options
    const how = { sourceAddress, sourcePort, family, deadline, signal: this.#signal }
    // What a server has taken its answers tell.
    return reach({ host, port }, { ...how, tls: tls && { ...this.#options.tls, ...tls }, patienceMs: 0 })
  }

  async #lookUp(deadline: Deadline): Promise<Outcome<ResolvedAddress>> {
    const family = this.#options.sourceAddress?.family ?? this.#options.family
    const found = await lookup(this.#server.host, { family, deadline, signal: this.#signal })
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
/** Caches of HTTP tell questions apart by their bytes (RFC 8484, section 4.1). */
const HTTPS_ID = 0

/** One connection at a time for all who ask at once. */
class Shared<C extends Connection> {
  #opening: Promise<Outcome<C>> | null = null
  #open: C | null = null

  /** What is open and takes questions, or null. */
  get current(): C | null {
    return this.#open && !this.#open.ended ? this.#open : null
  }

  async get(open: () => Promise<Outcome<C>>): Promise<Outcome<C>> {
    if (this.current) return ok(this.current, 0)
    this.#opening ??= open().then((outcome) => {
      this.#opening = null
      this.#open = outcome.value
      return outcome
    })
    return this.#opening
  }

  close(): void {
    this.#open?.close()
    this.#open = null
  }
}
