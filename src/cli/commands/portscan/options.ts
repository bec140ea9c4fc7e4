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
  type Shard,
} from '../../../operations/portscan/index.js'
import type { Arguments } from '../../args/arguments.js'
import { positiveMs, reachOptions } from '../../args/flags/network.js'
import { refuseContradictions } from './contradictions.js'

const MAX_CONCURRENCY = 65_536
const MAX_RATE = 10_000_000
const MAX_SHARDS = 100_000
const ENGINES = ['auto', 'net', 'syscall'] as const

/** A scan, or the join of the shards of one. */
export type Job = ({ readonly kind: 'scan' } & PortscanOptions) | ({ readonly kind: 'merge' } & MergeOptions)

/** Throws UsageError for what makes no sense, alone or together. `show` is what the format shows by default. */
export function readJob(args: Arguments, show: PortscanOptions['show']): Job {
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
    targets,
    ...readPorts(args, ports),
    ...reachOptions(args, PORTSCAN_DEFAULTS.timeoutMs),
    lookupTimeoutMs: positiveMs(args, 'timeout', PORTSCAN_DEFAULTS.lookupTimeoutMs),
    concurrency: args.integer('concurrency', { min: 1, max: MAX_CONCURRENCY }, null),
    rate: args.integer('rate', { min: 1, max: MAX_RATE }, null),
    retries: args.integer('retries', { min: 0, max: 20 }, null),
    seed: args.integer('seed', { min: 0, max: 2 ** 32 - 1 }, null),
    inOrder: args.has('in-order'),
    shard: readShard(args),
    resume: args.text('resume'),
    skipDead: args.has('skip-dead'),
    banner: args.has('banner'),
    before: readBefore(args),
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

function readBefore(args: Arguments): PortscanOptions['before'] {
  const diff = args.file('diff')
  return diff === null ? null : readEarlier(diff, '--diff')
}

/** What is expected, and the ports of all of it; null where nothing is. */
function readExpectations(args: Arguments): { expect: PortscanOptions['expect']; ports: PortList | null } {
  const expect = {
    open: portList(args, 'expect-open'),
    closed: portList(args, 'expect-closed'),
    only: portList(args, 'expect-only'),
  }
  const both = [...(expect.open ?? []), ...(expect.only ?? [])].find((each) => expect.closed?.has(each))
  if (both !== undefined)
    throw new UsageError(`--expect-closed: port ${both} is expected to be open as well`, '--expect-closed')
  const lists = [expect.open, expect.closed, expect.only].filter((each) => each !== null)
  return { expect, ports: lists.length === 0 ? null : lists.reduce((all, each) => all.union(each)) }
}

function portList(args: Arguments, flag: string): PortList | null {
  const text = args.text(flag)
  return text === null ? null : parsePorts(text, `--${flag}`)
}

/** The ports to scan: as given, else those that are expected, else `common`; what is expected is always among them. */
function readPorts(args: Arguments, word: string | null): Pick<PortscanOptions, 'ports' | 'expect'> {
  const flag = args.text('ports')
  if (word !== null && flag !== null) throw new UsageError('--ports: the ports are given already, as a word', '--ports')
  const { expect, ports: expected } = readExpectations(args)
  const excluded = portList(args, 'exclude-ports')
  const wrongly = [...(expected ?? [])].find((port) => excluded?.has(port))
  if (wrongly !== undefined)
    throw new UsageError(`--exclude-ports: something is expected of port ${wrongly}`, '--exclude-ports')

  const named = flag ?? word
  const onlyExpected = named === null && expect.only === null ? expected : null
  const base = onlyExpected ?? parsePorts(named ?? 'common', named === flag ? '--ports' : '<ports>')
  const wanted = expected ? base.union(expected) : base
  const ports = excluded ? wanted.without(excluded) : wanted
  if (ports.size === 0) throw new UsageError('--exclude-ports leaves no port', '--exclude-ports')
  return { ports, expect }
}
