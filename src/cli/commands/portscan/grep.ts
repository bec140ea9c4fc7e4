import type { PortscanEvent, PortscanSummary } from '../../../operations/portscan/index.js'
import type { View } from '../../command.js'
import { escapeText } from '../../render/escape.js'
import type { Screen } from '../../render/screen.js'
import { PortsByHost } from './by-host.js'
import { allAsides } from './notes.js'
import type { PortscanCommandOptions } from './options.js'

/**
 * A line for each address, as nmap's -oG has it: `Host: ADDR (NAME)` and `Ports: PORT/STATE/tcp//SERVICE//BANNER/`.
 * Ports that are closed or filtered are counted when there are many.
 */
export function grepView(screen: Screen, options: PortscanCommandOptions): View<PortscanEvent, PortscanSummary> {
  const { out } = screen
  const tell = allAsides(screen, options)
  const hosts = new PortsByHost()
  return {
    event(event) {
      tell(event)
      if (event.type === 'port') hosts.add(event)
      if (event.type !== 'host' || event.address === null) return
      const { listed, ignored } = hosts.take(event.target, event.address)
      const name = event.target === event.address ? '' : event.target
      const ports = listed.map(
        ({ port, state, service, banner }) => `${port}/${state}/tcp//${field(service)}//${field(banner)}/`,
      )
      const parts = [
        `Host: ${event.address} (${name})`,
        ...(ports.length > 0 ? [`Ports: ${ports.join(', ')}`] : []),
        ...ignored.map(({ state, count }) => `Ignored State: ${state} (${count})`),
      ]
      out.line(parts.join('\t'))
    },
    end: () => screen.status(null),
  }
}

/** Slashes and commas divide the fields, so that they cannot stand in one. */
function field(text: string | null): string {
  return text === null ? '' : escapeText(text).replace(/[/,]/g, '|')
}
