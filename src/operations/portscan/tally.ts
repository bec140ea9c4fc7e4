import type { PortResult } from './drive.js'
import { countIn, type Share } from './share.js'
import type { ProbeSpace } from './space.js'
import type { Reason } from './types.js'

export type Counts = Record<PortResult['state'], number>

interface Block {
  left: number
  readonly hosts: Map<number, Counts>
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
  readonly #reasons = new Map<string, Reason & { count: number }>()
  readonly #blocks = new Map<number, Block>()
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

  add({ position, host, state, code }: PortResult): void {
    this.counts[state]++
    if (state !== 'skipped') {
      const key = `${state} ${code}`
      const reason = this.#reasons.get(key)
      if (reason) reason.count++
      else this.#reasons.set(key, { state, code, count: 1 })
    }
    const index = this.#space.blockOf(position)
    const block = this.#blocks.get(index) ?? this.#openBlock(index)
    const counts = block.hosts.get(host) ?? { open: 0, closed: 0, filtered: 0, skipped: 0 }
    block.hosts.set(host, counts)
    counts[state]++
    if (--block.left === 0) this.#close(index, block)
  }

  /** Tells of the hosts of blocks that were not completed. */
  finish(): void {
    for (const [index, block] of this.#blocks) this.#close(index, block)
  }

  /** Most frequent first. */
  get reasons(): Reason[] {
    return [...this.#reasons.values()].map((each) => ({ ...each })).sort((a, b) => b.count - a.count)
  }

  toJSON(): StoredTally {
    const blocks = [...this.#blocks].map(([index, { left, hosts }]) => [index, left, [...hosts]] as const)
    return { counts: this.counts, reasons: this.reasons, blocks }
  }

  /** Goes on from where another one stood. */
  restore({ counts, reasons, blocks }: StoredTally): void {
    Object.assign(this.counts, counts)
    for (const reason of reasons) this.#reasons.set(`${reason.state} ${reason.code}`, { ...reason })
    for (const [index, left, hosts] of blocks) this.#blocks.set(index, { left, hosts: new Map(hosts) })
  }

  #openBlock(index: number): Block {
    const { start, length } = this.#space.block(index)
    const block = { left: countIn(this.#share, start, length), hosts: new Map<number, Counts>() }
    this.#blocks.set(index, block)
    return block
  }

  #close(index: number, { hosts }: Block): void {
    this.#blocks.delete(index)
    for (const [host, counts] of [...hosts].sort(([a], [b]) => a - b)) this.#onHost(host, counts)
  }
}
