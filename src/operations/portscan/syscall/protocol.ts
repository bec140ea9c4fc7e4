import type { PortRange } from '../../../core/ports/port-list.js'
import type { ResolvedAddress } from '../../../net/connect/lookup.js'
import type { Share } from '../engine/share.js'
import type { StoredDone } from '../schedule/done-set.js'
import type { SpaceOptions } from '../schedule/space.js'
import type { Timing } from '../schedule/timing.js'

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
  readonly ports: readonly PortRange[]
  readonly sourceAddress: string | null
  readonly sourcePort: number | null
  /** Takes the worker's results; its own. */
  readonly ring: SharedArrayBuffer
  /** One Int32: anything but 0 asks the worker to end. */
  readonly stop: SharedArrayBuffer
}

export type WorkerMessage =
  /** libc cannot be called here; nothing was sent. */
  | { readonly type: 'unavailable'; readonly reason: string }
  | { readonly type: 'ready' }
  /** There is something in the ring. */
  | { readonly type: 'results' }
  /** All verdicts are in, or the worker was asked to stop; `refused` is the code with which this machine said no. */
  | { readonly type: 'end'; readonly refused: string | null; readonly sent: number }
