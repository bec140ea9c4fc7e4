import type { PortResult } from '../engine/drive.js'

/** Numbers of one result: position, places of host and port, state, errno, rtt, tries. */
const FIELDS = 7
/** Results that fit: more than a worker has probes in flight. */
const CAPACITY = 16_384
/** In place of a round trip: nothing came, or nobody knows when anything came. */
export const SILENT = -1
export const UNTIMED = -2
const STATES: readonly PortResult['state'][] = ['open', 'closed', 'filtered', 'skipped']

/** Where the counts of results written and read stand; both wrap around. */
const WRITTEN = 0
const READ = 1
const HEADER_BYTES = 8

/**
 * Results on their way from one thread to another, in memory that both share: no garbage, and a writer that is too fast
 * finds no room. One writes, one reads.
 */
export class ResultRing {
  readonly memory: SharedArrayBuffer
  readonly #counts: Int32Array
  readonly #values: Float64Array
  /** The writer's results that were not published yet. */
  #pending = 0

  constructor(memory = new SharedArrayBuffer(HEADER_BYTES + CAPACITY * FIELDS * Float64Array.BYTES_PER_ELEMENT)) {
    this.memory = memory
    this.#counts = new Int32Array(memory, 0, 2)
    this.#values = new Float64Array(memory, HEADER_BYTES)
  }

  /** How many results were added and not yet published. */
  get pending(): number {
    return this.#pending
  }

  /** How many results its reader has not taken, published or not. */
  get behind(): number {
    return this.#unread() + this.#pending
  }

  /** How many more results fit. */
  get room(): number {
    return CAPACITY - this.behind
  }

  /** Whether there is something to take. */
  get hasUnread(): boolean {
    return this.#unread() > 0
  }

  /** Adds one result. There must be {@link room} for it. */
  add(
    position: number,
    hostIndex: number,
    portIndex: number,
    state: PortResult['state'],
    errno: number,
    rttMs: number,
    tries: number,
  ): void {
    const values = this.#values
    const at = FIELDS * (((this.#counts[WRITTEN] ?? 0) + this.#pending) & (CAPACITY - 1))
    values[at] = position
    values[at + 1] = hostIndex
    values[at + 2] = portIndex
    values[at + 3] = STATES.indexOf(state)
    values[at + 4] = errno
    values[at + 5] = rttMs
    values[at + 6] = tries
    this.#pending++
  }

  /** Lets the reader see what was added. */
  publish(): void {
    Atomics.add(this.#counts, WRITTEN, this.#pending)
    this.#pending = 0
  }

  /** Blocks the writer's thread until the reader has taken something, `timeoutMs` at most. */
  waitForReader(timeoutMs: number): void {
    Atomics.wait(this.#counts, READ, this.#counts[READ] ?? 0, timeoutMs)
  }

  /** Takes out what is published, `most` at most; `nameOf` gives an errno its name. */
  *take(nameOf: (errno: number) => string | null, most: number): Generator<PortResult> {
    const values = this.#values
    for (let left = Math.min(most, this.#unread()); left > 0; left--) {
      const at = FIELDS * (Atomics.load(this.#counts, READ) & (CAPACITY - 1))
      // Read one by one: a view and an iterator for each of millions of results would be most of the garbage.
      const errno = values[at + 4] ?? 0
      const rttMs = values[at + 5] ?? 0
      const state = STATES[values[at + 3] ?? 0] ?? 'filtered'
      const result: PortResult = {
        position: values[at] ?? 0,
        hostIndex: values[at + 1] ?? 0,
        portIndex: values[at + 2] ?? 0,
        state,
        code: errno === 0 ? null : nameOf(errno),
        errno: state === 'skipped' ? null : errno,
        silent: rttMs === SILENT,
        rttMs: rttMs < 0 ? null : rttMs,
        tries: values[at + 6] ?? 0,
      }
      Atomics.add(this.#counts, READ, 1)
      yield result
    }
    Atomics.notify(this.#counts, READ)
  }

  #unread(): number {
    return (Atomics.load(this.#counts, WRITTEN) - Atomics.load(this.#counts, READ)) | 0
  }
}
