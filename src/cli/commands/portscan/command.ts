import { portscanEvents, portscanResult } from '../../../operations/portscan/events.js'
import {
  mergeShards,
  type PortscanEvent,
  type PortscanSummary,
  portscan as scan,
} from '../../../operations/portscan/index.js'
import type { Command, Extent } from '../../command.js'
import { csvView } from './csv.js'
import { PORTSCAN_FLAGS, PORTSCAN_WORDS } from './flags.js'
import { grepView } from './grep.js'
import { liveProgress } from './notes.js'
import { type PortscanCommandOptions, readPortscan } from './options.js'
import { tableView } from './view.js'
import { xmlView } from './xml.js'

/** Formats of its own. A format that every command knows takes the place of the view. */
const VIEWS: Readonly<Record<string, typeof tableView>> = { csv: csvView, grep: grepView, xml: xmlView }

export const portscan: Command<
  PortscanCommandOptions,
  PortscanEvent,
  PortscanSummary,
  typeof PORTSCAN_FLAGS,
  typeof PORTSCAN_WORDS
> = {
  name: 'portscan',
  summary: 'which TCP ports are open, closed or filtered, and why',
  positionals: PORTSCAN_WORDS,
  flags: PORTSCAN_FLAGS,
  examples: [
    ['netkit portscan localhost 1-1024', 'the open ports of this machine, by service and round trip'],
    ['netkit portscan 127.0.0.1 - --json', 'all 65,535 ports, a line of JSON each'],
    [
      'netkit portscan localhost --expect-open 22,443 --expect-closed 3306',
      'a health check: exit 1, and a line for each port that is not as it should',
    ],
    ['netkit portscan 127.0.0.0/28 ssh,http --show all', 'two services on sixteen addresses, with the reason for each'],
  ],
  events: portscanEvents,
  result: portscanResult,
  run: ({ job }, context) => (job.kind === 'merge' ? mergeShards(job, context) : scan(job, context)),
  keepsEvent: (event, { progress }) => event.type !== 'progress' || progress === 'json',
  outputFile: ({ output }) => output,
  extent,
  toOptions: readPortscan,
  view: (screen, options) => (VIEWS[options.format] ?? tableView)(screen, options),
  // By itself only where the lines go into a file: they, or what reads them, may be on the same terminal.
  beside: (screen, options) =>
    options.progress === 'line' || options.output !== null ? liveProgress(screen, options) : () => {},
}

function extent(value: PortscanSummary | null): Extent {
  const done = value === null ? 0 : value.scanned + value.skipped
  if (value === null || done === 0) return 'nothing'
  return done < value.total ? 'part' : 'all'
}
