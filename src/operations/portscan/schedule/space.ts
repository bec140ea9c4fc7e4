import { MAX_DOMAIN, mix, Permutation } from './permutation.js'

/** Hosts whose ports are mixed with one another. Only these need state at a time, however many there are in all. */
const BLOCK_HOSTS = 4096

export interface SpaceOptions {
  readonly hosts: number
  readonly ports: number
  readonly seed: number
  /** Host by host and port by port, instead of mixed. */
  readonly inOrder: boolean
}

/** Which (host, port) is probed at which position: a bijection over hosts x ports. */
export class ProbeSpace {
  readonly size: number
  readonly #ports: number
  readonly #hosts: number
  readonly #seed: number
  readonly #inOrder: boolean
  readonly #hostOrder: Permutation | null
  #block = -1
  #blockOrder: Permutation | null = null

  constructor({ hosts, ports, seed, inOrder }: SpaceOptions) {
    this.size = hosts * ports
    if (this.size > MAX_DOMAIN) throw new RangeError(`${hosts} hosts times ${ports} ports are too many probes`)
    this.#hosts = hosts
    this.#ports = ports
    this.#seed = seed
    this.#hostOrder = inOrder || hosts <= BLOCK_HOSTS ? null : new Permutation(hosts, seed)
    this.#inOrder = inOrder
  }

  /** Block of hosts that a position belongs to; blocks are walked one after the other. */
  blockOf(position: number): number {
    return Math.floor(position / (BLOCK_HOSTS * this.#ports))
  }

  /** The positions of a block. */
  block(index: number): { readonly start: number; readonly length: number } {
    const start = index * BLOCK_HOSTS * this.#ports
    return { start, length: Math.min(BLOCK_HOSTS * this.#ports, this.size - start) }
  }

  /** Which host and port of the scan's lists are probed at a position. Cheapest when positions ascend. */
  at(position: number): { hostIndex: number; portIndex: number } {
    const block = this.blockOf(position)
    const offset = this.#offsetOf(block, position)
    return { hostIndex: this.hostAt(block, Math.floor(offset / this.#ports)), portIndex: offset % this.#ports }
  }

  /** Which of its block's hosts, from 0, a position and its host are of. */
  placeOf(position: number, host: number): number {
    const block = this.blockOf(position)
    if (!this.#hostOrder) return host - block * BLOCK_HOSTS
    return Math.floor(this.#offsetOf(block, position) / this.#ports)
  }

  /** How many hosts a block has. */
  hostsIn(block: number): number {
    return Math.min(BLOCK_HOSTS, this.#hosts - block * BLOCK_HOSTS)
  }

  /** The index of a block's host, by its place in the block. */
  hostAt(block: number, place: number): number {
    const at = block * BLOCK_HOSTS + place
    return this.#hostOrder?.at(at) ?? at
  }

  get hosts(): number {
    return this.#hosts
  }

  get ports(): number {
    return this.#ports
  }

  #offsetOf(block: number, position: number): number {
    const offset = position - block * BLOCK_HOSTS * this.#ports
    return this.#inOrder ? offset : this.#orderOf(block).at(offset)
  }

  #orderOf(block: number): Permutation {
    if (this.#block !== block || !this.#blockOrder) {
      this.#block = block
      this.#blockOrder = new Permutation(this.block(block).length, mix(this.#seed + Math.imul(block, 0x85ebca6b)))
    }
    return this.#blockOrder
  }
}
