import type { PortResult } from './drive.js'
import type { ProbeSpace } from './space.js'
import type { Reason } from './types.js'
import type { PortState } from './verdict.js'

export type Counts = Record<PortState, number>

interface Block {
  left: number
  readonly hosts: Map<number, Counts>
}

/** Counts verdicts: by state and reason for the whole scan, by host until the host's block is complete. */
export class Tally {
  readonly counts: Counts = { open: 0, closed: 0, filtered: 0 }
  scanned = 0
  readonly #reasons = new Map<string, Reason & { count: number }>()
  readonly #blocks = new Map<number, Block>()
  readonly #space: ProbeSpace
  readonly #onHost: (host: number, counts: Counts) => void

  /** `onHost` is told of each host once all hosts of its block have all their verdicts. */
  constructor(space: ProbeSpace, onHost: (host: number, counts: Counts) => void) {
    this.#space = space
    this.#onHost = onHost
  }

  add({ position, host, state, code }: PortResult): void {
    this.scanned++
    this.counts[state]++
    const key = `${state} ${code}`
    const reason = this.#reasons.get(key)
    if (reason) reason.count++
    else this.#reasons.set(key, { state, code, count: 1 })

    const index = this.#space.blockOf(position)
    const block = this.#blocks.get(index) ?? { left: this.#space.blockSize(index), hosts: new Map() }
    this.#blocks.set(index, block)
    const counts = block.hosts.get(host) ?? { open: 0, closed: 0, filtered: 0 }
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

  #close(index: number, { hosts }: Block): void {
    this.#blocks.delete(index)
    for (const [host, counts] of [...hosts].sort(([a], [b]) => a - b)) this.#onHost(host, counts)
  }
}
