import { describe, expect, it } from 'vitest'
import { UsageError } from '../../../../src/core/usage-error.js'
import { checksOf, concludeChecks } from '../../../../src/operations/portscan/checks.js'
import type { PortEvent, PortState } from '../../../../src/operations/portscan/index.js'
import { Comparison, readEarlier } from '../../../../src/operations/portscan/results/diff.js'

const A = '192.0.2.1'

function verdict(
  port: number,
  state: PortState,
  banner: string | null = null,
  address = A,
  target = address,
): PortEvent {
  const code = state === 'open' ? null : state === 'closed' ? 'ECONNREFUSED' : 'EAGAIN'
  const rest = { bannerBase64: null, errno: null, origin: null, rttMs: null, tries: 1, service: null, tls: null }
  return { type: 'port', target, address, port, state, code, banner, ...rest }
}

function result(more: object = {}) {
  const counts = { total: 4, scanned: 4, open: 1, closed: 3, filtered: 0, skipped: 0 }
  return { type: 'result', command: 'portscan', targets: `db,${A}`, ports: '1-4', shard: null, ...counts, ...more }
}

function file(...lines: object[]): string {
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('')
}

/** Changes from an earlier scan that wrote these verdicts to one that found those. */
function changes(before: readonly PortEvent[], now: readonly PortEvent[], more: object = {}): string[] {
  const open = before.filter(({ state }) => state === 'open').length
  const earlier = readEarlier(file(...before, result({ open, ...more })), '--diff')
  const comparison = new Comparison(earlier)
  for (const each of now) comparison.add(each)
  return comparison
    .changes()
    .map((each) => `${each.change} ${each.address}:${each.port} ${each.stateBefore} ${each.state}`)
}

describe('Comparison', () => {
  it.each([
    ['opened', [verdict(1, 'closed')], [verdict(1, 'open')], [`opened ${A}:1 closed open`]],
    ['opened, not written before', [], [verdict(1, 'open')], [`opened ${A}:1 null open`]],
    ['closed', [verdict(1, 'open')], [verdict(1, 'closed')], [`closed ${A}:1 open closed`]],
    ['gone silent', [verdict(1, 'open')], [verdict(1, 'filtered')], [`closed ${A}:1 open filtered`]],
    ['another banner', [verdict(1, 'open', 'a')], [verdict(1, 'open', 'b')], [`changed ${A}:1 open open`]],
    ['the same banner', [verdict(1, 'open', 'a')], [verdict(1, 'open', 'a')], []],
    [
      'the same text of other bytes',
      [verdict(1, 'open', 'é')],
      [{ ...verdict(1, 'open', 'é'), bannerBase64: '6Q==' }],
      [`changed ${A}:1 open open`],
    ],
    [
      'the same text, of a version that did not tell bytes',
      [{ ...verdict(1, 'open', 'é'), bannerBase64: undefined as never }],
      [{ ...verdict(1, 'open', 'é'), bannerBase64: '6Q==' }],
      [],
    ],
    ['no banner now', [verdict(1, 'open', 'a')], [verdict(1, 'open')], []],
    ['closed as before, others unknown', [verdict(1, 'closed')], [verdict(1, 'filtered')], []],
    ['a port out of scope', [], [verdict(5, 'open')], []],
    ['a target out of scope', [], [verdict(1, 'open', null, '192.0.2.9')], []],
    ['a name in scope', [], [verdict(1, 'open', null, '192.0.2.9', 'db')], ['opened 192.0.2.9:1 null open']],
    [
      'sorted by address and port',
      [],
      [verdict(4, 'open'), verdict(2, 'open'), verdict(3, 'open', null, '192.0.2.0', 'db')],
      ['opened 192.0.2.0:3 null open', `opened ${A}:2 null open`, `opened ${A}:4 null open`],
    ],
  ])('%s', (_, before, now, expected) => {
    expect(changes(before, now)).toEqual(expected)
  })

  it('tells closed from filtered where all states were written', () => {
    const before = [1, 2, 3, 4].map((port) => verdict(port, 'closed'))
    expect(changes(before, [verdict(1, 'filtered'), verdict(2, 'closed')])).toEqual([`changed ${A}:1 closed filtered`])
  })

  it('takes a port that was open on a host that is given up now as closed', () => {
    const earlier = readEarlier(file(verdict(1, 'open'), result()), '--diff')
    const comparison = new Comparison(earlier)
    comparison.addSkipped(A, 1)
    comparison.addSkipped(A, 2)
    expect(comparison.changes()).toMatchObject([{ change: 'closed', port: 1, stateBefore: 'open', state: null }])
  })
})

describe('an earlier scan that has nothing in common with this one', () => {
  const conclude = (now: readonly PortEvent[]) => {
    const before = readEarlier(file(verdict(1, 'open'), result()), '--diff')
    const checks = checksOf({ expect: { open: null, closed: null, only: null }, before })
    for (const each of now) checks.comparison?.add(each)
    return concludeChecks(checks, [], () => {})
  }

  it.each([
    ['another host', verdict(1, 'closed', null, '192.0.2.9')],
    ['another port', verdict(5, 'open')],
  ])('is a failure: %s', (_, now) => {
    expect(conclude([now])).toMatchObject({ origin: 'expectation', code: 'NOTHING_SHARED' })
  })

  it('is none where there is no verdict at all: then that is what failed', () => {
    expect(conclude([])).toBeNull()
  })

  it('is none once one port is shared', () => {
    expect(conclude([verdict(5, 'open'), verdict(1, 'open')])).toBeNull()
    expect(conclude([verdict(2, 'filtered')])).toBeNull()
  })
})

describe('readEarlier', () => {
  it.each([
    ['no file of ours', 'hello', /line 1 is not JSON/],
    ['a bare value', '1\n', /line 1 is not JSON/],
    ['nothing', '', /does not end with the result/],
    ['a scan that was cut off', file(verdict(1, 'open')), /does not end with the result/],
    ['a line after the result', file(result({ open: 0 }), verdict(1, 'closed')), /does not end with the result/],
    ['another command', file({ type: 'result', command: 'connect' }), /does not end with the result/],
    ['misuse', file({ type: 'result', command: 'portscan', targets: null, ports: null }), /does not end with/],
    ['a shard', file(verdict(1, 'open'), result({ shard: { index: 1, count: 2 } })), /part 1 of 2/],
    ['an interrupted scan', file(verdict(1, 'open'), result({ scanned: 3 })), /3 of 4 ports/],
    ['a scan without its open ports', file(verdict(1, 'closed'), result()), /open ports are not in the file/],
  ])('refuses %s', (_, text, message) => {
    expect(() => readEarlier(text, '--diff')).toThrow(message)
    expect(() => readEarlier(text, '--diff')).toThrow(UsageError)
  })
})
