import { createHash } from 'node:crypto'
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { type Failure, fromFileError } from '../../../core/failure.js'
import { fail, type Outcome, ok } from '../../../core/outcome.js'
import { UsageError } from '../../../core/usage-error.js'
import type { PortResult } from '../engine/drive.js'
import type { StoredDone } from '../schedule/done-set.js'
import type { PortBanner, PortscanOptions } from '../types.js'
import type { Counts, StoredTally } from './tally.js'

const VERSION = 3
const INTERVAL_MS = 1000
/** Saving may take this share of the time at most. */
const SHARE_OF_TIME = 0.05

/** All that a scan needs to go on where it stood, and to report once more what it has reported. */
export interface ScanState {
  readonly netkit: 'portscan state'
  readonly version: number
  /** Identity of the scan; another one cannot go on from here. */
  readonly scan: string
  readonly shard: string | null
  /** What was kept of its findings; see {@link keptOf}. */
  readonly kept: string
  readonly done: StoredDone
  readonly tally: StoredTally
  /** Verdicts that are reported one by one. */
  readonly results: readonly (readonly [result: PortResult, banner: PortBanner | null])[]
  /** Hosts that have been reported. */
  readonly hosts: readonly (readonly [host: number, counts: Counts])[]
}

/** A verdict as the file has it: `host` and `port` are places in the scan's lists. */
interface StoredResult extends Omit<PortResult, 'hostIndex' | 'portIndex'> {
  readonly host: number
  readonly port: number
}

interface StoredState extends Omit<ScanState, 'results'> {
  readonly results: readonly (readonly [result: StoredResult, banner: PortBanner | null])[]
}

function toStored({ hostIndex, portIndex, ...rest }: PortResult): StoredResult {
  return { ...rest, host: hostIndex, port: portIndex }
}

function fromStored({ host, port, ...rest }: StoredResult): PortResult {
  return { ...rest, hostIndex: host, portIndex: port }
}

/** What a scan keeps of its findings: one that shows or checks something else would miss some of them. */
export function keptOf({ show, expect, before, banner }: PortscanOptions): string {
  const lists = [expect.open, expect.closed, expect.only].map((list) => list?.toString() ?? null)
  return JSON.stringify({ show, expect: lists, diff: before !== null, banner })
}

/**
 * The state of an earlier run, or null where there is none. Fails where it cannot be read; throws UsageError for a file
 * that is none or another scan's.
 */
export function readState(
  path: string,
  { scan, shard, kept }: Pick<ScanState, 'scan' | 'shard' | 'kept'>,
): Outcome<ScanState | null> {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    const failed = fromFileError(error, `resume: cannot read ${path}`, { argument: 'resume' })
    return failed.code === 'ENOENT' ? ok(null, 0) : fail(failed, 0)
  }
  const state = parse(text)
  if (state?.netkit !== 'portscan state' || state.version !== VERSION) {
    throw new UsageError(`resume: ${path} is not a state file of this version, or damaged; name another file`, 'resume')
  }
  if (state.scan !== scan || state.shard !== shard) {
    throw new UsageError(
      `resume: ${path} belongs to another scan (other targets, addresses, ports, seed or shard); name another file, or scan the same`,
      'resume',
    )
  }
  if (state.kept !== kept) {
    throw new UsageError(
      `resume: ${path} was kept for a scan that shows or checks something else; name another file, or ask for the same`,
      'resume',
      'same-findings',
    )
  }
  const results = state.results.map(([result, banner]) => [fromStored(result), banner] as const)
  return ok({ ...state, results }, 0)
}

/** A damaged file may still be JSON: its numbers would be told as those of the scan. */
function sealOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function parse(text: string): StoredState | null {
  const [state = '', seal] = text.split('\n')
  if (seal !== sealOf(state)) return null
  try {
    return JSON.parse(state) as StoredState
  } catch {
    return null // what does not parse is no state file, as its reader then says
  }
}

/** Saves a scan's state once a second, so that a reader finds the old one or the new one, whole. */
export class StateKeeper {
  readonly #path: string
  readonly #state: () => Omit<ScanState, 'netkit' | 'version'>
  #timer: NodeJS.Timeout | undefined
  /** Why the last save failed, or null. */
  failure: Failure | null = null

  constructor(path: string, state: () => Omit<ScanState, 'netkit' | 'version'>) {
    this.#path = path
    this.#state = state
    this.save() // a folder that cannot be written is known before anything is sent
    this.#schedule(INTERVAL_MS)
  }

  save(): void {
    const temporary = `${this.#path}.tmp`
    try {
      rmSync(temporary, { force: true }) // of a run that was killed while it wrote
      const fd = openSync(temporary, 'wx', 0o600)
      try {
        const state = this.#state()
        const results = state.results.map(([result, banner]) => [toStored(result), banner] as const)
        const stored: StoredState = { netkit: 'portscan state', version: VERSION, ...state, results }
        const text = JSON.stringify(stored)
        writeFileSync(fd, `${text}\n${sealOf(text)}\n`)
        fsyncSync(fd)
      } finally {
        closeSync(fd)
      }
      renameSync(temporary, this.#path)
      this.failure = null
    } catch (error) {
      this.#fail(error)
      try {
        rmSync(temporary, { force: true })
      } catch {} // a folder that takes nothing gives nothing up either: the first error is the one to tell
    }
  }

  #fail(error: unknown): void {
    this.failure = fromFileError(error, `resume: cannot write ${this.#path}`, { argument: 'resume' })
  }

  /** Saves no more; a scan that has come to its end needs no state. */
  end(complete: boolean): void {
    clearTimeout(this.#timer)
    try {
      if (complete) rmSync(this.#path, { force: true })
      else this.save()
    } catch (error) {
      this.#fail(error) // a state that stays would be taken for that of a scan to go on with
    }
  }

  #schedule(waitMs: number): void {
    this.#timer = setTimeout(() => {
      const startedMs = performance.now()
      this.save()
      this.#schedule(Math.max(INTERVAL_MS, (performance.now() - startedMs) / SHARE_OF_TIME))
    }, waitMs)
  }
}
