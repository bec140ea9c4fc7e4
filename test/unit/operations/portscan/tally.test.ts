import { describe, expect, it } from 'vitest'
import type { PortResult } from '../../../../src/operations/portscan/engine/drive.js'
import { countIn, shardShare, WHOLE } from '../../../../src/operations/portscan/engine/share.js'
import { type Counts, Tally } from '../../../../src/operations/portscan/results/tally.js'
import { ProbeSpace } from '../../../../src/operations/portscan/schedule/space.js'

function tallyOf(hosts: number, ports: number, share = WHOLE) {
  const space = new ProbeSpace({ hosts, ports, seed: 3, inOrder: true })
  const told: [host: number, counts: Counts][] = []
  const tally = new Tally(space, share, (host, counts) => told.push([host, { ...counts }]))
  const add = (position: number, state: PortResult['state'], code: string | null) => {
    const { hostIndex, portIndex } = space.at(position)
    tally.add({ position, hostIndex, portIndex, state, code, errno: null, silent: false, rttMs: null, tries: 1 })
  }
  return { tally, told, add, size: space.size }
}

describe('Tally', () => {
  it('counts by state and by reason, most frequent first', () => {
    const { tally, add } = tallyOf(2, 3)
    add(0, 'open', null)
    add(1, 'closed', 'ECONNREFUSED')
    add(2, 'filtered', 'EHOSTUNREACH')
    add(3, 'filtered', 'EAGAIN')
    add(4, 'filtered', 'EAGAIN')
    expect(tally.done).toBe(5)
    expect(tally.counts).toEqual({ open: 1, closed: 1, filtered: 3, skipped: 0 })
    expect(tally.reasons[0]).toEqual({ state: 'filtered', code: 'EAGAIN', count: 2 })
    expect(tally.reasons).toHaveLength(4)
  })

  it('tells of the hosts of a block once all of it is in, in order', () => {
    const { tally, told, add } = tallyOf(2, 2)
    for (const position of [3, 0, 2]) add(position, 'closed', 'ECONNREFUSED')
    expect(told).toEqual([])
    add(1, 'open', null)
    expect(told).toEqual([
      [0, { open: 1, closed: 1, filtered: 0, skipped: 0 }],
      [1, { open: 0, closed: 2, filtered: 0, skipped: 0 }],
    ])
    tally.finish()
    expect(told).toHaveLength(2)
  })

  it('tells block by block, and of the rest in the end', () => {
    const { tally, told, add, size } = tallyOf(5000, 1)
    for (let position = 0; position < size - 1; position++) add(position, 'closed', 'ECONNREFUSED')
    expect(told).toHaveLength(4096)
    tally.finish()
    expect(told).toHaveLength(4999)
    expect(new Set(told.map(([host]) => host)).size).toBe(4999)
  })

  it.each([1, 2, 3, 7])(
    'of %i parts each tells block by block of what is its own, and all come to the whole',
    (count) => {
      const [hosts, ports] = [9000, 2] // three blocks, and no part begins where one does
      const sum = new Map<number, number>()
      for (let index = 1; index <= count; index++) {
        const share = shardShare({ index, count })
        const { tally, told, add, size } = tallyOf(hosts, ports, share)
        const openBlocks: number[] = []
        for (let position = share.first; position < size; position += share.stride) {
          add(position, 'closed', 'ECONNREFUSED')
          if (position % 1000 < share.stride) openBlocks.push(tally.toJSON().blocks.length)
        }
        expect(Math.max(...openBlocks)).toBe(1) // a block is let go of as soon as the part has all of it
        expect(tally.toJSON().blocks).toEqual([])
        expect(tally.done).toBe(countIn(share, 0, size))
        for (const [host, { closed }] of told) sum.set(host, (sum.get(host) ?? 0) + closed)
        tally.finish()
      }
      expect(sum.size).toBe(hosts)
      expect(new Set(sum.values())).toEqual(new Set([ports]))
    },
  )

  it('goes on from what another one has stored, in the middle of a block', () => {
    const share = shardShare({ index: 2, count: 3 })
    const [first, second, whole] = [tallyOf(5000, 2, share), tallyOf(5000, 2, share), tallyOf(5000, 2, share)]
    for (let position = share.first; position < first.size; position += share.stride) {
      const state = position % 5 === 0 ? 'open' : 'closed'
      const code = state === 'open' ? null : 'ECONNREFUSED'
      whole.add(position, state, code)
      if (position < 4000) first.add(position, state, code)
    }
    second.tally.restore(JSON.parse(JSON.stringify(first.tally.toJSON())))
    for (let position = share.first; position < first.size; position += share.stride)
      if (position >= 4000)
        second.add(position, position % 5 === 0 ? 'open' : 'closed', position % 5 === 0 ? null : 'ECONNREFUSED')
    expect(second.tally.counts).toEqual(whole.tally.counts)
    expect(second.tally.reasons).toEqual(whole.tally.reasons)
    expect([...first.told, ...second.told]).toEqual(whole.told)
  })
})
