import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { countIn, type Share, shardShare, WHOLE } from '../../../../src/operations/portscan/engine/share.js'
import { DoneSet } from '../../../../src/operations/portscan/schedule/done-set.js'
import { ProbeSpace } from '../../../../src/operations/portscan/schedule/space.js'
import { Chunks, doneIn, SpaceWalk } from '../../../../src/operations/portscan/schedule/walk.js'

function probesOf(space: ProbeSpace, share: Share, isDone?: (position: number) => boolean): string[] {
  const walk = new SpaceWalk(space, share, isDone)
  const probes: string[] = []
  for (let step = walk.next(); step; step = walk.next()) probes.push(`${step.hostIndex}:${step.portIndex}`)
  return probes
}

function allProbes(hosts: number, ports: number): string[] {
  return Array.from({ length: hosts * ports }, (_, i) => `${Math.floor(i / ports)}:${i % ports}`).sort()
}

const SMALL = Array.from({ length: 12 }, (_, i) => i + 1)

describe('shards', () => {
  it.each(SMALL.slice(0, 8))('divide every small domain into %i disjoint parts that are complete', (count) => {
    for (const hosts of SMALL) {
      for (const ports of SMALL) {
        const space = new ProbeSpace({ hosts, ports, seed: hosts * 31 + ports, inOrder: (hosts + ports) % 3 === 0 })
        const shares = Array.from({ length: count }, (_, i) => shardShare({ index: i + 1, count }))
        const probes = shares.flatMap((share) => {
          const found = probesOf(space, share)
          if (found.length !== countIn(share, 0, space.size)) expect.fail(`${hosts}x${ports}: count of ${share.first}`)
          return found
        })
        expect(probes.sort()).toEqual(allProbes(hosts, ports))
      }
    }
  })

  it('divide further among threads, whoever takes how much, without the ports that are done', () => {
    const cases = fc.record({
      hosts: fc.integer({ min: 1, max: 40 }),
      ports: fc.integer({ min: 1, max: 40 }),
      seed: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      shards: fc.integer({ min: 1, max: 8 }),
      turns: fc.infiniteStream(fc.nat({ max: 4 })),
      done: fc.array(fc.nat({ max: 1599 })),
    })
    fc.assert(
      fc.property(cases, ({ hosts, ports, seed, shards, turns, done }) => {
        const space = new ProbeSpace({ hosts, ports, seed, inOrder: false })
        const left: string[] = []
        const before: string[] = []
        for (let index = 1; index <= shards; index++) {
          const share = shardShare({ index, count: shards })
          const ordinals = done.filter((ordinal) => ordinal < countIn(share, 0, space.size))
          const set = new DoneSet()
          for (const ordinal of ordinals) set.add(ordinal)
          const isDone = doneIn(set, share)
          for (const ordinal of new Set(ordinals)) {
            const { hostIndex: host, portIndex: port } = space.at(share.first + ordinal * share.stride)
            before.push(`${host}:${port}`)
          }
          const chunks = new Chunks()
          const walks = Array.from({ length: 5 }, () => {
            // As in another thread: only the memory is shared.
            const own = new ProbeSpace({ hosts, ports, seed, inOrder: false })
            return new SpaceWalk(own, share, isDone, new Chunks(chunks.memory))
          })
          while (walks.length > 0) {
            const turn = turns.next().value % walks.length
            const step = walks[turn]?.next()
            if (step) left.push(`${step.hostIndex}:${step.portIndex}`)
            else walks.splice(turn, 1)
          }
        }
        expect([...left, ...before].sort()).toEqual(allProbes(hosts, ports))
      }),
    )
  })

  it('are walked again from any place of a block by the thread that has walked it, and by no other', () => {
    const space = () => new ProbeSpace({ hosts: 9000, ports: 2, seed: 4, inOrder: false })
    fc.assert(
      fc.property(fc.infiniteStream(fc.nat({ max: 99 })), (random) => {
        const chunks = new Chunks()
        const walks = [0, 1].map(() => ({
          walk: new SpaceWalk(space(), WHOLE, undefined, new Chunks(chunks.memory)),
          walked: [] as number[],
          again: 1,
        }))
        const all: number[] = []
        const blockOf = (position: number) => Math.floor(position / (4096 * 2))
        while (walks.length > 0) {
          const at = random.next().value % walks.length
          const own = walks[at]
          if (!own) break
          const position = own.walk.next()?.position
          const last = own.walked.at(-1)
          const left = last !== undefined && (position === undefined || blockOf(position) > blockOf(last))
          if (left && own.again-- > 0) {
            // As the backlog does: it sees the next block, and goes back within the one before.
            const block = own.walked.filter((each) => blockOf(each) === blockOf(last))
            const from = Math.floor((block.length * random.next().value) / 100)
            own.walk.goBack(block[from] ?? last)
            for (const each of block.slice(from)) expect(own.walk.next()?.position).toBe(each)
            continue
          }
          if (position === undefined) {
            all.push(...own.walked)
            walks.splice(at, 1)
          } else {
            if (left) own.again = 1
            own.walked.push(position)
          }
        }
        expect(all.sort((a, b) => a - b)).toEqual(Array.from({ length: 18_000 }, (_, i) => i))
      }),
      { numRuns: 15 },
    )
  })

  it('count their positions in any stretch', () => {
    const share = fc.record({ first: fc.nat({ max: 20 }), stride: fc.integer({ min: 1, max: 20 }) })
    fc.assert(
      fc.property(share, fc.nat({ max: 60 }), fc.nat({ max: 60 }), (each, start, length) => {
        const positions = Array.from({ length }, (_, i) => start + i)
        const mine = positions.filter((at) => at >= each.first && (at - each.first) % each.stride === 0)
        expect(countIn(each, start, length)).toBe(mine.length)
      }),
    )
  })

  it('are the whole where there is one', () => {
    expect(shardShare({ index: 1, count: 1 })).toEqual(WHOLE)
    expect(doneIn(null, WHOLE)(0)).toBe(false)
  })
})
