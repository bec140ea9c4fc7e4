import { parsePorts } from '../../../core/ports/ports.js'
import { UsageError } from '../../../core/usage-error.js'
import type { Shard } from '../../../operations/portscan/index.js'
import type { ArgumentsOf } from '../../args/arguments.js'
import type { Flags } from '../../args/flag.js'
import { NETWORK_FLAGS } from '../../args/flags/network.js'
import type { Positional } from '../../command.js'
import { FORMATS, type FormatName } from '../../render/formats.js'

const CHECK = 'Health check'
const SCALE = 'Scale'
const PACE = 'Pace'
const MAX_SHARDS = 100_000

const SHARED_FORMATS = Object.keys(FORMATS) as FormatName[]
const NOT_OF_A_PART = {
  shard: 'a part does not look at every port; expect it of all parts together, with --merge',
} as const

export const PORTSCAN_WORDS = [
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
] as const satisfies readonly Positional[]

/** How `portscan` is told what to do. */
export const PORTSCAN_FLAGS = {
  ports: { kind: 'text', parse: parsePorts, alias: 'p', metavar: 'LIST', describe: 'the ports, instead of as a word' },
  'exclude-ports': { kind: 'text', parse: parsePorts, metavar: 'LIST', describe: 'ports to leave out' },
  targets: { kind: 'file', metavar: 'FILE', describe: 'more targets, one or more a line; - is stdin' },
  exclude: { kind: 'text', metavar: 'LIST', describe: 'targets to leave out' },
  show: {
    kind: 'choice',
    choices: ['open', 'closed', 'filtered', 'all'],
    metavar: 'WHAT',
    describe: 'open (default), closed, filtered or all (default with --json)',
  },
  'expect-open': {
    kind: 'text',
    parse: parsePorts,
    metavar: 'LIST',
    describe: 'exit 1 unless these are open',
    group: CHECK,
    idleBeside: NOT_OF_A_PART,
  },
  'expect-closed': {
    kind: 'text',
    parse: parsePorts,
    metavar: 'LIST',
    describe: 'exit 1 if one of these is open',
    group: CHECK,
    idleBeside: NOT_OF_A_PART,
  },
  'expect-only': {
    kind: 'text',
    parse: parsePorts,
    metavar: 'LIST',
    describe: 'exit 1 unless these and no others are open',
    group: CHECK,
    idleBeside: NOT_OF_A_PART,
  },
  diff: {
    kind: 'file',
    metavar: 'FILE',
    describe: 'exit 1 if anything differs from this --json result',
    group: CHECK,
  },
  banner: {
    kind: 'switch',
    option: true,
    describe:
      "what open ports say: by themselves, after TLS, or to an empty line; printers' ports are only listened to",
    idleBeside: { 'source-port': "services are asked from a port of the system's choice" },
  },
  format: {
    kind: 'choice',
    choices: ['table', ...SHARED_FORMATS, 'csv', 'xml', 'grep'],
    metavar: 'NAME',
    describe: 'table, json, csv, xml (as nmap writes it) or grep',
  },
  output: {
    kind: 'text',
    parse: readOutput,
    alias: 'o',
    metavar: 'FILE',
    describe: 'results into FILE, if all are known; else into FILE.partial',
  },
  shard: {
    kind: 'text',
    parse: readShard,
    option: true,
    metavar: 'K/N',
    describe: 'only part K of N, the same on every machine',
    group: SCALE,
  },
  merge: {
    kind: 'switch',
    describe: 'join the --json results of all shards, given as words; nothing is sent',
    group: SCALE,
  },
  resume: {
    kind: 'text',
    option: true,
    metavar: 'FILE',
    describe: 'keep the state there; go on from it if it is there',
    group: SCALE,
  },
  'skip-dead': { kind: 'switch', option: true, describe: 'give up hosts that are certainly down', group: SCALE },
  concurrency: {
    kind: 'integer',
    min: 1,
    max: 65_536,
    option: true,
    metavar: 'N',
    describe: 'probes in flight at once (as descriptors allow)',
    group: PACE,
  },
  rate: {
    kind: 'integer',
    min: 1,
    max: 10_000_000,
    option: true,
    metavar: 'N',
    describe: 'at most N probes a second',
    group: PACE,
  },
  retries: {
    kind: 'integer',
    min: 0,
    max: 20,
    option: true,
    metavar: 'N',
    describe: 'tries after silence (adapts to the loss that is seen)',
    group: PACE,
  },
  'in-order': {
    kind: 'switch',
    option: true,
    describe: 'host by host, port by port, instead of mixed',
    group: PACE,
  },
  seed: {
    kind: 'integer',
    min: 0,
    max: 2 ** 32 - 1,
    option: true,
    metavar: 'N',
    describe: 'the order of the mix, to repeat a scan',
    group: PACE,
    idleBeside: { 'in-order': 'it picks the order of the mix, and in order nothing is mixed' },
  },
  engine: {
    kind: 'choice',
    choices: ['auto', 'net', 'syscall'],
    default: 'auto',
    option: true,
    metavar: 'NAME',
    describe: 'net (everywhere), syscall (Linux, koffi) or auto: the one that serves best',
    group: PACE,
  },
  progress: {
    kind: 'choice',
    choices: ['auto', 'line', 'json', 'none'],
    default: 'auto',
    metavar: 'HOW',
    describe: 'line (also in a log), json (events), none or auto: a line on a terminal',
    group: PACE,
  },
  ...NETWORK_FLAGS,
  timeout: {
    kind: 'duration',
    alias: 'w',
    metavar: 'D',
    describe: 'longest wait for one answer (2s; adapts below that) and for one lookup (5s)',
    group: NETWORK_FLAGS.timeout.group,
  },
} as const satisfies Flags

export type PortscanArguments = ArgumentsOf<typeof PORTSCAN_FLAGS, typeof PORTSCAN_WORDS>

function readShard(text: string, argument: string): Shard {
  const [, index, count] = (/^(\d{1,6})\/(\d{1,6})$/.exec(text) ?? []).map(Number)
  if (index && count && index <= count && count <= MAX_SHARDS) return { index, count }
  throw UsageError.of(argument, text, `K/N, part K of N, such as 2/3; N at most ${MAX_SHARDS}`)
}

/** Null: stdout, as `-` is too. */
function readOutput(path: string, argument: string): string | null {
  if (path === '') throw UsageError.of(argument, path, 'the path of a file')
  return path === '-' ? null : path
}
