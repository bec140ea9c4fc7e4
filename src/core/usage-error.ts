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
 * The one error that netkit throws on purpose; the command line prints it as one line and exits 2.
 */
export class UsageError extends Error {
  override readonly name = 'UsageError'
  /** The argument at fault as its user knows it (`--timeout`, `<ports>`), or null. */
  readonly argument: string | null

  constructor(message: string, argument: string | null = null) {
    super(message)
    this.argument = argument
  }

  /** One line that names the argument, the value and what would do. */
  static of(argument: string, value: string, expected: string): UsageError {
    return new UsageError(`${argument}: ${quoted(value)} is not ${expected}`, argument)
  }
}
