import { describe, expect, it } from 'vitest'
import { exitCodeFor } from '../../../src/cli/exit-code.js'
import { deadlineFailure, failure } from '../../../src/core/failure.js'
import { FailureTally } from '../../../src/core/failure-tally.js'
import { fail } from '../../../src/core/outcome.js'

const denied = (name: string) =>
  failure({ phase: 'lookup', origin: 'resolver', code: 'NXDOMAIN', message: `${name} does not exist` })
const refused = failure({ phase: 'lookup', origin: 'resolver', code: 'REFUSED' })
const silent = deadlineFailure('read', 'silence')

function combined(total: number, ...failures: Parameters<FailureTally['add']>[0][]) {
  const tally = new FailureTally()
  for (const each of failures) tally.add(each)
  return tally.combine(total, 'names')
}

describe('FailureTally', () => {
  it('nothing failed', () => expect(combined(3)).toBeNull())
  it('one of one is itself', () => expect(combined(1, silent)).toBe(silent))
  it.each([
    ['some of all', [denied('a')], 2, 'PARTIAL', 1],
    ['all alike', [denied('a'), denied('b')], 2, 'NXDOMAIN', 3],
    ['all, by codes with one exit code', [denied('a'), refused], 2, 'SEVERAL', 3],
    ['all, by different exit codes', [denied('a'), silent], 2, 'SEVERAL', 1],
  ])('%s', (_what, failures, total, code, exit) => {
    const failed = combined(total, ...failures)
    expect(failed?.code).toBe(code)
    expect(failed && exitCodeFor(fail(failed, 0))).toBe(exit)
  })
  it('a million failures are counted, and one of each kind is kept', () => {
    const tally = new FailureTally()
    for (let i = 0; i < 1_000_000; i++) tally.add(denied('a'))
    expect(tally.count).toBe(1_000_000)
    expect(tally.combine(1_000_000, 'names')?.parts).toHaveLength(1)
  })
})
