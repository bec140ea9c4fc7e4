import { type Failure, failureFields, fromFileError } from '../../core/failure.js'
import type { Outcome } from '../../core/outcome.js'
import type { Stream } from '../../net/stream/stream.js'
import type { SecureConnection, ServerTlsSession } from '../../net/tls/server.js'
import type { ListenEvent, ProblemEvent } from './types.js'

/** How the command that served a peer ended; both null where it did not run. */
export interface CommandEnd {
  readonly exitStatus: number | null
  /** SIGKILL and the like. */
  readonly exitSignal: string | null
  /** Null where it ended with 0. */
  readonly failure: Failure | null
}

/** One peer, over whatever transport, as a mode sees it. Nothing here rejects: a peer that is gone just ends. */
export interface Peer {
  /** From 1, in the order of arrival. */
  readonly id: number
  /** Null for a Unix socket. */
  readonly address: string | null
  readonly port: number | null
  /** What TLS agreed on before the first byte; null without. */
  readonly tls: ServerTlsSession | null
  /** Aborted once the conversation is over, however it ended. */
  readonly signal: AbortSignal
  /** Handed to send() and not yet to the system. */
  readonly queuedBytes: number
  /**
   * What comes in, until the peer is done or gone. Each chunk is told as a `data` event, unless `quiet`.
   * Over UDP: one datagram each. To be called once.
   */
  received(quiet?: boolean): AsyncIterableIterator<Uint8Array, void, undefined>
  /** Resolves when there is room for more; false once nothing can be sent any more. Told as a `data` event. */
  send(bytes: Uint8Array, quiet?: boolean): Promise<boolean>
  /** Half-closes: no more from us. */
  end(): void
  /** Breaks off (RST). */
  reset(): void
  /** All has been said on both sides: how the peer leaves then changes nothing. */
  settled(): void
  /** The command that was run for it is over, or did not run. Told when the conversation ends, if that comes later. */
  commandEnded(end: CommandEnd): void
  /**
   * Lets TLS begin on the connection, which `accept` sees to. What came before it and was not read is dropped, and
   * counted. Where it fails, the conversation is over.
   */
  upgrade(
    accept: (stream: Stream) => Promise<Outcome<SecureConnection>>,
  ): Promise<{ readonly outcome: Outcome<SecureConnection>; readonly droppedBytes: number }>
  /** The connection itself, for those who speak in turns; it is theirs from then on. */
  takeStream(): PeerStream
}

/** What of a `Stream` those use who speak in turns. */
export type PeerStream = Pick<
  Stream,
  'take' | 'peerEnded' | 'ended' | 'over' | 'closeNotify' | 'writable' | 'writeError' | 'write' | 'halfClose' | 'end'
>

/** One way to answer: a mode of `listen`. A file each in `modes/`, one line each in `modes/index.ts`. */
export interface Responder {
  /**
   * Talks with one peer. Once it resolves our side is ended (FIN), and what the peer still sends is read and dropped.
   * It must return when `peer.signal` aborts, and never rejects for what a peer does.
   */
  serve(peer: Peer): Promise<void>
  /** Listening is over and every peer gone. A promise is waited for, and so has to be bounded. */
  close?(): unknown
}

/** What a responder is made with. */
export interface ResponderContext {
  readonly emit: (event: ListenEvent) => void
  /** How long a conversation may be silent; null: as the mode sees fit. */
  readonly idleTimeoutMs: number | null
  /** Aborted when listening ends. */
  readonly signal: AbortSignal
}

/** What was to be typed or piped in cannot be read: the peers are served without it. */
export function unreadInput(error: unknown): ProblemEvent {
  const failed = fromFileError(error, 'stdin: cannot read what is to be sent')
  return { type: 'problem', id: null, address: null, port: null, ...failureFields(failed) }
}
