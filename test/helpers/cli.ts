import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export const BIN = fileURLToPath(new URL('../../bin/netkit.js', import.meta.url))

export interface Run {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly stdin?: string | Uint8Array
  readonly env?: Readonly<Record<string, string>>
  /** As many files and sockets may be open, Node's own included (ulimit -n). */
  readonly descriptors?: number
}

/** Starts the built command, with no colour settings of the outer world. */
export function start(
  args: readonly string[],
  { env = {}, descriptors }: RunOptions = {},
): ChildProcessWithoutNullStreams {
  const { NO_COLOR: _no, FORCE_COLOR: _force, ...inherited } = process.env
  const command = [process.execPath, BIN, ...args]
  const limited = ['sh', '-c', `ulimit -n ${descriptors} && exec "$@"`, 'sh', ...command]
  const [program = '', ...rest] = descriptors === undefined ? command : limited
  return spawn(program, rest, { env: { ...inherited, ...env } })
}

/** Runs the built command to its end. */
export async function netkit(args: readonly string[], options: RunOptions = {}): Promise<Run> {
  const child = start(args, options)
  const out: Buffer[] = []
  const err: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk))
  child.stdin.on('error', () => {}) // a command that ends before it has read all is for the test to judge
  child.stdin.end(options.stdin ?? '')
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  return { code, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() }
}

export type JsonLine = Readonly<Record<string, unknown>> & { readonly type: string }

/** The lines of `--json`. */
export function jsonLines(stdout: string): JsonLine[] {
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as JsonLine)
}
