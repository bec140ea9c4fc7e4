import { parsePorts } from '../../core/ports.js'
import { parseTargetLines, parseTargets } from '../../core/target-syntax.js'
import type { TargetList } from '../../core/targets.js'
import { UsageError } from '../../core/usage-error.js'
import {
  type MergeOptions,
  mergeShards,
  type PortscanEvent,
  type PortscanOptions,
  type PortscanSummary,
  readEarlier,
  type Shard,
  portscan as scan,
} from '../../operations/portscan/index.js'
import type { Arguments } from '../arguments.js'
import type { Command } from '../command.js'
import { reachOptions } from '../reach.js'
import { PORTSCAN_FLAGS } from './portscan-flags.js'
import { csvView, grepView } from './portscan-formats.js'
import { NO_RESULT, PORTSCAN_EVENTS, PORTSCAN_RESULT } from './portscan-schema.js'
import { tableView } from './portscan-view.js'
import { xmlView } from './portscan-xml.js'

const DEFAULT_TIMEOUT_MS = 2000
const MAX_CONCURRENCY = 65_536
const MAX_RATE = 10_000_000
const MAX_SHARDS = 100_000
const SHOW = ['open', 'closed', 'filtered', 'all'] as const
const ENGINES = ['auto', 'net', 'syscall'] as const
const PROGRESS = ['auto', 'line', 'json', 'none'] as const
const FORMATS = ['table', 'json', 'csv', 'xml', 'grep'] as const
const VIEWS = { table: tableView, json: tableView, csv: csvView, grep: grepView, xml: xmlView }

/** A scan, or the join of the shards of one. */
type Job = ({ readonly kind: 'scan' } & PortscanOptions) | ({ readonly kind: 'merge' } & MergeOptions)

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
    { name: 'ports', describe: '22,80,8000-8100, service names, common (the default), or - for all', required: false },
    { name: 'file', describe: 'with --merge all words are files', required: false, variadic: true },
  ],
  flags: PORTSCAN_FLAGS,
  examples: [
    ['netkit portscan localhost 1-1024', 'the open ports of this machine, by service and round trip'],
    ['netkit portscan 127.0.0.1 - --json', 'all 65,535 ports, a line of JSON each'],
    [
      'netkit portscan localhost --expect-open 22,443 --expect-closed 3306',
      'a health check: exit 1 and a line for each port that is not as it should be',
    ],
    ['netkit portscan 127.0.0.0/28 ssh,http --show all', 'two services on sixteen addresses, with the reason for each'],
  ],
  events: PORTSCAN_EVENTS,
  result: PORTSCAN_RESULT,
  run: ({ job }, context) => (job.kind === 'merge' ? mergeShards(job, context) : scan(job, context)),
  resultFields: (value) => ({ ...(value ?? NO_RESULT) }),
  keepsEvent: (event, { progress }) => event.type !== 'progress' || progress === 'json',
  outputFile: ({ output }) => output,
  wantsJson: ({ format }) => format === 'json',

  toOptions(args) {
    const json = args.has('json')
    const format = args.choice('format', FORMATS, json ? 'json' : 'table')
    if (json && format !== 'json') throw new UsageError(`--json and --format ${format} exclude each other`, '--format')
    const show = args.choice('show', SHOW, format === 'table' ? 'open' : 'all')
    const progress = args.choice('progress', PROGRESS, 'auto')
    return { job: readJob(args, show), show, format, output: args.text('output'), progress }
  },

  view: (screen, options) => VIEWS[options.format](screen, options),
}

