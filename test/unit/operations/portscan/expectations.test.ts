import { describe, expect, it } from 'vitest'
import { PortList } from '../../../../src/core/ports/port-list.js'
import { ExpectationCheck } from '../../../../src/operations/portscan/results/expectations.js'
import type { PortState } from '../../../../src/operations/portscan/verdict.js'

type Lists = { readonly [kind in 'open' | 'closed' | 'only']?: number[] }
type Found = readonly [target: string, port: number, state: PortState, code: string | null]

function check(lists: Lists, found: readonly Found[], targets: readonly string[] = ['a']): string[] {
  const list = (ports: number[] | undefined) => (ports ? PortList.of(ports) : null)
  const expectations = new ExpectationCheck({
    open: list(lists.open),
    closed: list(lists.closed),
    only: list(lists.only),
  })
  for (const each of found) expectations.add(...each)
  return expectations
    .broken(targets)
    .map(({ target, port, expected, state, code }) => `${target} ${port} ${expected}: ${state} ${code}`)
}

const open = (target: string, port: number): Found => [target, port, 'open', null]
const closed = (target: string, port: number): Found => [target, port, 'closed', 'ECONNREFUSED']
const filtered = (target: string, port: number): Found => [target, port, 'filtered', 'EAGAIN']

describe('ExpectationCheck', () => {
  it.each<[string, Lists, Found[], string[]]>([
    ['open, and it is', { open: [22] }, [open('a', 22)], []],
    ['open, but closed', { open: [22] }, [closed('a', 22)], ['a 22 open: closed ECONNREFUSED']],
    ['open, but filtered', { open: [22] }, [filtered('a', 22)], ['a 22 open: filtered EAGAIN']],
    ['open, but without a verdict', { open: [22] }, [], ['a 22 open: unknown null']],
    ['closed, and it is', { closed: [23] }, [closed('a', 23)], []],
    ['closed, and filtered will do', { closed: [23] }, [filtered('a', 23)], []],
    ['closed, but open', { closed: [23] }, [open('a', 23)], ['a 23 not open: open null']],
    ['closed, but without a verdict', { closed: [23] }, [], ['a 23 not open: unknown null']],
    ['only, and so it is', { only: [22] }, [open('a', 22), closed('a', 23)], []],
    ['only, but one more', { only: [22] }, [open('a', 22), open('a', 23)], ['a 23 not open: open null']],
    ['only, but missing', { only: [22] }, [closed('a', 22)], ['a 22 open: closed ECONNREFUSED']],
    ['nothing expected', {}, [open('a', 22)], []],
  ])('%s', (_, lists, found, broken) => {
    expect(check(lists, found)).toEqual(broken)
  })

  it('goes by target: one open address of a name is enough, one too many breaks it once', () => {
    expect(check({ open: [22] }, [closed('a', 22), open('a', 22), closed('a', 22)])).toEqual([])
    expect(check({ closed: [22] }, [closed('a', 22), open('a', 22)])).toEqual(['a 22 not open: open null'])
    expect(check({ only: [22] }, [open('a', 22), open('a', 80), open('a', 80)])).toEqual(['a 80 not open: open null'])
  })

  it('holds every target against it, each once, in order', () => {
    const found = [open('a', 22), closed('b', 22), open('b', 81), open('b', 80)]
    expect(check({ only: [22] }, found, ['a', 'b', 'c', 'b'])).toEqual([
      'b 22 open: closed ECONNREFUSED',
      'b 80 not open: open null',
      'b 81 not open: open null',
      'c 22 open: unknown null',
    ])
  })

  it('is active where something is expected', () => {
    expect(new ExpectationCheck({ open: null, closed: null, only: null }).active).toBe(false)
    expect(new ExpectationCheck({ open: null, closed: PortList.of([1]), only: null }).active).toBe(true)
  })
})
