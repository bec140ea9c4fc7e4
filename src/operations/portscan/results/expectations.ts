import type { PortscanBrokenEvent, ScanExpectations } from '../types.js'
import type { PortState } from '../verdict.js'

/** Holds a scan's findings against what its user expects of each target, all addresses of a name taken together. */
export class ExpectationCheck {
  readonly #expect: ScanExpectations
  /** What was seen of the ports that matter: an open address outweighs the others. */
  readonly #seen = new Map<string, { readonly state: PortState; readonly code: string | null }>()
  /** By target and port. */
  readonly #unexpected = new Map<string, Map<number, PortscanBrokenEvent>>()

  constructor(expect: ScanExpectations) {
    this.#expect = expect
  }

  get active(): boolean {
    const { open, closed, only } = this.#expect
    return open !== null || closed !== null || only !== null
  }

  /** Whether a verdict on this port can decide an expectation. */
  concerns(port: number): boolean {
    const { open, closed, only } = this.#expect
    return open?.has(port) === true || closed?.has(port) === true || only?.has(port) === true
  }

  add(target: string, port: number, state: PortState, code: string | null): void {
    const { only } = this.#expect
    if (only && state === 'open' && !only.has(port)) {
      const ports = this.#unexpected.get(target) ?? new Map<number, PortscanBrokenEvent>()
      this.#unexpected.set(target, ports)
      ports.set(port, { type: 'broken', target, port, expected: 'not open', state, code })
    }
    if (!this.concerns(port)) return
    const key = `${port} ${target}`
    if (state === 'open' || !this.#seen.has(key)) this.#seen.set(key, { state, code })
  }

  /** What does not hold, by target and port. A port without a verdict is not known to be anything. */
  broken(targets: Iterable<string>): PortscanBrokenEvent[] {
    const { open, closed, only } = this.#expect
    const broken: PortscanBrokenEvent[] = []
    for (const target of new Set(targets)) {
      const check = (port: number, expected: 'open' | 'not open', holds: (state: PortState) => boolean) => {
        const seen = this.#seen.get(`${port} ${target}`)
        if (seen && holds(seen.state)) return
        broken.push({
          type: 'broken',
          target,
          port,
          expected,
          state: seen?.state ?? 'unknown',
          code: seen?.code ?? null,
        })
      }
      for (const port of new Set([...(open ?? []), ...(only ?? [])])) check(port, 'open', (state) => state === 'open')
      for (const port of closed ?? []) check(port, 'not open', (state) => state !== 'open')
      const unexpected = [...(this.#unexpected.get(target)?.values() ?? [])]
      for (const each of unexpected.sort((a, b) => a.port - b.port)) broken.push(each)
    }
    return broken
  }
}
