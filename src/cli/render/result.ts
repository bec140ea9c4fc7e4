import { failureFields } from '../../core/failure.js'
import type { Outcome } from '../../core/outcome.js'
import { failureInWords } from '../advice.js'
import type { AnyCommand } from '../command.js'
import type { Schema } from '../schema.js'

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
  const own = Object.entries(command.result).map(([name, schema]) => [name, value[name] ?? nothing(schema)])
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

/** The value of a field of which nothing is known: null where it may be, else none of what it counts or lists. */
function nothing({ type, enum: values, anyOf }: Schema): unknown {
  const types = [type, values, anyOf].flat()
  if (types.some((each) => each === null || each === 'null' || isNull(each))) return null
  if (type === 'boolean') return false
  return type === 'array' ? [] : 0
}

function isNull(schema: unknown): boolean {
  return typeof schema === 'object' && schema !== null && 'type' in schema && schema.type === 'null'
}
