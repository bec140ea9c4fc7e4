import type { DoneSet } from './done-set.js'
import type { Step, Walk } from './scheduler.js'
import { countIn, type Share, WHOLE } from './share.js'
import type { ProbeSpace } from './space.js'

/** Positions of a share that are taken at once: few enough that all threads end together. */
const CHUNK = 64

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
  }

  next(): Step | null {
    const { first, stride } = this.#share
    for (;;) {
      if (this.#ordinal === this.#chunkEnd && !this.#takeChunk()) return null
      const position = first + stride * this.#ordinal++
      if (this.#isDone(position)) continue
      const { host, port } = this.#space.at(position)
      return { position, block: this.#space.blockOf(position), host, port }
    }
  }

  /** False once nothing is left of the share. */
  #takeChunk(): boolean {
    if (this.#chunkEnd === this.#count) return false
    this.#ordinal = Math.min(this.#count, CHUNK * this.#chunks.take())
    this.#chunkEnd = Math.min(this.#count, this.#ordinal + CHUNK)
    return this.#ordinal < this.#count
  }
}

/** Whether a position of the share is in the set, which counts the share's own positions. */
export function doneIn(done: DoneSet | null, { first, stride }: Share): (position: number) => boolean {
  return done === null ? () => false : (position) => done.has((position - first) / stride)
}
