import type { Advice } from './hint.js'
import { counted } from './text/digits.js'

/** Longer values tell nobody more. */
const MAX_QUOTED_LENGTH = 300

/** A value as a message shows it: in quotes, control characters escaped, its middle left out where it is very long. */
export function quoted(value: string): string {
  if (value.length <= MAX_QUOTED_LENGTH) return JSON.stringify(value)
  const half = MAX_QUOTED_LENGTH / 2
  return `${JSON.stringify(`${value.slice(0, half)}...${value.slice(-half)}`)} (${counted(value.length, 'character')})`
}

/**
 * Misuse, found before anything is sent: an impossible port, an unknown name, a value out of range.
 * The one error that netkit throws on purpose; the command line exits 2 for it.
 */
export class UsageError extends Error {
  override readonly name = 'UsageError'
  /** The argument at fault, as whoever gave it named it or by its name in the options (`timeoutMs`); or null. */
  readonly argument: string | null
  /** What netkit can be told to do about it, where the message does not say all; or null. */
  readonly advice: Advice | null

  constructor(message: string, argument: string | null = null, advice: Advice | null = null) {
    super(message)
    this.argument = argument
    this.advice = advice
  }

  /** One line that names the argument, the value and what would do. */
  static of(argument: string, value: string, expected: string): UsageError {
    return new UsageError(`${argument}: ${quoted(value)} is not ${expected}`, argument)
  }
}
