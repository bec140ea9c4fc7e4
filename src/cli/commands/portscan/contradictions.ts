import { UsageError } from '../../../core/usage-error.js'
import { dashed } from '../../args/flag.js'
import { PORTSCAN_FLAGS, type PortscanArguments } from './flags.js'

type PortscanFlag = keyof typeof PORTSCAN_FLAGS

/** Those that mean something for results that are there already. */
const FOR_MERGE: readonly PortscanFlag[] = [
  ...(['merge', 'show', 'format', 'output', 'diff'] as const),
  ...(['expect-open', 'expect-closed', 'expect-only'] as const),
]

/** Throws UsageError where the value of one flag makes another one meaningless: nothing that was asked for is silently left out. */
export function refuseContradictions(args: PortscanArguments): void {
  if (args.has('merge')) {
    const idle = args.firstOf(namesOfFlags().filter((flag) => !FOR_MERGE.includes(flag)))
    if (idle !== null) refuse(idle, 'merge', 'it joins results that are there, and scans nothing')
  }
  const show = args.value('show')
  if (args.has('banner') && (show === 'closed' || show === 'filtered') && !args.has('diff'))
    refuse('banner', 'show', 'open ports are asked, and they are not shown')
  const progress = args.value('progress')
  if (progress === 'line' && args.has('quiet')) refuse('progress', 'quiet', 'a line on stderr is what quiet leaves out')
  if (progress === 'json' && args.format !== 'json')
    throw new UsageError('--progress json goes with --json: progress is one of its lines', '--progress')
}

function namesOfFlags(): readonly PortscanFlag[] {
  return Object.keys(PORTSCAN_FLAGS) as PortscanFlag[]
}

function refuse(one: string, other: string, why: string): never {
  throw new UsageError(`${dashed(one)} has no meaning beside ${dashed(other)}: ${why}`, dashed(one))
}
