import { UsageError } from '../../../core/usage-error.js'
import { portscanEvents, portscanResult } from '../../../operations/portscan/events.js'
import {
  mergeShards,
  type PortscanEvent,
  type PortscanOptions,
  type PortscanSummary,
  portscan as scan,
} from '../../../operations/portscan/index.js'
import type { Arguments } from '../../args/arguments.js'
import type { Command, Extent } from '../../command.js'
import { PORTSCAN_FLAGS } from './flags.js'
import { csvView, grepView } from './formats.js'
import { liveProgress } from './notes.js'
import { type Job, readJob } from './options.js'
import { tableView } from './view.js'
import { xmlView } from './xml.js'

const SHOW = ['open', 'closed', 'filtered', 'all'] as const
const PROGRESS = ['auto', 'line', 'json', 'none'] as const
const FORMATS = ['table', 'json', 'csv', 'xml', 'grep'] as const
const VIEWS = { table: tableView, json: tableView, csv: csvView, grep: grepView, xml: xmlView }

export interface PortscanCommandOptions {
  readonly job: Job
  /** The verdicts that are shown one by one. */
  readonly show: PortscanOptions['show']
  readonly format: (typeof FORMATS)[number]
  /** File that takes the results instead of stdout. */
  readonly output: string | null
  readonly progress: (typeof PROGRESS)[number]
}

export const portscan: Command<PortscanCommandOptions, PortscanEvent, PortscanSummary> = {
  name: 'portscan',
  summary: 'which TCP ports are open, closed or filtered, and why',
  positionals: [
    {
      name: 'target',
      describe: 'names, addresses, blocks (10.0.0.0/24) and ranges (10.0.0.1-20), between commas',
      required: false,
    },
    {
      name: 'ports',
      describe: '22,80,8000-8100, -1024, service names, common (the default), or - for all',
      required: false,
      negative: true,
    },
    { name: 'file', describe: 'with --merge all words are files', required: false, variadic: true },
  ],
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
  wantsJson: ({ format }) => format === 'json',

  toOptions(args) {
    const json = args.has('json')
    const format = args.choice('format', FORMATS, json ? 'json' : 'table')
    if (json && format !== 'json') throw new UsageError(`--json and --format ${format} exclude each other`, '--format')
    const show = args.choice('show', SHOW, format === 'table' ? 'open' : 'all')
    const progress = args.choice('progress', PROGRESS, 'auto')
    return { job: readJob(args, show), show, format, output: readOutput(args), progress }
  },

  view: (screen, options) => VIEWS[options.format](screen, options),
  // By itself only where the lines go into a file: they, or what reads them, may be on the same terminal.
  beside: (screen, options) =>
    options.progress === 'line' || options.output !== null ? liveProgress(screen, options) : () => {},
}

/** Null: stdout, as `-` is too. */
function readOutput(args: Arguments): string | null {
  const path = args.text('output')
  if (path === '') throw UsageError.of('--output', path, 'the path of a file')
  return path === '-' ? null : path
}

function extent(value: PortscanSummary | null): Extent {
  const done = value === null ? 0 : value.scanned + value.skipped
  if (value === null || done === 0) return 'nothing'
  return done < value.total ? 'part' : 'all'
}
