import { UsageError } from '../../../core/usage-error.js'
import type { Arguments } from '../../args/arguments.js'
import { PORTSCAN_FLAGS } from './flags.js'

const EXPECTATIONS = ['expect-open', 'expect-closed', 'expect-only']
/** Those that mean something for results that are there already. */
const FOR_MERGE = new Set(['merge', 'show', 'format', 'output', 'diff', ...EXPECTATIONS])

/** One flag that leaves another without a meaning, or both without. `when` narrows it down to some of their values. */
interface Contradiction {
  readonly flag: string
  readonly beside: string
  readonly why: string
  readonly when?: (args: Arguments) => boolean
}

const CONTRADICTIONS: readonly Contradiction[] = [
  { flag: 'seed', beside: 'in-order', why: 'it picks the order of the mix, and in order nothing is mixed' },
  ...EXPECTATIONS.map((flag) => ({
    flag,
    beside: 'shard',
    why: 'a part does not look at every port; expect it of all parts together, with --merge',
  })),
  {
    flag: 'banner',
    beside: 'show',
    why: 'open ports are asked, and they are not shown',
    when: (args) => !['open', 'all'].includes(args.text('show') ?? '') && !args.has('diff'),
  },
  { flag: 'banner', beside: 'source-port', why: "services are asked from a port of the system's choice" },
  {
    flag: 'progress',
    beside: 'quiet',
    why: 'a line on stderr is what quiet leaves out',
    when: (args) => args.text('progress') === 'line',
  },
]

/** Throws UsageError where one flag makes another one meaningless: nothing that was asked for is silently left out. */
export function refuseContradictions(args: Arguments): void {
  if (args.has('merge')) {
    const idle = Object.keys(PORTSCAN_FLAGS).find((flag) => args.has(flag) && !FOR_MERGE.has(flag))
    if (idle !== undefined) refuse(idle, 'merge', 'it joins results that are there, and scans nothing')
  }
  for (const { flag, beside, why, when } of CONTRADICTIONS)
    if (args.has(flag) && args.has(beside) && (when?.(args) ?? true)) refuse(flag, beside, why)
  const json = args.has('json') || args.text('format') === 'json'
  if (args.text('progress') === 'json' && !json)
    throw new UsageError('--progress json goes with --json: progress is one of its lines', '--progress')
}

function refuse(flag: string, beside: string, why: string): never {
  const [one, other] = [flag, beside].map((name) => `${name.length === 1 ? '-' : '--'}${name}`)
  throw new UsageError(`${one} has no meaning beside ${other}: ${why}`, one ?? null)
}
