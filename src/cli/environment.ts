import type { Readable } from 'node:stream'
import { isatty } from 'node:tty'
import { isRegularFile, readDescriptor } from '../net/descriptor.js'

/** A stream that results or diagnostics go to. */
export interface Output {
  readonly isTTY: boolean
  /** Width in columns; 80 where it is not known. */
  readonly columns: number
  /** The system has not taken all of what was written. */
  readonly behind: boolean
  write(chunk: string | Uint8Array): void
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

export type StopSignal = 'SIGINT' | 'SIGTERM'

/** The outside world, as one value: the launcher passes the real one, a test its own. */
export interface Environment {
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdin: Readable & { readonly isTTY?: boolean; setRawMode?(raw: boolean): unknown }
  readonly input: Input
  readonly stdout: Output
  readonly stderr: Output
  /** Calls back for each SIGINT and SIGTERM. */
  onStopSignal(listener: (signal: StopSignal) => void): void
  /** Calls back once stdout takes no more: its reader has left (EPIPE), or it failed. */
  onStdoutClosed(listener: () => void): void
}

/** Enough to keep a pipe busy, little enough that a slow reader does not fill the memory. */
const QUEUED_BYTES = 262_144

/** The real process. */
export function processEnvironment(): Environment {
  const closed: (() => void)[] = []
  let broken = false
  const output = (stream: NodeJS.WriteStream): Output => {
    stream.on('error', () => {
      // Lost results end the run, as `failure` tells; where stderr is lost there is nowhere left to tell.
      if (stream !== process.stdout || broken) return
      broken = true
      for (const listener of closed) listener()
    })
    return {
      get isTTY() {
        return stream.isTTY === true
      },
      get columns() {
        return stream.columns ?? 80
      },
      get failure() {
        const { errored } = stream
        return errored && !('code' in errored && errored.code === 'EPIPE') ? errored : null
      },
      get behind() {
        return stream.writable && stream.writableLength > 0
      },
      write: (chunk) => void (stream.writable && stream.write(chunk)),
      drained: () =>
        !stream.writable || stream.writableLength <= QUEUED_BYTES
          ? undefined
          : new Promise((resolve) => stream.write('', () => resolve())),
      flushed: () =>
        new Promise((resolve) => {
          if (!stream.writable || stream.writableLength === 0) resolve()
          else stream.write('', () => resolve())
        }),
    }
  }
  return {
    argv: process.argv.slice(2),
    env: process.env,
    // Made only when asked for: Node opens the descriptor as soon as its stream is touched.
    get stdin() {
      return process.stdin
    },
    input: {
      isTTY: isatty(0),
      get file() {
        return isRegularFile(0) ? 0 : null
      },
      pieces: () => readDescriptor(0, () => process.stdin),
    },
    stdout: output(process.stdout),
    stderr: output(process.stderr),
    onStopSignal: (listener) => {
      process.on('SIGINT', () => listener('SIGINT'))
      process.on('SIGTERM', () => listener('SIGTERM'))
    },
    onStdoutClosed: (listener) => closed.push(listener),
  }
}
