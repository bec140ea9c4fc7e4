import type { Step, Walk } from './scheduler.js'
import type { ProbeSpace } from './space.js'

/** Every `stride`-th position of a space from `first` on. */
export class SpaceWalk implements Walk {
  readonly hosts: number
  readonly #space: ProbeSpace
  readonly #stride: number
  #position: number

  constructor(space: ProbeSpace, first = 0, stride = 1) {
    this.hosts = space.hosts
    this.#space = space
    this.#position = first
    this.#stride = stride
  }

  next(): Step | null {
    const position = this.#position
    if (position >= this.#space.size) return null
    this.#position += this.#stride
    return { position, block: this.#space.blockOf(position), ...this.#space.at(position) }
  }
}
