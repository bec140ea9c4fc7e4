import { failureFields } from '../../../core/failure.js'
import { serviceName } from '../../../core/ports/services.js'
import type { PortResult } from '../engine/drive.js'
import type { Share } from '../engine/share.js'
import type { HostList } from '../hosts.js'
import { DoneSet } from '../schedule/done-set.js'
import type { ProbeSpace } from '../schedule/space.js'
import type { PortBanner, PortEvent, PortscanEvent, PortscanOptions } from '../types.js'
import type { Comparison } from './diff.js'
import type { ExpectationCheck } from './expectations.js'
import type { ScanState } from './state-file.js'
import { type Counts, Tally } from './tally.js'

export interface FindingsOptions {
  readonly options: PortscanOptions
  readonly hosts: HostList
  readonly space: ProbeSpace
  readonly share: Share
  readonly expectations: ExpectationCheck
  readonly comparison: Comparison | null
  readonly emit: (event: PortscanEvent) => void
  /** Whether what is reported is remembered, for a state file. */
  readonly remember: boolean
}

/** Takes verdicts as they come: counts all, reports those that are asked for, remembers what a resumed scan must know. */
export class Findings {
  readonly tally: Tally
  readonly #settings: FindingsOptions
  #done = new DoneSet()
  /** By index of the port: looked up once, however many hosts have it. */
  readonly #services: (string | null)[] = []
  readonly #results: [PortResult, PortBanner | null][] = []
  readonly #hosts: [number, Counts][] = []

  constructor(settings: FindingsOptions) {
    this.#settings = settings
    this.tally = new Tally(settings.space, settings.share, (host, counts) => this.#host(host, counts))
  }

  /** Whether a verdict is needed one by one, and not only for the counts. */
  matters({ state, portIndex }: PortResult): boolean {
    const { options, expectations, comparison } = this.#settings
    const { show } = options
    if (comparison !== null) return true
    if (state === 'skipped') return false
    return (
      show === 'all' ||
      show === state ||
      (expectations.active && (state === 'open' || expectations.concerns(this.#port(portIndex))))
    )
  }

  add(result: PortResult, banner: PortBanner | null = null): void {
    const { share, remember } = this.#settings
    if (this.matters(result)) {
      this.#report(result, banner)
      if (remember) this.#results.push([result, banner])
    }
    if (remember) this.#done.add((result.position - share.first) / share.stride)
    this.tally.add(result)
  }

  /** Goes on where an earlier run stood: what that had found is reported again. */
  restore({ done, tally, results, hosts }: ScanState): void {
    this.#done = DoneSet.from(done)
    this.tally.restore(tally)
    for (const [result, banner] of results) {
      this.#results.push([result, banner])
      this.#report(result, banner)
    }
    for (const [host, counts] of hosts) this.#host(host, counts)
  }

  /** What a state file holds of it. */
  get state(): Pick<ScanState, 'done' | 'tally' | 'results' | 'hosts'> {
    return { done: this.#done.toJSON(), tally: this.tally.toJSON(), results: this.#results, hosts: this.#hosts }
  }

  #report(result: PortResult, banner: PortBanner | null): void {
    const { options, hosts, expectations, comparison, emit } = this.#settings
    const { state, code, errno, rttMs, tries, silent } = result
    const { target, address } = hosts.at(result.hostIndex)
    const port = this.#port(result.portIndex)
    if (state === 'skipped') {
      comparison?.addSkipped(address, port)
      return
    }
    expectations.add(target, port, state, code)
    const shown = options.show === 'all' || options.show === state
    if (!shown && !comparison) return
    const origin = code === null ? null : silent ? 'deadline' : 'os'
    const service = this.#service(result.portIndex, port)
    const { banner: text = null, bannerBase64 = null, tls = null } = banner ?? {}
    const event: PortEvent = {
      type: 'port',
      target,
      address,
      port,
      state,
      code,
      errno,
      origin,
      rttMs,
      tries,
      service,
      banner: text,
      bannerBase64,
      tls,
    }
    comparison?.add(event)
    if (shown) emit(event)
  }

  #host(host: number, counts: Counts): void {
    const { options, hosts, emit, remember } = this.#settings
    const { show } = options
    if (show !== 'all' && counts[show] === 0 && counts.skipped === 0) return
    if (remember) this.#hosts.push([host, counts])
    const { target, address } = hosts.at(host)
    emit({ type: 'host', target, address, ...counts, ...failureFields(null) })
  }

  #service(index: number, port: number): string | null {
    const known = this.#services[index]
    if (known !== undefined) return known
    const name = serviceName(port, 'tcp')
    this.#services[index] = name
    return name
  }

  #port(index: number): number {
    return this.#settings.options.ports.at(index) ?? 0
  }
}
