import type { DoneSet } from './done-set.js'
import type { Step, Walk } from './scheduler.js'
import { type Share, WHOLE } from './share.js'
import type { ProbeSpace } from './space.js'

/** The positions of a share of a space, but for those that an earlier run has done. */
export class SpaceWalk implements Walk {
  readonly hosts: number
  readonly ports: number
  readonly #space: ProbeSpace
  readonly #stride: number
  readonly #isDone: (position: number) => boolean
  #position: number

  constructor(
    space: ProbeSpace,
    { first, stride }: Share = WHOLE,
    isDone: (position: number) => boolean = () => false,
  ) {
    this.hosts = space.hosts
    this.ports = space.ports
    this.#space = space
    this.#position = first
    this.#stride = stride
    this.#isDone = isDone
  }

  next(): Step | null {
    while (this.#position < this.#space.size) {
      const position = this.#position
      this.#position += this.#stride
      if (!this.#isDone(position))
        return { position, block: this.#space.blockOf(position), ...this.#space.at(position) }
    }
    return null
  }

  goBack(position: number): void {
    this.#position = position
  }
}

/** Whether a position of the share is in the set, which counts the share's own positions. */
export function doneIn(done: DoneSet | null, { first, stride }: Share): (position: number) => boolean {
  return done === null ? () => false : (position) => done.has((position - first) / stride)
}
