import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process'
import { onTestFinished } from 'vitest'

/**
 * Starts somebody else's program and waits until it says that it is ready. A program that is not installed fails the
 * test. Ended, if it still runs, when the test is over.
 */
export async function peer(
  command: string,
  args: readonly string[],
  ready: RegExp,
  stdio: StdioOptions = ['pipe', 'pipe', 'pipe'],
): Promise<ChildProcess> {
  const child = spawn(command, args, { stdio })
  onTestFinished(() => void child.kill('SIGKILL'))
  await new Promise<void>((resolve, reject) => {
    let said = ''
    const listen = (bytes: Buffer) => {
      said += bytes.toString()
      if (ready.test(said)) resolve()
    }
    child.once('error', reject)
    child.once('close', (code) => reject(new Error(`${command} ended with ${code} before it was ready: ${said}`)))
    child.stdout?.on('data', listen)
    child.stderr?.on('data', listen)
  })
  return child
}
