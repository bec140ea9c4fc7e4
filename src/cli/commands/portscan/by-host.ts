import { serviceName } from '../../../core/ports/services.js'
import type { PortEvent } from '../../../operations/portscan/index.js'

/** More ports than this in one state other than open are counted, not listed: nmap's own measure. */
const MAX_LISTED = 25
const FOLDED = ['closed', 'filtered'] as const

/** A port that is listed by itself. */
export type ListedPort = Pick<PortEvent, 'port' | 'state' | 'code' | 'service' | 'banner' | 'tls'>

/** What one address came to: ports that are listed, and states that are only counted, by code. */
export interface HostPorts {
  /** By port. */
  readonly listed: readonly ListedPort[]
  readonly ignored: readonly {
    readonly state: PortEvent['state']
    readonly count: number
    readonly codes: ReadonlyMap<string | null, number>
  }[]
}

/** Of closed or filtered ports: how many for which code, and the first of them. */
class Folded {
  count = 0
  readonly codes = new Map<string | null, number>()
  readonly first: { readonly port: number; readonly code: string | null }[] = []

  add({ port, code }: PortEvent): void {
    this.count++
    this.codes.set(code, (this.codes.get(code) ?? 0) + 1)
    if (this.first.length < MAX_LISTED) this.first.push({ port, code })
  }
}

type Kept = { readonly open: ListedPort[] } & { readonly [state in (typeof FOLDED)[number]]: Folded }

/**
 * Verdicts kept until their address is complete, which may be thousands of addresses at a time: all of the open ports,
 * of the others no more than will be listed.
 */
export class PortsByHost {
  readonly #hosts = new Map<string, Kept>()

  add(event: PortEvent): void {
    const key = `${event.target} ${event.address}`
    const kept = this.#hosts.get(key) ?? { open: [], closed: new Folded(), filtered: new Folded() }
    this.#hosts.set(key, kept)
    const { port, state, code, service, banner, tls } = event
    if (state === 'open') kept.open.push({ port, state, code, service, banner, tls })
    else kept[state].add(event)
  }

  /** What there is of one address, which is then forgotten. */
  take(target: string, address: string): HostPorts {
    const key = `${target} ${address}`
    const kept = this.#hosts.get(key)
    this.#hosts.delete(key)
    const listed: ListedPort[] = [...(kept?.open ?? [])]
    const ignored: HostPorts['ignored'][number][] = []
    for (const state of FOLDED) {
      const { count = 0, codes = new Map(), first = [] } = kept?.[state] ?? {}
      if (count > MAX_LISTED) ignored.push({ state, count, codes })
      else
        for (const { port, code } of first)
          listed.push({ port, state, code, service: serviceName(port, 'tcp'), banner: null, tls: null })
    }
    return { listed: listed.sort((a, b) => a.port - b.port), ignored }
  }
}
