import { type Failure, failure } from '../../core/failure.js'
import { Comparison } from './results/diff.js'
import { ExpectationCheck } from './results/expectations.js'
import type { ChangeEvent, PortscanBrokenEvent, PortscanOptions } from './types.js'

/** What the findings are held against. */
export interface Checks {
  readonly expectations: ExpectationCheck
  readonly comparison: Comparison | null
}

export function checksOf({ expect, before }: Pick<PortscanOptions, 'expect' | 'before'>): Checks {
  return { expectations: new ExpectationCheck(expect), comparison: before && new Comparison(before) }
}

/** Tells what does not hold and what has changed, once all verdicts are in. Returns the failure that it makes, or null. */
export function concludeChecks(
  { expectations, comparison }: Checks,
  targets: Iterable<string>,
  emit: (event: PortscanBrokenEvent | ChangeEvent) => void,
): Failure | null {
  const broken = expectations.active ? expectations.broken(targets) : []
  const changes = comparison?.changes() ?? []
  for (const each of [...broken, ...changes]) emit(each)
  if (broken.length > 0) return expectationFailure(broken.length)
  return changes.length > 0 ? changeFailure(changes.length) : null
}

function expectationFailure(count: number): Failure {
  const message = count === 1 ? 'one expectation is not met' : `${count} expectations are not met`
  return failure({ phase: 'connect', origin: 'expectation', code: 'EXPECTATION', message })
}

function changeFailure(count: number): Failure {
  const message = count === 1 ? 'one port differs from the earlier scan' : `${count} ports differ from the earlier scan`
  return failure({ phase: 'connect', origin: 'expectation', code: 'CHANGED', message })
}
