import { parseTargetLines, parseTargets } from '../../../core/address/target-syntax.js'
import type { TargetList } from '../../../core/address/targets.js'
import type { PortList } from '../../../core/ports/port-list.js'
import { parsePorts } from '../../../core/ports/ports.js'
import { UsageError } from '../../../core/usage-error.js'
import {
  type MergeOptions,
  PORTSCAN_DEFAULTS,
  type PortscanOptions,
  readEarlier,
} from '../../../operations/portscan/index.js'
import { readFamily, readSource } from '../../args/flags/network.js'
import { refuseContradictions } from './contradictions.js'
import { PORTSCAN_FLAGS, type PortscanArguments } from './flags.js'

/** A scan, or the join of the shards of one. */
type Job = ({ readonly kind: 'scan' } & PortscanOptions) | ({ readonly kind: 'merge' } & MergeOptions)

export interface PortscanCommandOptions {
  readonly job: Job
  /** The verdicts that are shown one by one. */
  readonly show: PortscanOptions['show']
  readonly format: NonNullable<ReturnType<typeof readFormat>>
  /** File that takes the results instead of stdout. */
  readonly output: string | null
  /** How far a scan is: told as lines, as events, not at all, or (auto) where a line can be replaced. */
  readonly progress: 'auto' | 'line' | 'json' | 'none'
}

/** Throws UsageError for what makes no sense, alone or together. */
export function readPortscan(args: PortscanArguments): PortscanCommandOptions {
  const format = readFormat(args)
  const show = args.value('show') ?? (format === 'table' ? 'open' : 'all')
  return { job: readJob(args, show), show, format, output: args.value('output'), progress: args.value('progress') }
}

function readFormat(args: PortscanArguments) {
  const format = args.value('format') ?? args.format ?? 'table'
  if (args.format !== null && format !== args.format)
    throw new UsageError(`--${args.format} and --format ${format} exclude each other`, '--format')
  return format
}

/** `show` is what is shown where nothing is said of it. */
function readJob(args: PortscanArguments, show: PortscanOptions['show']): Job {
  refuseContradictions(args)
  const words = [...args.words('target'), ...args.words('ports'), ...args.words('file')]
  if (args.has('merge')) {
    if (words.length === 0) throw new UsageError('--merge needs the --json results of all shards, as words', '--merge')
    const { expect } = readExpectations(args)
    return {
      kind: 'merge',
      files: words,
      show: args.has('show') || show === 'open' ? show : null,
      expect,
      before: readBefore(args),
    }
  }
  const extra = args.words('file')[0]
  if (extra !== undefined)
    throw new UsageError(`unexpected argument ${JSON.stringify(extra)}; targets and ports are lists with commas`, extra)
  const { targets, ports } = readScope(args)
  return {
    kind: 'scan',
    ...args.options(PORTSCAN_FLAGS),
    targets,
    ...readPorts(args, ports),
    family: readFamily(args),
    ...readSource(args),
    timeoutMs: args.value('timeout') ?? PORTSCAN_DEFAULTS.timeoutMs,
    lookupTimeoutMs: args.value('timeout') ?? PORTSCAN_DEFAULTS.lookupTimeoutMs,
    before: readBefore(args),
    show,
  }
}

/** The targets, from words and file, and the ports as a word. With `--targets` a lone word is the ports. */
function readScope(args: PortscanArguments): { targets: TargetList; ports: string | null } {
  const file = args.value('targets')
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
  const exclude = args.value('exclude')
  const targets = exclude === null ? all : all.exclude(parseTargets(exclude, '--exclude'))
  if (targets.size === 0) throw new UsageError('--exclude leaves no target', '--exclude')
  return { targets, ports }
}

function readBefore(args: PortscanArguments): PortscanOptions['before'] {
  const diff = args.value('diff')
  return diff === null ? null : readEarlier(diff, '--diff')
}

/** What is expected, and the ports of all of it; null where nothing is. */
function readExpectations(args: PortscanArguments): { expect: PortscanOptions['expect']; ports: PortList | null } {
  const expect = {
    open: args.value('expect-open'),
    closed: args.value('expect-closed'),
    only: args.value('expect-only'),
  }
  const both = [...(expect.open ?? []), ...(expect.only ?? [])].find((each) => expect.closed?.has(each))
  if (both !== undefined)
    throw new UsageError(`--expect-closed: port ${both} is expected to be open as well`, '--expect-closed')
  const lists = [expect.open, expect.closed, expect.only].filter((each) => each !== null)
  return { expect, ports: lists.length === 0 ? null : lists.reduce((all, each) => all.union(each)) }
}

/** The ports to scan: as given, else those that are expected, else `common`; what is expected is always among them. */
function readPorts(args: PortscanArguments, word: string | null): Pick<PortscanOptions, 'ports' | 'expect'> {
  const flag = args.value('ports')
  if (word !== null && flag !== null) throw new UsageError('--ports: the ports are given already, as a word', '--ports')
  const { expect, ports: expected } = readExpectations(args)
  const excluded = args.value('exclude-ports')
  const wrongly = [...(expected ?? [])].find((port) => excluded?.has(port))
  if (wrongly !== undefined)
    throw new UsageError(`--exclude-ports: something is expected of port ${wrongly}`, '--exclude-ports')

  const named = flag ?? (word === null ? null : parsePorts(word, '<ports>'))
  const onlyExpected = named === null && expect.only === null ? expected : null
  const base = named ?? onlyExpected ?? parsePorts('common', '<ports>')
  const wanted = expected ? base.union(expected) : base
  const ports = excluded ? wanted.without(excluded) : wanted
  if (ports.size === 0) throw new UsageError('--exclude-ports leaves no port', '--exclude-ports')
  return { ports, expect }
}
