import { ELIDED } from '../command.js'

/** What a line asks for, as it may be shown. */
export interface Asked {
  /** In capitals where SMTP knows it. */
  readonly command: string
  /** What stands behind it; of AUTH the mechanism alone, for the rest may be secret. */
  readonly argument: string | null
}

/** Whatever else follows an AUTH may be a response to it. */
const VERBS = new Set([
  ...['EHLO', 'HELO', 'LHLO', 'STARTTLS', 'AUTH', 'MAIL', 'RCPT', 'DATA', 'RSET', 'NOOP', 'QUIT'],
  ...['VRFY', 'EXPN', 'HELP'],
])

/** The verb of a line, in capitals, and what stands behind it. */
export function readCommand(line: string): { readonly verb: string; readonly argument: string } {
  const space = line.indexOf(' ')
  const [word, rest] = space < 0 ? [line, ''] : [line.slice(0, space), line.slice(space + 1)]
  return { verb: word.toUpperCase(), argument: rest.trim() }
}

/** `previous` is the verb before: behind a refused AUTH its responses come as if they were commands. */
export function askedBy(line: string, previous: string | null): Asked {
  const space = line.indexOf(' ')
  const [word, rest] = space < 0 ? [line, ''] : [line.slice(0, space), line.slice(space + 1)]
  const verb = word.toUpperCase()
  if (previous === 'AUTH' && !VERBS.has(verb)) return { command: 'AUTH', argument: ELIDED }
  if (verb === 'AUTH') return { command: verb, argument: rest.split(' ', 1)[0] || null }
  return { command: VERBS.has(verb) ? verb : word, argument: rest === '' ? null : rest }
}
