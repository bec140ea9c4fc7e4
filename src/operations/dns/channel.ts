import { isAddress } from '../../core/address/address.js'
import { type Endpoint, formatEndpoint } from '../../core/address/endpoint.js'
import type { Deadline } from '../../core/deadline.js'
import { type Failure, failure } from '../../core/failure.js'
import { fail, type Outcome, ok } from '../../core/outcome.js'
import { dial } from '../../net/connect/dial.js'
import { lookup, type ResolvedAddress } from '../../net/connect/lookup.js'
import { type AnyQuestion, type Exchange, exchangeOf, messageOf, SENT_ONCE } from '../../net/dns/exchange.js'
import type { HttpsChannel } from '../../net/dns/https.js'
import type { MessageStream } from '../../net/dns/message-stream.js'
import type { DatagramPool } from '../../net/dns/udp.js'
import { LENGTH_BYTES, MessageAssembler, putLength } from '../../protocol/dns/index.js'
import type { DnsServer, Transport } from './server.js'
import type { AskOptions } from './types.js'

/** A connection, its far end, and what TLS it speaks. */
interface Connected<C> {
  readonly channel: C
  readonly address: string
  readonly tlsProtocol: string | null
}

interface Closable {
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
    const stream = this.#stream.current
    if (stream) stream.channel.ask(asked)
    else void this.#firstOverStream(transport, asked)
  }

  async #firstOverStream(transport: 'tcp' | 'tls', asked: AnyQuestion): Promise<void> {
    const opened = await this.#stream.get(() => this.#openStream(transport, asked.deadline))
    if (opened.ok) opened.value.channel.ask(asked)
    else exchangeOf(asked).failed(opened.failure)
  }

  async #overHttps(exchange: Exchange): Promise<void> {
    const { deadline } = exchange
    const opened = await this.#https.get(() => this.#openHttps(deadline))
    if (!opened.ok) return exchange.failed(opened.failure)
    const { channel, address, tlsProtocol } = opened.value
    const path = this.#server.path ?? '/'
    const outcome = await channel.exchange({
      path,
      message: messageOf(exchange, HTTPS_ID),
      deadline,
      signal: this.#signal,
    })
    if (!outcome.ok) return exchange.failed(outcome.failure)
    const { message, httpVersion } = outcome.value
    if (exchange.accepts(message, message.length, HTTPS_ID) !== 'answer') return exchange.failed(this.#strange(address))
    exchange.answered({ address, tlsProtocol, httpVersion }, SENT_ONCE, performance.now())
  }

  async #openStream(transport: 'tcp' | 'tls', deadline: Deadline): Promise<Outcome<Connected<MessageStream>>> {
    const { MessageStream } = await import('../../net/dns/message-stream.js')
    const opened = await (transport === 'tls' ? this.#openTls(['dot'], deadline) : this.#dial(deadline))
    if (!opened.ok) return opened
    const assembler = new MessageAssembler()
    const framing = {
      headBytes: LENGTH_BYTES,
      putHead: putLength,
      push: (chunk: Uint8Array) => assembler.push(chunk),
      get pendingBytes() {
        return assembler.pendingBytes
      },
    }
    const { channel: socket, address, tlsProtocol } = opened.value
    const endpoint = this.#endpoint(address)
    const { name } = this.#server
    const channel = new MessageStream({ socket, framing, name, endpoint, tlsProtocol, signal: this.#signal })
    return ok({ ...opened.value, channel }, opened.elapsedMs)
  }

  async #openHttps(deadline: Deadline): Promise<Outcome<Connected<HttpsChannel>>> {
    const { HttpsChannel } = await import('../../net/dns/https.js')
    const opened = await this.#openTls(['h2', 'http/1.1'], deadline, false)
    if (!opened.ok) return opened
    const { channel: socket, address } = opened.value
    const { host, port } = this.#server
    const channel = new HttpsChannel(socket, authorityOf(host, port), this.#endpoint(address))
    return ok({ ...opened.value, channel }, opened.elapsedMs)
  }

  async #dial(deadline: Deadline) {
    const { host, port } = this.#server
    const { sourceAddress, sourcePort, family } = this.#options
    const outcome = await dial(host, port, { sourceAddress, sourcePort, family, deadline, signal: this.#signal })
    if (!outcome.ok) return fail(outcome.failure, outcome.elapsedMs)
    const { socket, address } = outcome.value
    return ok({ channel: socket, address, tlsProtocol: null }, outcome.elapsedMs)
  }

  async #openTls(alpn: readonly string[], deadline: Deadline, tellsEnd = true) {
    // Loaded when it is needed, since that takes longer than a few questions; before there is a socket that could fail.
    const { startTls } = await import('../../net/tls/client.js')
    const dialled = await this.#dial(deadline)
    if (!dialled.ok) return dialled
    const { channel: raw, address } = dialled.value
    const options = { ...this.#options.tls, alpn, tellsEnd, deadline, signal: this.#signal }
    const outcome = await startTls(raw, this.#endpoint(address), options)
    if (!outcome.ok) return fail(outcome.failure, outcome.elapsedMs)
    const { socket, report } = outcome.value
    return ok({ channel: socket, address, tlsProtocol: report.protocol }, outcome.elapsedMs)
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
class Shared<C extends Closable> {
  #opening: Promise<Outcome<Connected<C>>> | null = null
  #open: Connected<C> | null = null

  /** What is open and takes questions, or null. */
  get current(): Connected<C> | null {
    return this.#open && !this.#open.channel.ended ? this.#open : null
  }

  async get(open: () => Promise<Outcome<Connected<C>>>): Promise<Outcome<Connected<C>>> {
    if (this.current) return ok(this.current, 0)
    this.#opening ??= open().then((outcome) => {
      this.#opening = null
      this.#open = outcome.ok ? outcome.value : null
      return outcome
    })
    return this.#opening
  }

  close(): void {
    this.#open?.channel.close()
    this.#open = null
  }
}
