import type { ResolvedAddress } from '../../../net/lookup.js'
import type { StoredDone } from '../done-set.js'
import type { PortResult } from '../drive.js'
import type { Timing } from '../scheduler.js'
import type { Share } from '../share.js'
import type { SpaceOptions } from '../space.js'

/** What a worker is started with. */
export interface WorkerTask {
  readonly space: SpaceOptions
  /** The positions that are this scan's. */
  readonly share: Share
  /** Hands them out to the workers. */
  readonly chunks: SharedArrayBuffer
  /** Positions of the share that an earlier run has done. */
  readonly done: StoredDone | null
  readonly timing: Timing
  /** Addresses that names resolved to; then the targets of this canonical text, its first `names` left out. */
  readonly named: readonly ResolvedAddress[]
  readonly targets: string
  readonly names: number
  readonly ports: Uint16Array
  readonly sourceAddress: string | null
  readonly sourcePort: number | null
  /** One Int32: anything but 0 asks the worker to end. */
  readonly stop: SharedArrayBuffer
}

export type WorkerMessage =
  /** libc cannot be called here; nothing was sent. */
  | { readonly type: 'unavailable'; readonly reason: string }
  | { readonly type: 'ready' }
  | { readonly type: 'results'; readonly packed: Float64Array }
  /** All verdicts are in, or the worker was asked to stop; `refused` is the errno with which this machine said no. */
  | { readonly type: 'end'; readonly refused: number | null; readonly sent: number }

/** Numbers of one packed result: position, host, port, state, errno, rtt, tries. */
const FIELDS = 7
/** In place of a round trip: nothing came, or nobody knows when anything came. */
export const SILENT = -1
export const UNTIMED = -2
const STATES: readonly PortResult['state'][] = ['open', 'closed', 'filtered', 'skipped']

/** Gathers results so that thousands cross between threads as one array of numbers. */
export class ResultPacker {
  #packed = new Float64Array(FIELDS * 512)
  #length = 0

  get size(): number {
    return this.#length / FIELDS
  }

  add(
    position: number,
    host: number,
    port: number,
    state: PortResult['state'],
    errno: number,
    rttMs: number,
    tries: number,
  ): void {
    if (this.#length === this.#packed.length) {
      const larger = new Float64Array(this.#packed.length * 2)
      larger.set(this.#packed)
      this.#packed = larger
    }
    const at = this.#length
    this.#packed[at] = position
    this.#packed[at + 1] = host
    this.#packed[at + 2] = port
    this.#packed[at + 3] = STATES.indexOf(state)
    this.#packed[at + 4] = errno
    this.#packed[at + 5] = rttMs
    this.#packed[at + 6] = tries
    this.#length += FIELDS
  }

  take(): Float64Array<ArrayBuffer> {
    const taken = this.#packed.slice(0, this.#length)
    this.#length = 0
    return taken
  }
}

/** Unpacks results; `nameOf` gives an errno its name. */
export function* unpack(packed: Float64Array, nameOf: (errno: number) => string): Generator<PortResult> {
  for (let at = 0; at < packed.length; at += FIELDS) {
    // Read one by one: a view and an iterator for each of millions of results would be most of the garbage.
    const read = (field: number) => packed[at + field] ?? 0
    const errno = read(4)
    const rttMs = read(5)
    yield {
      position: read(0),
      host: read(1),
      port: read(2),
      state: STATES[read(3)] ?? 'filtered',
      code: errno === 0 ? null : nameOf(errno),
      errno: errno === 0 ? null : errno,
      silent: rttMs === SILENT,
      rttMs: rttMs < 0 ? null : rttMs,
      tries: read(6),
    }
  }
}
