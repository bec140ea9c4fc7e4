import { type DnsMessage, type Expected, type QueryWriter, RCODE } from '../../protocol/dns/index.js'
import type { DnsChannel } from './channel.js'
import type { FlightWindow } from './flight-window.js'
import type { DnsServer, Transport } from './server.js'
import type { ServerOrder } from './server-order.js'
import type { AskOptions } from './types.js'

/** What all inquiries of a client share. */
export interface Inquirer {
  readonly options: AskOptions
  readonly signal: AbortSignal
  readonly window: FlightWindow
  /** Whether records beside the answer itself are of no use, see {@link Expected}. */
  readonly answersOnly: boolean
  /** Null: servers are asked as they stand. */
  readonly order: ServerOrder | null
  channel(server: DnsServer): DnsChannel
  /** Of questions for that type and class, see {@link QueryWriter}. */
  writer(type: number, recordClass: number, edns: EdnsUse): QueryWriter
}

/** `padded`: for questions that travel encrypted. */
export type EdnsUse = 'none' | 'plain' | 'padded'

export function ednsUse(withEdns: boolean, transport: Transport): EdnsUse {
  if (!withEdns) return 'none'
  return transport === 'tls' || transport === 'https' ? 'padded' : 'plain'
}

/** RFC 6891, section 7: a server that cannot read OPT says so without one. */
export function refusesEdns(message: DnsMessage): boolean {
  return message.rcode === RCODE.FORMERR || (message.rcode === RCODE.NOTIMP && message.edns === null)
}
