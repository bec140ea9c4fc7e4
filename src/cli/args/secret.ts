import { UsageError } from '../../core/usage-error.js'
import type { Environment } from '../environment.js'

/** The user pressed ^C at the question. */
export const INTERRUPTED = Symbol('interrupted')

const MAX_BYTES = 65_536
const CTRL_C = 0x03
const CTRL_D = 0x04
const BACKSPACE = 0x08
const CTRL_U = 0x15
const DELETE = 0x7f
const LINE_ENDS = [0x0a, 0x0d]

/**
 * Asks at the terminal and reads one line that is not shown. What was typed behind it is lost. Throws a UsageError
 * where there is no terminal, and where the input ends before a line does.
 */
export async function readSecret(
  question: string,
  { stdin, stderr }: Pick<Environment, 'stdin' | 'stderr'>,
): Promise<string | typeof INTERRUPTED> {
  if (!stdin.isTTY || !stdin.setRawMode) throw new UsageError(`${question}: there is no terminal to ask at`)
  // In this order: what is typed as soon as the question stands there must not be shown.
  stdin.setRawMode(true)
  stderr.write(`${question}: `)
  let typed: number[] = []
  try {
    return await new Promise((resolve, reject) => {
      const finish = (settle: () => void) => {
        stdin.off('data', onData).off('end', onEnd)
        settle()
      }
      const answer = () => finish(() => resolve(Buffer.from(typed).toString()))
      const onEnd = () => finish(() => reject(new UsageError(`${question}: the input ended before the answer`)))
      const onData = (chunk: Buffer) => {
        for (const byte of chunk) {
          if (byte === CTRL_C) return finish(() => resolve(INTERRUPTED))
          if (LINE_ENDS.includes(byte)) return answer()
          if (byte === CTRL_D && typed.length === 0) return onEnd()
          if (byte === BACKSPACE || byte === DELETE) typed = withoutLast(typed)
          else if (byte === CTRL_U) typed = []
          else if (byte >= 0x20 && typed.length < MAX_BYTES) typed.push(byte)
        }
      }
      stdin.on('data', onData).on('end', onEnd)
    })
  } finally {
    stdin.setRawMode(false)
    stdin.pause()
    stderr.write('\n')
  }
}

/** A character of UTF-8 is more than one byte. */
function withoutLast(bytes: readonly number[]): number[] {
  let length = bytes.length - 1
  while (length > 0 && ((bytes[length] ?? 0) & 0xc0) === 0x80) length--
  return bytes.slice(0, Math.max(0, length))
}
