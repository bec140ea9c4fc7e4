import { createReadStream } from 'node:fs'
import type { Readable } from 'node:stream'
import { isatty } from 'node:tty'
import { isRegularFile, readDescriptor, seemsEmptyToNode } from '../net/system/descriptor.js'
import { leave } from './exit.js'

/** A stream that results or diagnostics go to. */
export interface Output {
  readonly isTTY: boolean
  /** Width in columns; 80 where it is not known, as on a terminal that says 0 (script(1) in a pipe, `docker run -t`). */
  readonly columns: number
  /** The system has not taken all of what was written. */
  readonly behind: boolean
  write(chunk: string | Uint8Array): void
  /** Nothing more will be written: whoever reads it hears of the end at once, though the run goes on. A terminal stays. */
  end?(): void
  /** What to wait for before more is written; undefined while little is queued. */
  drained(): Promise<void> | undefined
  /** Resolves when all that was written has been handed to the system, or can no longer be. */
  flushed(): Promise<void>
  /** Why output was lost (a full disk), or null. A reader that left is no such reason. */
  readonly failure: Error | null
}

/** stdin as a stream of bytes, for commands that do not read it whole. */
export interface Input {
  readonly isTTY: boolean
  /** Its descriptor, where it is a regular file. */
  readonly file: number | null
  /** Piece by piece; each is valid until the second after it is asked for. Nothing is read before the first. */
  pieces(): AsyncIterable<Uint8Array>
}

/** The signals that ask a run to end: ^C, kill(1), a terminal that is closed. */
export const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
export type StopSignal = (typeof STOP_SIGNALS)[number]

/** The outside world, as one value: the launcher passes the real one, a test its own. */
export interface Environment {
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdin: Readable & { readonly isTTY?: boolean; setRawMode?(raw: boolean): unknown }
  readonly input: Input
  readonly stdout: Output
  readonly stderr: Output
  /** Calls back for each of {@link STOP_SIGNALS}; until it is called, each ends the process as the system does. */
  onStopSignal(listener: (signal: StopSignal) => void): void
  /** Ends the process at once, whatever waits. */
  leave(code: number): void
  /** Calls back once stdout takes no more: its reader has left (EPIPE), or it failed. */
  onStdoutClosed(listener: () => void): void
}

/** Enough to keep a pipe busy, little enough that a slow reader does not fill the memory. */
const QUEUED_BYTES = 262_144

/** The real process. */
export function processEnvironment(): Environment {
  const closed: (() => void)[] = []
  let stdin: Readable | undefined
  const openStdin = () => {
    stdin ??= seemsEmptyToNode(0) ? createReadStream('', { fd: 0 }) : process.stdin
    return stdin
  }
  const output = (stream: NodeJS.WriteStream): Output => {
    let broken: Error | null = null
    // Kept here: process.stdout forgets its own error in the same turn, since it must not be destroyed.
    const lose = (error: Error | null | undefined) => {
      if (!error || broken) return
      broken = error
      // Lost results end the run, as `failure` tells; where stderr is lost there is nowhere left to tell.
      if (stream === process.stdout) for (const listener of closed) listener()
    }
    stream.on('error', lose)
    return {
      get isTTY() {
        return stream.isTTY === true
      },
      get columns() {
        return stream.columns || 80
      },
      get failure() {
        return broken && !('code' in broken && broken.code === 'EPIPE') ? broken : null
      },
      get behind() {
        return stream.writable && stream.writableLength > 0
      },
      write: (chunk) => void (stream.writable && stream.write(chunk, lose)),
      end: () => void (stream.isTTY || stream.end()),
      drained: () =>
        !stream.writable || stream.writableLength <= QUEUED_BYTES
          ? undefined
          : new Promise((resolve) => stream.write('', () => resolve())),
      flushed: () =>
        new Promise((resolve) => {
          // Even with nothing queued: an error of the last write is told only behind it.
          if (stream.writable) stream.write('', () => resolve())
          else if (stream.writableEnded && !stream.writableFinished && !stream.errored) {
            // Ended early, and the rest of it is still on its way.
            stream
              .once('finish', resolve)
              .once('error', () => resolve())
              .once('close', resolve)
          } else setImmediate(resolve)
        }),
    }
  }
  return {
    argv: process.argv.slice(2),
    env: process.env,
    // Made only when asked for: Node opens the descriptor as soon as its stream is touched.
    get stdin() {
      return openStdin()
    },
    input: {
      isTTY: isatty(0),
      get file() {
        return isRegularFile(0) ? 0 : null
      },
      pieces: () => readDescriptor(0, openStdin),
    },
    stdout: output(process.stdout),
    stderr: output(process.stderr),
    onStopSignal: (listener) => {
      for (const signal of STOP_SIGNALS) process.on(signal, () => listener(signal))
    },
    leave: (code) => void leave(code),
    onStdoutClosed: (listener) => closed.push(listener),
  }
}
