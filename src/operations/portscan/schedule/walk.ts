import { countIn, type Share, WHOLE } from '../engine/share.js'
import type { DoneSet } from './done-set.js'
import type { ProbeSpace } from './space.js'

/** One port of one host, as the walk comes to it. */
export interface WalkStep {
  readonly position: number
  /** Place in the scan's list of hosts. */
  readonly hostIndex: number
  /** Place in the scan's list of ports. */
  readonly portIndex: number
  /** Hosts of earlier blocks do not come up again. */
  readonly block: number
}

/** The walk over all ports of all hosts. */
export interface Walk {
  /** How many hosts it will meet. */
  readonly hosts: number
  /** The most ports that it may have of one host. */
  readonly ports?: number
  /** The next step, or null at its end. */
  next(): WalkStep | null
  /** Goes on from an earlier position of the block that it is in, or was in at its last step. */
  goBack?(position: number): void
}

/** Positions of a share that are taken at once: few enough that all threads end together ... */
const LEAST_CHUNK = 64
/** ... and so many of a large one that those which may be walked again can be kept in mind. */
const MOST_CHUNK = 4096
const CHUNKS = 2 ** 18

/** Hands out the chunks of a share, 0, 1, 2 ..., each once; to any number of threads where these share its memory. */
export class Chunks {
  readonly memory: SharedArrayBuffer
  readonly #next: BigInt64Array

  constructor(memory = new SharedArrayBuffer(BigInt64Array.BYTES_PER_ELEMENT)) {
    this.memory = memory
    this.#next = new BigInt64Array(memory)
  }

  take(): number {
    return Number(Atomics.add(this.#next, 0, 1n))
  }
}

/** The positions of a share of a space, but for those that an earlier run has done, chunk by chunk as it takes them. */
export class SpaceWalk implements Walk {
  readonly hosts: number
  readonly ports: number
  readonly #space: ProbeSpace
  readonly #share: Share
  readonly #count: number
  readonly #isDone: (position: number) => boolean
  readonly #chunks: Chunks
  readonly #chunkSize: number
  /** Chunks of this walk, ascending, back to the block before the one that it is in. */
  #taken: number[] = []
  /** Which of them it is in. */
  #at = -1
  #drained = false
  /** Counts the share's own positions. */
  #ordinal = 0
  #chunkEnd = 0

  constructor(
    space: ProbeSpace,
    share: Share = WHOLE,
    isDone: (position: number) => boolean = () => false,
    chunks = new Chunks(),
  ) {
    this.hosts = space.hosts
    this.ports = space.ports
    this.#space = space
    this.#share = share
    this.#count = countIn(share, 0, space.size)
    this.#isDone = isDone
    this.#chunks = chunks
    this.#chunkSize = Math.min(MOST_CHUNK, Math.max(LEAST_CHUNK, Math.ceil(this.#count / CHUNKS)))
  }

  next(): WalkStep | null {
    for (;;) {
      if (this.#ordinal === this.#chunkEnd && !this.#nextChunk()) return null
      const position = this.#position(this.#ordinal++)
      if (this.#isDone(position)) continue
      const { hostIndex, portIndex } = this.#space.at(position)
      return { position, block: this.#space.blockOf(position), hostIndex, portIndex }
    }
  }

  goBack(position: number): void {
    const ordinal = (position - this.#share.first) / this.#share.stride
    this.#at = this.#taken.lastIndexOf(Math.floor(ordinal / this.#chunkSize))
    this.#enter()
    this.#ordinal = ordinal
  }

  /** False once nothing is left of the share. */
  #nextChunk(): boolean {
    if (this.#at === this.#taken.length - 1 && !this.#takeChunk()) return false
    this.#at++
    this.#enter()
    return true
  }

  #takeChunk(): boolean {
    if (this.#drained) return false
    const chunk = this.#chunks.take()
    this.#drained = chunk * this.#chunkSize >= this.#count
    if (this.#drained) return false
    const block = this.#blockAt(chunk)
    const last = this.#taken.at(-1)
    if (last !== undefined && this.#blockAt(last) < block) {
      // Nobody goes back further than to the block that was walked last.
      const kept = this.#taken.findIndex((each) => this.#blockAt(each + 1) >= this.#blockAt(last))
      this.#taken = this.#taken.slice(kept)
      this.#at = this.#taken.length - 1
    }
    this.#taken.push(chunk)
    return true
  }

  #enter(): void {
    this.#ordinal = (this.#taken[this.#at] ?? 0) * this.#chunkSize
    this.#chunkEnd = Math.min(this.#count, this.#ordinal + this.#chunkSize)
  }

  #position(ordinal: number): number {
    return this.#share.first + this.#share.stride * ordinal
  }

  /** The block in which a chunk begins. */
  #blockAt(chunk: number): number {
    return this.#space.blockOf(this.#position(chunk * this.#chunkSize))
  }
}

/** Whether a position of the share is in the set, which counts the share's own positions. */
export function doneIn(done: DoneSet | null, { first, stride }: Share): (position: number) => boolean {
  return done === null ? () => false : (position) => done.has((position - first) / stride)
}
