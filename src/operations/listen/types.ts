import type { AddressRange } from '../../core/address/address-ranges.js'
import type { SmtpMode } from './smtp/types.js'

export type * from './events.js'

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
export type ListenFault =
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
  readonly fault: ListenFault | null
  readonly tls: ListenTls | null
  /** Ends after so many connections, once the last of them is over; over UDP after so many datagrams. Infinity: goes on. */
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
