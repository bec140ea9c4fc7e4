import type { Attempt, Failure, Phase } from '../../core/failure.js'
import { failureInWords } from '../advice.js'
import { escapeText } from './escape.js'
import { printFolded } from './fold.js'
import type { Screen } from './screen.js'

/** With which of its addresses a host failed in TLS stands nowhere else. */
const REACHING: readonly Phase[] = ['connect', 'tls']

const HINT = '  hint: '

/** Why it failed, on stderr: one line; the addresses tried where there were several; what to look at next. */
export function printFailure(screen: Screen, command: string, failure: Failure): void {
  const { err, verbosity } = screen
  const { message, hint } = failureInWords(failure)
  const { theme } = err
  printFolded(err, [[`netkit ${command}:`, theme.bad], ` ${escapeText(message)}`], 2)
  if (verbosity === 'quiet') return
  const { attempts, phase } = failure
  // Once a peer was talked to, how it was reached explains nothing any more, unless others were tried for what it said.
  const tells = REACHING.includes(phase) || !attempts.some(({ ok, code }) => ok && code === null)
  if (attempts.length > 1 && tells) {
    for (const attempt of attempts) printFolded(err, [`  ${hostOf(attempt, failure)}${attemptLine(attempt)}`], 4)
  }
  if (hint) printHint(screen, hint)
}

/** What to look at next. */
export function printHint({ err }: Screen, hint: string): void {
  printFolded(err, [[`${HINT}${escapeText(hint)}`, err.theme.faint]], HINT.length)
}

/** Of several hosts, which one it was. */
function hostOf(attempt: Attempt, { parts }: Failure): string {
  const host = parts.find(({ attempts }) => attempts.includes(attempt))?.endpoint?.host ?? null
  return host === null || host === attempt.address ? '' : `${escapeText(host)}, `
}

function attemptLine({ address, port, code, errno, elapsedMs }: Attempt): string {
  const end = code === null ? 'connected' : errno === null ? code : `${code} (${errno})`
  return `${address} port ${port}: ${end} after ${elapsedMs.toFixed(1)} ms`
}