function readJob(args: Arguments, show: PortscanOptions['show']): Job {
  const words = [...args.words('target'), ...args.words('ports'), ...args.words('file')]
  if (args.has('merge')) {
    if (words.length === 0) throw new UsageError('--merge needs the --json results of all shards, as words', '--merge')
    return { kind: 'merge', files: words, show }
  }
  const extra = args.words('file')[0]
  if (extra !== undefined)
    throw new UsageError(`unexpected argument ${JSON.stringify(extra)}; targets and ports are lists with commas`, extra)
  const { targets, ports } = readScope(args)
  const diff = args.file('diff')
  return {
    kind: 'scan',
    targets,
    ...readPorts(args, ports),
    ...reachOptions(args, DEFAULT_TIMEOUT_MS),
    concurrency: args.integer('concurrency', { min: 1, max: MAX_CONCURRENCY }, null),
    rate: args.integer('rate', { min: 1, max: MAX_RATE }, null),
    retries: args.integer('retries', { min: 0, max: 20 }, null),
    seed: args.integer('seed', { min: 0, max: 2 ** 32 - 1 }, null),
    inOrder: args.has('in-order'),
    shard: readShard(args),
    resume: args.text('resume'),
    skipDead: args.has('skip-dead'),
    banner: args.has('banner'),
    before: diff === null ? null : readEarlier(diff, '--diff'),
    show,
    engine: args.choice('engine', ENGINES, 'auto'),
  }
}

function readShard(args: Arguments): Shard | null {
  const text = args.text('shard')
  if (text === null) return null
  const [, index, count] = (/^(\d{1,6})\/(\d{1,6})$/.exec(text) ?? []).map(Number)
  if (index && count && index <= count && count <= MAX_SHARDS) return { index, count }
  throw UsageError.of('--shard', text, `K/N, part K of N, such as 2/3; N at most ${MAX_SHARDS}`)
}

/** The targets, from words and file, and the ports as a word. With `--targets` a lone word is the ports. */
function readScope(args: Arguments): { targets: TargetList; ports: string | null } {
  const file = args.file('targets')
  const [first, second] = [args.word('target'), args.word('ports')]
  const alone = file !== null && second === null
  const word = alone ? null : first
  const ports = alone ? first : second
  const lists = [
    ...(word === null ? [] : [parseTargets(word, '<target>')]),
    ...(file === null ? [] : [parseTargetLines(file, '--targets')]),
  ]
  const [list, more] = lists
  if (!list)
    throw new UsageError('<target> is missing: a name, an address, a block or a range, or --targets FILE', '<target>')
  const all = more ? list.union(more) : list
  const exclude = args.text('exclude')
  const targets = exclude === null ? all : all.exclude(parseTargets(exclude, '--exclude'))
  if (targets.size === 0) throw new UsageError('--exclude leaves no target', '--exclude')
  return { targets, ports }
}

/** The ports to scan: as given, else those that are expected, else `common`; what is expected is always among them. */
function readPorts(args: Arguments, word: string | null): Pick<PortscanOptions, 'ports' | 'expect'> {
  const flag = args.text('ports')
  if (word !== null && flag !== null) throw new UsageError('--ports: the ports are given already, as a word', '--ports')
  const list = (name: string) => {
    const text = args.text(name)
    return text === null ? null : parsePorts(text, `--${name}`)
  }
  const expect = { open: list('expect-open'), closed: list('expect-closed'), only: list('expect-only') }
  const both = [...(expect.open ?? []), ...(expect.only ?? [])].find((each) => expect.closed?.has(each))
  if (both !== undefined)
    throw new UsageError(`--expect-closed: port ${both} is expected to be open as well`, '--expect-closed')

  const expected = [expect.open, expect.closed, expect.only].filter((each) => each !== null)
  const named = flag ?? word
  const onlyExpected = named === null && expected.length > 0 && expect.only === null
  const base = onlyExpected ? [] : [parsePorts(named ?? 'common', named === flag ? '--ports' : '<ports>')]
  const wanted = [...base, ...expected].reduce((all, each) => all.union(each))
  const excluded = list('exclude-ports')
  const ports = excluded ? wanted.without(excluded) : wanted
  if (ports.size === 0) throw new UsageError('--exclude-ports leaves no port', '--exclude-ports')
  return { ports, expect }
}
