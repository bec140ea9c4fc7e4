import type { ProxyServer } from '../../net/connect/proxy.js'
import type { StarttlsProtocol } from '../../net/connect/starttls.js'
import type { TlsOptions } from '../../net/tls/client.js'

/** Takes bytes; a promise that it returns is waited for before the next ones are given to it. */
export interface ByteSink {
  write(bytes: Uint8Array): Promise<void> | undefined
  /** No more will come, though the conversation may go on. */
  end?(): void
}

/** When we say that no more will be sent, while the peer may go on; see {@link SessionMode.halfClose}. */
export const HALF_CLOSES = ['auto', 'always', 'never'] as const
/** When the end of what is sent is said. */
export type HalfClose = (typeof HALF_CLOSES)[number]

/** One step of a conversation, in the order in which they are taken. */
export type Step =
  | { readonly kind: 'send'; readonly bytes: Uint8Array }
  /** Waits until the pattern is found in what came since the last match. */
  | { readonly kind: 'expect'; readonly pattern: RegExp }

export interface SessionMode {
  readonly kind: 'session'
  readonly transport: 'tcp' | 'udp'
  readonly tls: Omit<TlsOptions, 'deadline' | 'signal'> | null
  /** What is spoken in the clear before TLS begins. */
  readonly starttls: StarttlsProtocol | null
  readonly proxy: ProxyServer | null
  /** Milliseconds without a byte in either direction; null for no bound. */
  readonly idleMs: number | null
  /** Where there are steps, `input` is not read: the conversation is the steps. */
  readonly steps: readonly Step[]
  /**
   * What is sent, piece by piece, a datagram each over UDP; its end half-closes. One piece is asked for while the one
   * before it is being sent; by the second, the first may be reused.
   */
  readonly input: AsyncIterable<Uint8Array>
  /**
   * The descriptor of a regular file that `input` reads, where nobody looks at what is sent: its bytes may then go past
   * this process, without `data` events. Null where each piece is to be seen.
   */
  readonly unseenFile: number | null
  /** Sends LF as CRLF. */
  readonly crlf: boolean
  /** Where what comes goes, besides the `data` events; what it makes the session wait for, the peer waits for. */
  readonly output: ByteSink | null
  /** A file that takes what comes instead of `output`, and one that gets a line of JSON for each piece either way. */
  readonly outputFile: string | null
  readonly recordFile: string | null
  /**
   * When the end of what is sent is said (FIN): at once with `always`; `never` of ours, only after the peer's; `auto`, the
   * default, once the peer has answered, or was silent for `lingerMs`, and at once after 1 MiB that it took in silence.
   */
  readonly halfClose?: HalfClose | undefined
  /** How long a peer may take to begin its answer before `auto` half-closes, in milliseconds; default 2000. */
  readonly lingerMs?: number | undefined
  /** What goes by at all: with `send` what comes is dropped, over UDP nothing is waited for; with `receive` no input is read. */
  readonly direction?: 'both' | 'send' | 'receive' | undefined
  /** The peer's FIN is answered with ours, as a person at a terminal expects; a program's input is sent to its end. */
  readonly endsWithPeer: boolean
}
