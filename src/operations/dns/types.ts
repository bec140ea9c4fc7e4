import type { Attempt } from '../../core/failure.js'
import type { ResolvedAddress } from '../../net/connect/lookup.js'
import type { TlsOptions } from '../../net/tls/client.js'
import type { Answer, DnsMessage, EdnsRequest, Question } from '../../protocol/dns/index.js'
import type { DnsServer, Transport } from './server.js'

/** How questions are put. */
export interface AskOptions {
  readonly recursionDesired: boolean
  /** CD: the server shall not validate (RFC 4035). */
  readonly checkingDisabled: boolean
  /** Null sends no OPT record. */
  readonly edns: EdnsRequest | null
  /** TCP for servers that would be asked over UDP. */
  readonly tcp: boolean
  /** Milliseconds for one try at one server: lookup, connect, TLS and answer. */
  readonly timeoutMs: number
  /** How often each server is asked before it counts as silent, 1 or more. */
  readonly tries: number
  /**
   * Over UDP a question is sent again, while it waits, as soon as the round trips so far suggest that it was lost. For whoever
   * asks much.
   */
  readonly repeats?: boolean | undefined
  /** Of IXFR (RFC 1995): the serial of the zone that the client has. */
  readonly ixfrSerial?: number | undefined
  readonly sourceAddress?: ResolvedAddress | undefined
  readonly sourcePort?: number | undefined
  /** What the system looks up itself has the time that its own settings give it, and not that of a try. */
  readonly systemTime?: boolean | undefined
  /** Of a server that is named, not given as an address. */
  readonly family?: 4 | 6 | undefined
  readonly tls: Pick<TlsOptions, 'ca' | 'insecure' | 'servername'>
}

/** The same as a user asks for it; null leaves it to the system's resolver settings (resolv.conf(5)). */
export interface AskRequest extends Omit<AskOptions, 'timeoutMs' | 'tries'> {
  readonly timeoutMs: number | null
  readonly tries: number | null
}

/** What a server said to a question. */
export interface DnsReply {
  readonly question: Question
  readonly server: DnsServer
  readonly address: string
  readonly port: number
  /** That the answer came by: TCP where UDP was cut short. */
  readonly transport: Transport
  readonly message: DnsMessage
  readonly answer: Answer
  /** Milliseconds of the try that was answered. */
  readonly elapsedMs: number
  /** Tries at this server. */
  readonly tries: number
  /** How often the question was sent again in that try, see {@link AskOptions.repeats}. */
  readonly repeats: number
  /** The answer over UDP was cut short (TC), and asked for again over TCP. */
  readonly truncated: boolean
  /** The server refused EDNS (RFC 6891, section 7), and was asked again without. */
  readonly ednsRefused: boolean
  /** Datagrams or, over a stream, messages that did not answer the question, and were dropped. */
  readonly dropped: number
  /** Other tries of the question, which came to nothing: silence, a closed port, SERVFAIL ... */
  readonly attempts: readonly Attempt[]
  readonly tlsProtocol: string | null
  readonly httpVersion: string | null
  /** How long a cache of HTTP has had the answer, in seconds; the TTLs are less by that (RFC 8484, section 5.1). */
  readonly ageSeconds: number
}
