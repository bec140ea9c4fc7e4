import type { Readable } from 'node:stream'

/** A stream that results or diagnostics go to. */
export interface Output {
  readonly isTTY: boolean
  /** Width in columns; 80 where it is not known. */
  readonly columns: number
  write(chunk: string | Uint8Array): void
  /** Resolves when all that was written has been handed to the system, or can no longer be. */
  flushed(): Promise<void>
}

export type StopSignal = 'SIGINT' | 'SIGTERM'

/** The outside world, as one value: the launcher passes the real one, a test its own. */
export interface Environment {
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdin: Readable & { readonly isTTY?: boolean }
  readonly stdout: Output
  readonly stderr: Output
  /** Calls back for each SIGINT and SIGTERM. */
  onStopSignal(listener: (signal: StopSignal) => void): void
  /** Calls back once nobody reads stdout any more (EPIPE). */
  onStdoutClosed(listener: () => void): void
}

/** The real process. */
export function processEnvironment(): Environment {
  const closed: (() => void)[] = []
  let broken = false
  const output = (stream: NodeJS.WriteStream): Output => {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error
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
      write: (chunk) => void (stream.writable && stream.write(chunk)),
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
    stdin: process.stdin,
    stdout: output(process.stdout),
    stderr: output(process.stderr),
    onStopSignal: (listener) => {
      process.on('SIGINT', () => listener('SIGINT'))
      process.on('SIGTERM', () => listener('SIGTERM'))
    },
    onStdoutClosed: (listener) => closed.push(listener),
  }
}
