import type { Attempt, Failure } from '../../core/failure.js'
import { escapeText } from './escape.js'
import type { Screen } from './screen.js'

/** Why it failed, on stderr: one line; the addresses tried where there were several; what to look at next. */
export function printFailure(screen: Screen, command: string, failure: Failure): void {
  const { err, verbosity } = screen
  const { theme } = err
  err.line(`${theme.bad(`netkit ${command}:`)} ${escapeText(failure.message)}`)
  if (verbosity === 'quiet') return
  if (failure.attempts.length > 1) for (const attempt of failure.attempts) err.line(`  ${attemptLine(attempt)}`)
  if (failure.hint) err.line(theme.faint(`  hint: ${escapeText(failure.hint)}`))
}

function attemptLine({ address, port, code, errno, elapsedMs }: Attempt): string {
  const number = errno === null ? '' : ` (${errno})`
  return `${address} port ${port}: ${code ?? 'connected'}${number} after ${elapsedMs.toFixed(1)} ms`
}
