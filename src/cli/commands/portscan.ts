import { parsePorts } from '../../core/ports.js'
import { parseTargetLines, parseTargets } from '../../core/target-syntax.js'
import type { TargetList } from '../../core/targets.js'
import { UsageError } from '../../core/usage-error.js'
import {
  portscan as operation,
  type PortscanEvent,
  type PortscanOptions,
  type PortscanSummary,
} from '../../operations/portscan/index.js'
import type { Arguments } from '../arguments.js'
import type { Command } from '../command.js'
import { REACH_FLAGS } from '../flags.js'
import { reachOptions } from '../reach.js'
import { array, failureFieldsSchema, integer, nullable, number, object, oneOf, port, string } from '../schema.js'
import { portscanView } from './portscan-view.js'

const DEFAULT_TIMEOUT_MS = 2000
const MAX_CONCURRENCY = 65_536
const MAX_RATE = 10_000_000
const SHOW = ['open', 'closed', 'filtered', 'all'] as const
const PROGRESS = ['auto', 'line', 'json', 'none'] as const

/** What of the findings is shown; `null` leaves it to the format. */
interface Showing {
  readonly show: (typeof SHOW)[number] | null
  readonly progress: (typeof PROGRESS)[number]
}

export type PortscanCommandOptions = PortscanOptions & Showing

const state = oneOf('open', 'closed', 'filtered')
const count = integer

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
  ],
  flags: {
    ports: { kind: 'value', alias: 'p', metavar: 'LIST', describe: 'the ports, instead of as a word' },
    'exclude-ports': { kind: 'value', metavar: 'LIST', describe: 'ports to leave out' },
    targets: { kind: 'file', metavar: 'FILE', describe: 'more targets, one or more a line; - is stdin' },
    exclude: { kind: 'value', metavar: 'LIST', describe: 'targets to leave out' },
    show: { kind: 'value', metavar: 'WHAT', describe: 'open (default), closed, filtered or all (default with --json)' },
    'expect-open': { kind: 'value', metavar: 'LIST', describe: 'exit 1 unless these are open', group: 'Health check' },
    'expect-closed': {
      kind: 'value',
      metavar: 'LIST',
      describe: 'exit 1 if one of these is open',
      group: 'Health check',
    },
    'expect-only': {
      kind: 'value',
      metavar: 'LIST',
      describe: 'exit 1 unless these and no others are open',
      group: 'Health check',
    },
    concurrency: {
      kind: 'value',
      metavar: 'N',
      describe: 'probes in flight at once (as descriptors allow)',
      group: 'Pace',
    },
    rate: { kind: 'value', metavar: 'N', describe: 'at most N probes a second', group: 'Pace' },
    retries: {
      kind: 'value',
      metavar: 'N',
      describe: 'tries after silence (adapts to the loss that is seen)',
      group: 'Pace',
    },
    'in-order': { kind: 'switch', describe: 'host by host, port by port, instead of mixed', group: 'Pace' },
    seed: { kind: 'value', metavar: 'N', describe: 'the order of the mix, to repeat a scan', group: 'Pace' },
    progress: {
      kind: 'value',
      metavar: 'HOW',
      describe: 'auto, line (stderr), json (events) or none',
      bare: 'line',
      group: 'Pace',
    },
    ...REACH_FLAGS,
    timeout: {
      ...REACH_FLAGS['timeout'],
      kind: 'value',
      describe: 'longest wait for one answer (2s; adapts below that)',
    },
  },
  examples: [
    ['netkit portscan localhost 1-1024', 'the open ports of this machine, by service and round trip'],
    ['netkit portscan 127.0.0.1 - --json', 'all 65,535 ports, a line of JSON each'],
    [
      'netkit portscan localhost --expect-open 22,443 --expect-closed 3306',
      'a health check: exit 1 and a line for each port that is not as it should be',
    ],
    ['netkit portscan 127.0.0.0/28 ssh,http --show all', 'two services on sixteen addresses, with the reason for each'],
  ],
  events: {
    port: {
      target: string,
      address: string,
      port,
      state,
      code: nullable(string),
      errno: nullable(integer),
      origin: nullable(oneOf('os', 'deadline')),
      rttMs: nullable(number),
      tries: integer,
      service: nullable(string),
      banner: nullable(string),
    },
    host: {
      target: string,
      address: nullable(string),
      open: count,
      closed: count,
      filtered: count,
      ...failureFieldsSchema,
    },
    progress: {
      done: count,
      total: count,
      open: count,
      elapsedMs: number,
      perSecond: number,
      leftMs: nullable(number),
    },
    broken: {
      target: string,
      port,
      expected: oneOf('open', 'not open'),
      state: oneOf('open', 'closed', 'filtered', 'unknown'),
      code: nullable(string),
    },
  },
  result: {
    total: count,
    scanned: count,
    open: count,
    closed: count,
    filtered: count,
    hosts: count,
    unresolved: count,
    reasons: array(object({ state, code: nullable(string), count })),
    seed: nullable(integer),
    engine: nullable(string),
    probesSent: count,
  },
  run: operation,
  resultFields: (value) => ({ ...(value ?? NOTHING) }),

  keepsEvent(event, { show, progress }) {
    if (event.type === 'progress') return progress === 'json'
    if (show === null || show === 'all' || event.type === 'broken') return true
    return event.type === 'port' ? event.state === show : event.code !== null || event[show] > 0
  },

  toOptions(args) {
    const { targets, ports } = readScope(args)
    return {
      targets,
      ...readPorts(args, ports),
      ...reachOptions(args, DEFAULT_TIMEOUT_MS),
      concurrency: args.integer('concurrency', { min: 1, max: MAX_CONCURRENCY }, null),
      rate: args.integer('rate', { min: 1, max: MAX_RATE }, null),
      retries: args.integer('retries', { min: 0, max: 20 }, null),
      seed: args.integer('seed', { min: 0, max: 2 ** 32 - 1 }, null),
      inOrder: args.has('in-order'),
      show: args.has('show') ? args.choice('show', SHOW, 'open') : null,
      progress: args.choice('progress', PROGRESS, 'auto'),
    }
  },

  view: portscanView,
}

const NOTHING: Omit<PortscanSummary, 'seed' | 'engine'> & { readonly seed: null; readonly engine: null } = {
  total: 0,
  scanned: 0,
  open: 0,
  closed: 0,
  filtered: 0,
  hosts: 0,
  unresolved: 0,
  reasons: [],
  seed: null,
  engine: null,
  probesSent: 0,
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
