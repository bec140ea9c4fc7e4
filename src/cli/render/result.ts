import { failureFields } from '../../core/failure.js'
import type { Outcome } from '../../core/outcome.js'
import { nothingKnown } from '../../core/shape.js'
import { failureInWords } from '../advice.js'
import type { AnyCommand } from '../command.js'

/** The fields of a run's last line: what every result has, then the command's own, of which what is not known is nothing. */
export function resultFields(
  command: AnyCommand,
  outcome: Outcome<unknown>,
  options: unknown,
): Readonly<Record<string, unknown>> {
  const failed = outcome.ok ? null : failureInWords(outcome.failure)
  const value: Readonly<Record<string, unknown>> = command.resultFields
    ? command.resultFields(outcome.value ?? null, options)
    : { ...(outcome.value ?? {}) }
  const own = Object.entries(nothingKnown(command.result)).map(([name, nothing]) => [name, value[name] ?? nothing])
  return {
    type: 'result',
    command: command.name,
    ok: outcome.ok,
    elapsedMs: outcome.elapsedMs,
    ...failureFields(failed),
    attempts: failed?.attempts ?? [],
    ...Object.fromEntries(own),
  }
}
