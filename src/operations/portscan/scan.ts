import { setMaxListeners } from 'node:events'
import { abortFailure, deadlineFailure, type Failure } from '../../core/failure.js'
import { hint, RUN_OVER } from '../../core/hint.js'
import type { OperationContext } from '../../core/operation.js'
import { counted } from '../../core/text/digits.js'
import type { Checks } from './checks.js'
import type { PortResult } from './engine/drive.js'
import { countIn, shardShare, WHOLE } from './engine/share.js'
import type { HostList } from './hosts.js'
import { identify } from './identity.js'
import { Findings } from './results/findings.js'
import { ProgressMeter } from './results/progress.js'
import { keptOf, readState, StateKeeper } from './results/state-file.js'
import { ResultTaker } from './results/taker.js'
import { NO_RUN, runScan, type ScanRun } from './run.js'
import { ProbeSpace } from './schedule/space.js'
import type { PortscanEvent, PortscanOptions, PortscanSummary } from './types.js'

export interface ScanEnd {
  readonly summary: PortscanSummary
  /** Why it ended before its end, or null. */
  readonly stopped: Failure | null
}

/** Scans resolved hosts: from where an earlier run stood if there is one, to the end, the deadline or an interrupt. */
export async function scan(
  options: PortscanOptions,
  hosts: HostList,
  { expectations, comparison }: Checks,
  context: OperationContext<PortscanEvent>,
): Promise<ScanEnd> {
  const { emit, deadline } = context
  const { ports, inOrder, resume } = options
  const shard = options.shard && `${options.shard.index}/${options.shard.count}`
  const share = options.shard ? shardShare(options.shard) : WHOLE
  const { seed, scan: id } = identify(options, hosts)
  const shape = { hosts: hosts.size, ports: ports.size, seed, inOrder }
  const space = new ProbeSpace(shape)
  const total = countIn(share, 0, space.size)
  const findings = new Findings({
    options,
    hosts,
    space,
    share,
    expectations,
    comparison,
    emit,
    remember: resume !== null,
  })

  const { tally } = findings
  const sumUp = (run: ScanRun): PortscanSummary => {
    const { open, closed, filtered, skipped } = tally.counts
    return {
      scan: id,
      targets: options.targets.toString(),
      ports: ports.toString(),
      shard: options.shard,
      total,
      scanned: open + closed + filtered,
      open,
      closed,
      filtered,
      skipped,
      hosts: hosts.size,
      unresolved: hosts.unresolved.length,
      reasons: tally.reasons,
      seed,
      engine: run.engine,
      probesSent: run.sent,
    }
  }

  const owner = { scan: id, shard, kept: keptOf(options) }
  const read = resume === null ? null : readState(resume, owner)
  if (read?.ok === false) return { summary: sumUp(NO_RUN), stopped: read.failure }
  const earlier = read?.value ?? null
  if (earlier) findings.restore(earlier)
  const keeper = resume === null ? null : new StateKeeper(resume, () => ({ ...owner, ...findings.state }))
  if (keeper?.failure) {
    keeper.end(false)
    return { summary: sumUp(NO_RUN), stopped: keeper.failure }
  }
  const stop = new AbortController()
  const meter = new ProgressMeter(() => ({ done: tally.done, total, open: tally.counts.open }), emit)
  const callOff = deadline.onExpire(() => stop.abort())
  const signal = AbortSignal.any([context.signal, stop.signal])
  setMaxListeners(0, signal) // one for each service that is asked
  // Loaded for those who ask: TLS takes longer to load than a small scan takes.
  const grabber = options.banner ? new (await import('./banner.js')).BannerGrabber(options, signal) : null
  /** Open ports that were being asked when the scan was stopped. */
  const unheard: PortResult[] = []
  const onResult = (result: PortResult) => {
    if (!grabber || result.state !== 'open') return findings.add(result)
    grabber.ask(hosts.at(result.hostIndex), ports.at(result.portIndex) ?? 0, (said) => {
      if (said) findings.add(result, said)
      else unheard.push(result)
    })
  }

  const taker = new ResultTaker(onResult, () => grabber?.drained() ?? context.drained?.())
  const plan = { options, hosts, space: shape, share, done: earlier?.done ?? null, signal, taker, emit }
  let run = NO_RUN
  try {
    if (total > tally.done) run = await runScan(plan)
    await grabber?.finished()
  } catch (bug) {
    // Whoever takes the events may have thrown: nothing goes on behind its back.
    stop.abort()
    throw bug
  } finally {
    callOff()
    meter.stop()
  }
  // A state file does not have them, so that a resumed scan asks them again.
  const done = tally.done
  keeper?.end(done === total)
  for (const result of unheard) findings.add(result)
  tally.finish()
  const stopped = whyStopped(run, {
    aborted: context.signal.aborted,
    late: stop.signal.aborted,
    done: tally.done,
    total,
    unheard: unheard.length,
  })
  return { summary: sumUp(run), stopped: stopped ?? keeper?.failure ?? null }
}

interface Reached {
  readonly aborted: boolean
  readonly late: boolean
  /** Ports with a verdict, and how many there are. */
  readonly done: number
  readonly total: number
  /** Open ports that were not heard out. */
  readonly unheard: number
}

function whyStopped(run: ScanRun, { aborted, late, done, total, unheard }: Reached): Failure | null {
  const decided = done === total && unheard > 0
  const verdicts = decided ? 'every port has its verdict' : `${done} of ${total} ports have a verdict`
  const banners = `${counted(unheard, 'banner')} ${unheard === 1 ? 'was' : 'were'} not waited for`
  const reached = unheard > 0 ? `${verdicts}, ${banners}` : verdicts
  const phase = decided ? 'read' : 'connect'
  if (aborted) return abortFailure(phase, `interrupted: ${reached}`)
  if (late && (done < total || unheard > 0)) {
    const hinted = decided ? hint('a service may take seconds to speak: allow more time', 'longer-run') : RUN_OVER
    return deadlineFailure(phase, `the time for the whole run is over: ${reached}`, hinted)
  }
  return run.failure && { ...run.failure, message: `${run.failure.message}; ${reached}` }
}
