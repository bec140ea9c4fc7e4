import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ProbeSpace, type SpaceOptions } from '../../../../src/operations/portscan/schedule/space.js'
import { SpaceWalk } from '../../../../src/operations/portscan/schedule/walk.js'

/** Fails unless every port of every host comes exactly once, and no host comes up again after its block. */
function expectBijection(options: SpaceOptions): void {
  const space = new ProbeSpace(options)
  const seen = new Uint8Array(options.hosts * options.ports)
  const blockOfHost = new Map<number, number>()
  for (let position = 0; position < space.size; position++) {
    const { hostIndex: host, portIndex: port } = space.at(position)
    if (host < 0 || host >= options.hosts || port < 0 || port >= options.ports) expect.fail(`${host}:${port}`)
    const place = host * options.ports + port
    if (seen[place] === 1) expect.fail(`${host}:${port} comes twice`)
    seen[place] = 1
    const block = space.blockOf(position)
    if ((blockOfHost.get(host) ?? block) !== block) expect.fail(`host ${host} is in two blocks`)
    blockOfHost.set(host, block)
  }
  expect(seen.indexOf(0)).toBe(-1)
}

describe('ProbeSpace', () => {
  it('meets every port of every host once', () => {
    const options = fc.record({
      hosts: fc.integer({ min: 1, max: 60 }),
      ports: fc.integer({ min: 1, max: 60 }),
      seed: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      inOrder: fc.boolean(),
    })
    fc.assert(fc.property(options, expectBijection))
  })

  it.each([
    [4096, 3],
    [4097, 3],
    [8192, 2],
    [10_000, 5],
    [70_000, 1],
  ])('also over blocks: %i hosts, %i ports', (hosts, ports) => {
    expectBijection({ hosts, ports, seed: 9, inOrder: false })
    expectBijection({ hosts, ports, seed: 9, inOrder: true })
  })

  it('says how large each block is', () => {
    const space = new ProbeSpace({ hosts: 10_000, ports: 5, seed: 1, inOrder: false })
    expect([0, 1, 2].map((block) => space.block(block))).toEqual([
      { start: 0, length: 20_480 },
      { start: 20_480, length: 20_480 },
      { start: 40_960, length: 9040 },
    ])
    expect(space.blockOf(space.size - 1)).toBe(2)
  })

  it('goes host by host and port by port when asked to', () => {
    const space = new ProbeSpace({ hosts: 3, ports: 2, seed: 1, inOrder: true })
    const places = Array.from({ length: 6 }, (_, i) => space.at(i))
    expect(places.map(({ hostIndex, portIndex }) => `${hostIndex}:${portIndex}`)).toEqual([
      '0:0',
      '0:1',
      '1:0',
      '1:1',
      '2:0',
      '2:1',
    ])
  })

  it('answers positions in any order alike', () => {
    const space = new ProbeSpace({ hosts: 9000, ports: 3, seed: 4, inOrder: false })
    const positions = [26_999, 0, 12_288, 12_287, 1, 26_998]
    const ascending = new Map([...positions].sort((a, b) => a - b).map((each) => [each, space.at(each)]))
    for (const each of positions) expect(space.at(each)).toEqual(ascending.get(each))
  })

  it('refuses more than can be counted', () => {
    expect(() => new ProbeSpace({ hosts: 2 ** 48, ports: 65_535, seed: 1, inOrder: false })).toThrow(RangeError)
  })
})

describe('SpaceWalk', () => {
  it('splits a space into strides, disjoint and complete', () => {
    const shape = fc.tuple(
      fc.integer({ min: 1, max: 30 }),
      fc.integer({ min: 1, max: 30 }),
      fc.integer({ min: 1, max: 9 }),
    )
    fc.assert(
      fc.property(shape, fc.boolean(), ([hosts, ports, stride], inOrder) => {
        const options = { hosts, ports, seed: 5, inOrder }
        const seen: string[] = []
        for (let first = 0; first < stride; first++) {
          const walk = new SpaceWalk(new ProbeSpace(options), { first, stride })
          for (let step = walk.next(); step; step = walk.next()) {
            expect(step.position % stride).toBe(first)
            seen.push(`${step.hostIndex}:${step.portIndex}`)
          }
          expect(walk.next()).toBeNull()
        }
        expect(seen.length).toBe(hosts * ports)
        expect(new Set(seen).size).toBe(hosts * ports)
      }),
    )
  })
})
