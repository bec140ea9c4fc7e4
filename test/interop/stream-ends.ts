import { type ChildProcess, spawn } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { onTestFinished } from 'vitest'
import { type JsonLine, jsonLines, start } from '../helpers/cli.js'

export interface Ended {
  readonly code: number | null
  readonly lines: readonly JsonLine[]
  /** The bytes of the peer, or the events made of them, and stdout where it is no JSON. */
  readonly shown: string
  readonly stderr: string
}

/** Starts netkit with a file or a text as stdin; null keeps it open. */
export function begin(args: readonly string[], stdin: string | { readonly file: string } | null = '') {
  const child = start([...args, '--json'])
  onTestFinished(() => void child.kill('SIGKILL'))
  let out = ''
  let stderr = ''
  let wake = () => {}
  child.stdout.on('data', (bytes: Buffer) => {
    out += bytes.toString('latin1')
    wake()
  })
  child.stderr.on('data', (bytes: Buffer) => {
    stderr += bytes.toString()
  })
  child.stdin.on('error', () => {}) // it may end before it has read all
  if (typeof stdin === 'string') child.stdin.end(stdin)
  else if (stdin !== null) createReadStream(stdin.file).pipe(child.stdin)
  const ended = new Promise<Ended>((resolve) => {
    child.once('close', (code) => {
      const lines = jsonLines(out).filter(({ direction }) => direction !== 'sent')
      resolve({ code, lines, shown: lines.map((line) => JSON.stringify(line)).join('\n'), stderr })
      wake()
    })
  })
  const line = async (type: string): Promise<JsonLine> => {
    for (;;) {
      const found = out
        .split('\n')
        .slice(0, -1)
        .find((text) => text.startsWith(`{"type":"${type}"`))
      if (found) return JSON.parse(found) as JsonLine
      if (child.exitCode !== null) throw new Error(`netkit ended without ${type}: ${out}${stderr}`)
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
  }
  return { child, ended, line, port: async () => String((await line('listening'))['port']) }
}

export const run = (args: readonly string[], stdin: string | { readonly file: string } = '') => begin(args, stdin).ended

/** Starts a peer, and resolves to what the pattern finds in what it says: the port, where it says one. */
export async function peer(
  command: string,
  args: readonly string[],
  ready: RegExp | null,
  input: string | null = '',
): Promise<{ child: ChildProcess; found: string; output: Promise<string>; said: () => string }> {
  const child = spawn(command, args, { env: { ...process.env, PYTHONUNBUFFERED: '1' } })
  onTestFinished(() => void child.kill('SIGKILL'))
  child.stdin.on('error', () => {}) // a peer may end before it has read all
  if (input !== null) child.stdin.end(input)
  let said = ''
  let wake = () => {}
  const take = (bytes: Buffer) => {
    said += bytes.toString('latin1')
    wake()
  }
  child.stdout.on('data', take)
  child.stderr.on('data', take)
  const output = new Promise<string>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', () => {
      resolve(said)
      wake()
    })
  })
  for (;;) {
    const found = ready === null ? '' : ready.exec(said)?.[1]
    if (found !== undefined) return { child, found, output, said: () => said }
    if (child.exitCode !== null) throw new Error(`${command} ended before it was ready: ${said}`)
    await new Promise<void>((resolve) => {
      wake = resolve
    })
  }
}
