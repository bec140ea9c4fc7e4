import { writeSync } from 'node:fs'
import { pendingLookups } from '../net/connect/lookup.js'
import { importKoffi } from '../net/syscall/koffi.js'
import { VERSION } from '../version.js'
import { EXIT } from './exit-code.js'

/** process.execve came with Node 22.15 and 23.11. */
interface ReplaceableProcess extends NodeJS.Process {
  readonly execve?: (file: string, args: readonly string[], env: Record<string, string>) => void
}

/**
 * Ends the process at once. exit(3), and so process.exit, first joins libuv's threads, and a getaddrinfo(3) that nobody
 * waits for any more would hold it for as long as the resolver likes: then _exit(2) is called instead, or the process
 * becomes a shell that only exits. Where neither is to be had (Windows, or Node before 22.15 without koffi) it waits.
 */
export async function leave(code: number): Promise<never> {
  if (pendingLookups() > 0 && process.platform !== 'win32') {
    const { execve } = process as ReplaceableProcess
    execve?.call(process, '/bin/sh', ['sh', '-c', `exit ${code}`], {})
    const exitNow = await importExit()
    exitNow?.(code)
  }
  process.exit(code)
}

/**
 * What nobody foresaw ends the process with a code of its own, so that no script takes it for an answer. Node would show
 * the line of the bundle that threw, which is all of it.
 */
export function crash(bug: unknown): void {
  const trace = bug instanceof Error ? bug.stack : String(bug)
  writeSync(2, `netkit: this is a bug in netkit ${VERSION}, on Node ${process.version}; please report it\n${trace}\n`)
  process.exit(EXIT.bug)
}

async function importExit(): Promise<((code: number) => void) | null> {
  try {
    const koffi = await importKoffi()
    return koffi.load(null).func('void _exit(int status)')
  } catch {
    return null // koffi is optional: the process then ends when the resolver gives up
  }
}
