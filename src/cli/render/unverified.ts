import type { Theme } from './theme.js'

/** What is said where a certificate did not pass and the run goes on, whoever reads it: a log and a pipe too. */
export function unverifiedLine(authorizationError: string, theme: Theme): string {
  return theme.warn(`warning: not verified (${authorizationError}); --insecure goes on all the same`)
}
