import { compareHosts } from '../../../core/address/address.js'
import { parseTargets } from '../../../core/address/target-syntax.js'
import type { TargetList } from '../../../core/address/targets.js'
import type { Advice } from '../../../core/hint.js'
import type { PortList } from '../../../core/ports/port-list.js'
import { parsePorts } from '../../../core/ports/ports.js'
import { UsageError } from '../../../core/usage-error.js'
import type { ChangeEvent, EarlierPort, EarlierScan, PortEvent, PortscanSummary } from '../types.js'
import { parseScanLine, type ScanLine } from './scan-line.js'

function portKey(address: string, port: number): string {
  return `${address} ${port}`
}

/** Reads the JSON Lines of an earlier scan, which must be whole. Throws UsageError for what they are not. */
export function readEarlier(text: string, argument: string): EarlierScan {
  const found = new Map<string, EarlierPort>()
  const count = { open: 0, all: 0 }
  let result: Partial<Extract<ScanLine, { type: 'result' }>> | null = null
  for (const [i, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue
    const event = parseLine(line, argument, i + 1)
    result = event.type === 'result' ? event : null
    if (event.type !== 'port') continue
    const { target, address, port, state, code, banner, bannerBase64 } = event
    found.set(portKey(address, port), { target, state, code, banner, bannerBase64 })
    count.all++
    if (state === 'open') count.open++
  }
  const refuse = (why: string, advice: Advice | null = null) => new UsageError(`${argument}: ${why}`, argument, advice)
  if (result?.command !== 'portscan' || typeof result.ports !== 'string' || typeof result.targets !== 'string')
    throw refuse('the file does not end with the result of a portscan; keep all of its JSON Lines', 'json')

  const { targets, ports, scanned, skipped, total, open, shard } = result as PortscanSummary
  if (shard) throw refuse(`the file is part ${shard.index} of ${shard.count} of a scan; join all parts first`, 'merge')
  if (scanned + skipped < total)
    throw refuse(`that scan did not come to its end: ${scanned + skipped} of ${total} ports; finish it first`)
  if (count.open !== open) throw refuse('the open ports are not in the file; scan again', 'show-open')
  return { targets, ports, found, all: count.all === scanned }
}

function parseLine(line: string, argument: string, number: number): ScanLine {
  const event = parseScanLine(line)
  if (event) return event
  throw new UsageError(
    `${argument}: line ${number} is not JSON; the JSON Lines of a portscan are wanted`,
    argument,
    'json',
  )
}

/** What changed between an earlier scan and this one, for what both have looked at. */
export class Comparison {
  readonly #before: EarlierScan
  readonly #ports: PortList
  readonly #names: ReadonlySet<string>
  readonly #addresses: TargetList
  readonly #now = new Map<string, PortEvent>()
  readonly #given: ChangeEvent[] = []
  #shared = false
  #foreign = false

  constructor(before: EarlierScan) {
    this.#before = before
    this.#ports = parsePorts(before.ports, 'before')
    const targets = parseTargets(before.targets, 'before')
    this.#names = new Set(before.targets.split(','))
    this.#addresses = targets.exclude(targets) // a list without members that knows them all
  }

  /** Whether there were verdicts, and the earlier scan had looked at none of their ports: then nothing was compared. */
  get idle(): boolean {
    return this.#foreign && !this.#shared
  }

  /** Takes any verdict; keeps those that can differ. */
  add(event: PortEvent): void {
    const { target, address, port, state } = event
    const inScope = this.#names.has(target.toLowerCase()) || this.#addresses.excludes(address)
    if (!this.#ports.has(port) || !inScope) {
      this.#foreign = true
      return
    }
    this.#shared = true
    const key = portKey(address, port)
    if (state === 'open' || this.#before.found.has(key)) this.#now.set(key, event)
  }

  /** Takes a port that was left out because its host is down: what was open there is open no more. */
  addSkipped(address: string, port: number): void {
    // Under which name it was to be scanned is not told here: that it was left out is no sign of a stale baseline.
    if (this.#ports.has(port)) this.#shared = true
    const before = this.#before.found.get(portKey(address, port))
    if (before?.state !== 'open') return
    this.#given.push({
      type: 'change',
      target: before.target,
      address,
      port,
      change: 'closed',
      stateBefore: before.state,
      state: null,
      bannerBefore: before.banner,
      bannerBeforeBase64: before.bannerBase64 ?? null,
      banner: null,
      bannerBase64: null,
    })
  }

  /** Takes a host of which some ports were left out, after all its verdicts: whatever has none is open no more. */
  giveUp(address: string): void {
    this.#shared = true
    for (const key of this.#before.found.keys()) {
      if (this.#now.has(key) || !key.startsWith(`${address} `)) continue
      this.addSkipped(address, Number(key.slice(address.length + 1)))
    }
  }

  /** All that changed, ordered by address and port. */
  changes(): ChangeEvent[] {
    const changes = [...this.#given]
    for (const [key, now] of this.#now) {
      const before = this.#before.found.get(key)
      const stateBefore = before?.state ?? null
      const change = kindOf(before ?? null, now, this.#before.all)
      if (change === null) continue
      const { target, address, port, state, banner, bannerBase64 } = now
      changes.push({
        type: 'change',
        target,
        address,
        port,
        change,
        stateBefore,
        state,
        bannerBefore: before?.banner ?? null,
        bannerBeforeBase64: before?.bannerBase64 ?? null,
        banner,
        bannerBase64,
      })
    }
    return changes.sort((a, b) => compareHosts(a.address, b.address) || a.port - b.port)
  }
}

function kindOf(before: EarlierPort | null, now: PortEvent, allBefore: boolean): ChangeEvent['change'] | null {
  const wasOpen = before?.state === 'open'
  if (now.state === 'open' && !wasOpen) return 'opened'
  if (now.state !== 'open' && wasOpen) return 'closed'
  if (now.state === 'open') return before?.banner && now.banner && !saysTheSame(before, now) ? 'changed' : null
  return allBefore && before && before.state !== now.state ? 'changed' : null
}

function saysTheSame(before: EarlierPort, now: PortEvent): boolean {
  const { banner, bannerBase64 = now.bannerBase64 } = before
  return banner === now.banner && bannerBase64 === now.bannerBase64
}
