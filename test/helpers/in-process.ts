import { PassThrough } from 'node:stream'
import type { Environment, Output } from '../../src/cli/environment.js'
import { main } from '../../src/cli/main.js'
import type { Run } from './cli.js'

export interface InProcessOptions {
  readonly env?: Readonly<Record<string, string>>
  /** What is typed at the terminal that stdin then is. */
  readonly typed?: string
}

/** Runs a command line in this process, on an outside world of its own: for tables that would start many processes. */
export async function inProcess(argv: readonly string[], { env = {}, typed }: InProcessOptions = {}): Promise<Run> {
  const written = { stdout: '', stderr: '' }
  const output = (name: 'stdout' | 'stderr'): Output => ({
    isTTY: false,
    columns: 80,
    failure: null,
    behind: false,
    write: (chunk) => {
      written[name] += Buffer.from(chunk).toString()
    },
    drained: () => undefined,
    flushed: () => Promise.resolve(),
  })
  const stdin: PassThrough & { isTTY?: boolean; setRawMode?: (raw: boolean) => void } = new PassThrough()
  if (typed === undefined) stdin.end()
  else {
    stdin.isTTY = true
    stdin.setRawMode = (raw) => raw && stdin.write(typed)
  }
  const environment: Environment = {
    argv,
    env,
    stdin,
    input: { isTTY: typed !== undefined, file: null, pieces: () => stdin },
    stdout: output('stdout'),
    stderr: output('stderr'),
    onStopSignal: () => {},
    leave: () => {},
    onStdoutClosed: () => {},
  }
  const code = await main(environment)
  return { code, ...written }
}
