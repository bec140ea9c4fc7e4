import { nodeErrorName } from '../../../core/errno/index.js'
import { isSelfConnected, type Socket, startAttempt } from '../../../net/connect/attempt.js'
import type { ResolvedAddress } from '../../../net/connect/lookup.js'
import type { Probe } from '../schedule/scheduler.js'
import { CONNECTED, type Engine, endByCode, MET_ITSELF, type ReportTry } from './engine.js'

export interface NetEngineOptions {
  readonly addressOf: (hostIndex: number) => ResolvedAddress
  readonly portOf: (portIndex: number) => number
  readonly sourceAddress: string | undefined
  readonly sourcePort: number | undefined
}

/** The engine that runs everywhere: Node's own sockets, on the event loop of its caller. */
export function netEngine(options: NetEngineOptions, report: ReportTry): Engine {
  const { addressOf, portOf, sourceAddress, sourcePort } = options
  const sockets = new Map<Probe, Socket>()
  return {
    start(probe) {
      const { address, family } = addressOf(probe.host.index)
      const target = {
        address,
        family,
        port: portOf(probe.portIndex),
        localAddress: sourceAddress,
        localPort: sourcePort,
      }
      const socket = startAttempt(target, (error, connected) => {
        const atMs = performance.now()
        sockets.delete(probe)
        if (error) {
          connected.destroy()
          report(probe, endByCode(nodeErrorName(error)), atMs)
        } else {
          const self = connected.localPort === target.port && isSelfConnected(connected)
          // A reset leaves no TIME_WAIT behind, of which a scan would leave thousands.
          connected.resetAndDestroy()
          report(probe, self ? MET_ITSELF : CONNECTED, atMs)
        }
      })
      sockets.set(probe, socket)
      return true
    },
    cancel(probe) {
      const socket = sockets.get(probe)
      sockets.delete(probe)
      socket?.on('error', () => {}) // of a try that nobody waits for any more
      socket?.destroy()
      return null
    },
    end() {
      for (const probe of [...sockets.keys()]) this.cancel(probe)
    },
  }
}
