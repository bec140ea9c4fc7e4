import type { PortResult } from '../engine/drive.js'
import { countIn, type Share } from '../engine/share.js'
import type { ProbeSpace } from '../schedule/space.js'
import type { Reason } from '../types.js'
import type { PortState } from '../verdict.js'

export type Counts = Record<PortResult['state'], number>

/** The order in which counts stand in a block. */
const STATES = ['open', 'closed', 'filtered', 'skipped'] as const satisfies readonly PortResult['state'][]

interface Block {
  left: number
  /** By place of the host in the block, then by state: objects for each of millions of hosts would be its memory. */
  readonly counts: Uint32Array
}

/** As it stands in a state file. */
export interface StoredTally {
  readonly counts: Counts
  readonly reasons: readonly Reason[]
  readonly blocks: readonly (readonly [index: number, left: number, hosts: readonly (readonly [number, Counts])[]])[]
}

/** Counts verdicts: by state and reason for the whole scan, by host until the host's block is complete. */
export class Tally {
  readonly counts: Counts = { open: 0, closed: 0, filtered: 0, skipped: 0 }
  readonly #reasons: Record<PortState, Map<string | null, Reason & { count: number }>> = {
    open: new Map(),
    closed: new Map(),
    filtered: new Map(),
  }
  readonly #blocks = new Map<number, Block>()
  /** Counts of a block that is over, all 0 again. */
  #spare: Uint32Array | null = null
  readonly #space: ProbeSpace
  readonly #share: Share
  readonly #onHost: (host: number, counts: Counts) => void

  /** `onHost` is told of each host once all hosts of its block have all their verdicts. */
  constructor(space: ProbeSpace, share: Share, onHost: (host: number, counts: Counts) => void) {
    this.#space = space
    this.#share = share
    this.#onHost = onHost
  }

  /** Verdicts, ports of skipped hosts included. */
  get done(): number {
    const { open, closed, filtered, skipped } = this.counts
    return open + closed + filtered + skipped
  }

  add({ position, hostIndex, state, code }: PortResult): void {
    this.counts[state]++
    if (state !== 'skipped') {
      const reason = this.#reasons[state].get(code)
      if (reason) reason.count++
      else this.#reasons[state].set(code, { state, code, count: 1 })
    }
    const index = this.#space.blockOf(position)
    const block = this.#blocks.get(index) ?? this.#openBlock(index)
    const at = this.#space.placeOf(position, hostIndex) * STATES.length + STATES.indexOf(state)
    block.counts[at] = (block.counts[at] ?? 0) + 1
    if (--block.left === 0) this.#close(index, block)
  }

  /** Tells of the hosts of blocks that were not completed. */
  finish(): void {
    for (const [index, block] of this.#blocks) this.#close(index, block)
  }

  /** Why ports are as they are, the most frequent reason first. */
  get reasons(): Reason[] {
    const reasons = Object.values(this.#reasons).flatMap((byCode) => [...byCode.values()])
    return reasons.map((each) => ({ ...each })).sort((a, b) => b.count - a.count)
  }

  toJSON(): StoredTally {
    const blocks = [...this.#blocks].map(([index, block]) => [index, block.left, this.#hostsOf(index, block)] as const)
    return { counts: this.counts, reasons: this.reasons, blocks }
  }

  /** Goes on from where another one stood. */
  restore({ counts, reasons, blocks }: StoredTally): void {
    Object.assign(this.counts, counts)
    for (const reason of reasons) this.#reasons[reason.state].set(reason.code, { ...reason })
    for (const [index, left, hosts] of blocks) {
      const block = this.#openBlock(index)
      block.left = left
      const known = new Map(hosts)
      for (let place = 0; place < this.#space.hostsIn(index); place++) {
        const of = known.get(this.#space.hostAt(index, place))
        if (of) for (const [i, state] of STATES.entries()) block.counts[place * STATES.length + i] = of[state]
      }
    }
  }

  #openBlock(index: number): Block {
    const { start, length } = this.#space.block(index)
    const size = this.#space.hostsIn(index) * STATES.length
    const counts = this.#spare?.length === size ? this.#spare : new Uint32Array(size)
    this.#spare = null
    const block = { left: countIn(this.#share, start, length), counts }
    this.#blocks.set(index, block)
    return block
  }

  #close(index: number, block: Block): void {
    this.#blocks.delete(index)
    for (const [host, counts] of this.#hostsOf(index, block)) this.#onHost(host, counts)
    this.#spare = block.counts.fill(0)
  }

  /** The hosts that have verdicts, ascending. */
  #hostsOf(index: number, { counts }: Block): [host: number, counts: Counts][] {
    const hosts: [number, Counts][] = []
    for (let at = 0; at < counts.length; at += STATES.length) {
      const of = {
        open: counts[at] ?? 0,
        closed: counts[at + 1] ?? 0,
        filtered: counts[at + 2] ?? 0,
        skipped: counts[at + 3] ?? 0,
      }
      if (of.open + of.closed + of.filtered + of.skipped === 0) continue
      hosts.push([this.#space.hostAt(index, at / STATES.length), of])
    }
    return hosts.sort(([a], [b]) => a - b)
  }
}
