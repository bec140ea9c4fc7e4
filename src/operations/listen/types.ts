import type { AddressRange } from '../../core/address/address-ranges.js'
import type { FailureFields } from '../../core/failure.js'
import type { RefusalReason } from '../../net/listen/bind.js'
import type { ServerTlsSession } from '../../net/tls/server.js'
import type { MailEvent, RefusalEvent, SmtpMode } from './smtp/types.js'

/** Where to listen. */
export type ListenTarget =
  | {
      readonly kind: 'tcp' | 'udp'
      /** A name or a literal address; of a name the first address is bound. */
      readonly host: string
      /** 0: the system chooses. */
      readonly port: number
      readonly ipv6Only: boolean
      readonly reusePort: boolean
    }
  | { readonly kind: 'unix'; readonly path: string; readonly force: boolean }

/** What is said to a peer. */
export type Mode =
  /** Nothing but what comes from `input`. */
  | { readonly kind: 'conversation' }
  | { readonly kind: 'echo' }
  | { readonly kind: 'reply'; readonly bytes: Uint8Array }
  | { readonly kind: 'chat' }
  | { readonly kind: 'discard' }
  | {
      readonly kind: 'http'
      readonly statusCode: number
      readonly headers: readonly (readonly [string, string])[]
      readonly body: Uint8Array
      readonly delayMs: number
    }
  | {
      readonly kind: 'serve'
      readonly directory: string
      /** Whether names that begin with a dot are served. */
      readonly dotfiles: boolean
    }
  | { readonly kind: 'exec'; readonly command: string; readonly shell: boolean }
  | { readonly kind: 'replay'; readonly chunks: readonly ReplayChunk[] }
  | SmtpMode

export interface ReplayChunk {
  /** From the start of the connection. */
  readonly atMs: number
  readonly bytes: Uint8Array
}

/** How to misbehave towards a client; `afterBytes` counts what was sent. */
export type Fault =
  | { readonly kind: 'reset' | 'close' | 'stall' | 'garbage'; readonly afterBytes: number }
  | { readonly kind: 'slow'; readonly bytesPerSecond: number }

/** What a person types, or what is piped in. */
export interface ListenInput {
  readonly isTTY: boolean
  readonly chunks: AsyncIterable<Uint8Array>
}

export interface ListenTls {
  /** PEM; null: a self-signed certificate is made. */
  readonly certificate: { readonly cert: string; readonly key: string } | null
  readonly alpn: readonly string[] | undefined
}

export interface ListenOptions {
  readonly target: ListenTarget
  readonly mode: Mode
  readonly fault: Fault | null
  readonly tls: ListenTls | null
  /** Ends after so many connections, once the last of them is over. Infinity: goes on. */
  readonly count: number
  /** At most so many at once. */
  readonly maxConnections: number | undefined
  readonly backlog: number | undefined
  /** A conversation that is silent for so long is ended; null: never (over UDP a peer is forgotten after 60 s). */
  readonly idleTimeoutMs: number | null
  /** Who may connect: everyone where empty. */
  readonly allow: readonly AddressRange[]
  /** Who may not, also where `allow` says so. */
  readonly deny: readonly AddressRange[]
  readonly input: ListenInput | null
}

export interface ListeningEvent {
  readonly type: 'listening'
  readonly protocol: 'tcp' | 'udp' | 'unix'
  readonly address: string | null
  readonly port: number | null
  readonly path: string | null
  /** SHA-256 of the certificate, as openssl prints it; null without TLS. */
  readonly fingerprint256: string | null
}

export interface ConnectionEvent {
  readonly type: 'connection'
  /** From 1. */
  readonly id: number
  readonly address: string | null
  readonly port: number | null
  readonly tls: ServerTlsSession | null
}

export interface ListenDataEvent {
  readonly type: 'data'
  readonly id: number
  /** As the peer did it: `received` from it, `sent` to it. */
  readonly direction: 'received' | 'sent'
  readonly bytes: Uint8Array
}

/** One HTTP exchange, once it was answered or broken off. */
export interface RequestEvent {
  readonly type: 'request'
  readonly id: number
  readonly method: string
  readonly target: string
  readonly httpVersion: string
  readonly headers: readonly (readonly [string, string])[]
  /** Of the request's body; `bytes` holds at most the first MiB of it. */
  readonly bodySizeBytes: number
  readonly bytes: Uint8Array
  readonly statusCode: number
  /** Of the answer's body, as far as it was written. */
  readonly responseSizeBytes: number
  /** Whether the answer was handed over in full. */
  readonly complete: boolean
  readonly elapsedMs: number
}

/** A line in the room; `id` and `name` null: from this terminal. */
export interface MessageEvent {
  readonly type: 'message'
  readonly id: number | null
  readonly name: string | null
  readonly bytes: Uint8Array
}

/**
 * How a conversation ended. `fin`: the peer was done first; `ended`: we were; `reset`: the peer broke it off; `idle`:
 * silent for too long; `fault`: broken on purpose; `stopped`: listening was ended; `error`: `code` says.
 */
export type ListenCloseReason = 'fin' | 'ended' | 'reset' | 'idle' | 'fault' | 'stopped' | 'error'

export interface ListenClosedEvent {
  readonly type: 'closed'
  readonly id: number
  readonly address: string | null
  readonly port: number | null
  readonly bytesIn: number
  readonly bytesOut: number
  readonly reason: ListenCloseReason
  readonly code: string | null
  /** Of the command that was run for this peer, where it ended before the conversation; a signal where one ended it. */
  readonly exitStatus: number | null
  readonly exitSignal: string | null
  readonly elapsedMs: number
}

/** A connection that got no further than accept(2). */
export interface RefusedEvent {
  readonly type: 'refused'
  readonly address: string | null
  readonly port: number | null
  readonly reason: RefusalReason
}

/** Something went wrong that ended no more than it names: a handshake, an accept(2), a command that did not start. */
export interface ProblemEvent extends FailureFields {
  readonly type: 'problem'
  readonly id: number | null
  readonly address: string | null
  readonly port: number | null
}

/** Typed, but not sent: there was not exactly one peer. */
export interface UnsentEvent {
  readonly type: 'unsent'
  readonly peers: number
  readonly bytes: Uint8Array
}

export type ListenEvent =
  | ListeningEvent
  | ConnectionEvent
  | ListenDataEvent
  | RequestEvent
  | MessageEvent
  | ListenClosedEvent
  | RefusedEvent
  | ProblemEvent
  | UnsentEvent
  | MailEvent
  | RefusalEvent

export interface ListenSummary {
  readonly connections: number
  /** The most at one time. */
  readonly peak: number
  readonly refused: number
  readonly bytesIn: number
  readonly bytesOut: number
}
