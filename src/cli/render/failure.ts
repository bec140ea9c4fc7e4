import type { Attempt, Failure } from '../../core/failure.js'
import { escapeText } from './escape.js'
import { printFolded } from './fold.js'
import type { Screen } from './screen.js'

const HINT = '  hint: '

/** Why it failed, on stderr: one line; the addresses tried where there were several; what to look at next. */
export function printFailure(screen: Screen, command: string, failure: Failure): void {
  const { err, verbosity } = screen
  const { theme } = err
  printFolded(err, [[`netkit ${command}:`, theme.bad], ` ${escapeText(failure.message)}`], 2)
  if (verbosity === 'quiet') return
  if (failure.attempts.length > 1) {
    for (const attempt of failure.attempts) printFolded(err, [`  ${attemptLine(attempt)}`], 4)
  }
  if (failure.hint) printFolded(err, [[`${HINT}${escapeText(failure.hint)}`, theme.faint]], HINT.length)
}

function attemptLine({ address, port, code, errno, elapsedMs }: Attempt): string {
  const number = errno === null ? '' : ` (${errno})`
  return `${address} port ${port}: ${code ?? 'connected'}${number} after ${elapsedMs.toFixed(1)} ms`
}
