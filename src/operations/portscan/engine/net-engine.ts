import { errnoNumber, nodeErrorName } from '../../../core/errno/index.js'
import { isSelfConnected, type Socket, startAttempt } from '../../../net/connect/attempt.js'
import type { ResolvedAddress } from '../../../net/connect/lookup.js'
import type { Probe } from '../schedule/scheduler.js'
import type { Engine, ReportTry } from './engine.js'

export interface NetEngineOptions {
  readonly addressOf: (host: number) => ResolvedAddress
  readonly portOf: (port: number) => number
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
      const target = { address, family, port: portOf(probe.port), localAddress: sourceAddress, localPort: sourcePort }
      const socket = startAttempt(target, (error, connected) => {
        const atMs = performance.now()
        sockets.delete(probe)
        if (error) {
          connected.destroy()
          const code = nodeErrorName(error)
          report(probe, { code, errno: errnoNumber(code) ?? 0, self: false, atMs })
        } else {
          const self = connected.localPort === target.port && isSelfConnected(connected)
          // A reset leaves no TIME_WAIT behind, of which a scan would leave thousands.
          connected.resetAndDestroy()
          report(probe, { code: null, errno: 0, self, atMs })
        }
      })
      sockets.set(probe, socket)
    },
    cancel(probe) {
      const socket = sockets.get(probe)
      if (!socket) return
      sockets.delete(probe)
      socket.on('error', () => {}) // of a try that nobody waits for any more
      socket.destroy()
    },
  }
}
