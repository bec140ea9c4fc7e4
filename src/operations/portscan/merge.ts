import { open } from 'node:fs/promises'
import { combineFailures, type Failure, failure, fromNodeError } from '../../core/failure.js'
import type { Operation } from '../../core/operation.js'
import { fail, type Outcome, ok } from '../../core/outcome.js'
import { UsageError } from '../../core/usage-error.js'
import type { HostEvent, PortscanEvent, PortscanOptions, PortscanSummary, Reason } from './types.js'

export interface MergeOptions {
  /** JSON Lines of one shard each. */
  readonly files: readonly string[]
  /** Which verdicts become events. */
  readonly show: PortscanOptions['show']
}

type Line = PortscanEvent | (PortscanSummary & { readonly type: 'result'; readonly command: string })
type Part = PortscanSummary & { readonly file: string }

/**
 * Joins the results of all shards of one scan as if one machine had made it. Throws UsageError for parts of different
 * scans, for a part that is missing, doubled or unfinished, and for files that are none. Fails for one that cannot be read.
 */
export const mergeShards: Operation<MergeOptions, PortscanEvent, PortscanSummary> = async (
  { files, show },
  { emit },
) => {
  const started = performance.now()
  const elapsed = () => performance.now() - started
  const parts: Part[] = []
  for (const file of files) {
    const result = await readResult(file)
    if (!result.ok) return fail(result.failure, elapsed())
    parts.push(result.value)
  }
  checkParts(parts)

  const hosts = new Map<string, HostEvent>()
  for (const { file } of parts) {
    for await (const line of linesOf(file)) {
      if (line.type === 'port' && (show === 'all' || show === line.state)) emit(line)
      if (line.type === 'host')
        hosts.set(`${line.target} ${line.address}`, addHosts(hosts.get(`${line.target} ${line.address}`), line))
    }
  }
  for (const host of hosts.values()) {
    if (show === 'all' || host[show] > 0 || host.skipped > 0 || host.code !== null) emit(host)
  }
  const summary = sumUp(parts)
  const unresolved = [...hosts.values()].flatMap((host) => unresolvedFailure(host) ?? [])
  if (unresolved.length === 0) return ok(summary, elapsed())
  return fail(combineFailures(unresolved, unresolved.length + summary.hosts), elapsed(), summary)
}

async function readResult(file: string): Promise<Outcome<Part>> {
  let last: Line | null = null
  try {
    for await (const line of linesOf(file)) last = line
  } catch (error) {
    if (error instanceof UsageError) throw error
    const base = fromNodeError(error, 'options')
    return fail({ ...base, message: `--merge: cannot read ${file}: ${base.message}` }, 0)
  }
  if (last?.type !== 'result' || last.command !== 'portscan') {
    throw new UsageError(
      `--merge: ${file} does not end with the result of a portscan --json: its scan may still run, or was killed`,
      '--merge',
    )
  }
  return ok({ ...last, file }, 0)
}

async function* linesOf(file: string): AsyncGenerator<Line> {
  const handle = await open(file)
  try {
    for await (const line of handle.readLines()) if (line !== '') yield parse(line, file)
  } finally {
    await handle.close()
  }
}

function parse(line: string, file: string): Line {
  try {
    const event: unknown = JSON.parse(line)
    if (typeof event === 'object' && event !== null && 'type' in event) return event as Line
  } catch {
    // said below, with the file's name
  }
  throw new UsageError(`--merge: ${file} is not made of JSON Lines, as portscan --json writes them`, '--merge')
}

function checkParts(parts: readonly Part[]): void {
  const [first] = parts
  if (!first) throw new UsageError('--merge needs the JSON Lines of all shards', '--merge')
  const seen = new Map<number, Part>()
  for (const part of parts) {
    const { file, shard, scan, scanned, skipped, total } = part
    if (!shard || !first.shard)
      throw new UsageError(`--merge: ${shard ? first.file : file} is no shard, but a whole scan`, '--merge')
    if (scan !== first.scan || shard.count !== first.shard.count) {
      throw new UsageError(
        `--merge: ${file} is a part of another scan than ${first.file} (targets, addresses, ports, seed or number of shards differ)`,
        '--merge',
      )
    }
    const twin = seen.get(shard.index)
    if (twin)
      throw new UsageError(
        `--merge: ${file} and ${twin.file} are both part ${shard.index} of ${shard.count}`,
        '--merge',
      )
    if (scanned + skipped < total)
      throw new UsageError(`--merge: ${file} is not complete: ${scanned + skipped} of ${total} ports`, '--merge')
    seen.set(shard.index, part)
  }
  const missing = Array.from({ length: first.shard?.count ?? 0 }, (_, i) => i + 1).filter((index) => !seen.has(index))
  if (missing.length > 0)
    throw new UsageError(`--merge: of ${first.shard?.count} parts these are missing: ${missing.join(', ')}`, '--merge')
}

/** Why a target could not be resolved, as its event tells; null for one that was scanned. */
function unresolvedFailure({ address, code, phase, origin, errno, syscall, message, hint }: HostEvent): Failure | null {
  if (address !== null || code === null || phase === null || origin === null) return null
  return failure({ phase, origin, code, errno, syscall, message: message ?? code, hint })
}

function addHosts(before: HostEvent | undefined, host: HostEvent): HostEvent {
  if (!before) return host
  const { open, closed, filtered, skipped } = before
  return {
    ...host,
    open: host.open + open,
    closed: host.closed + closed,
    filtered: host.filtered + filtered,
    skipped: host.skipped + skipped,
  }
}

function sumUp(parts: readonly Part[]): PortscanSummary {
  const [first] = parts
  if (!first) throw new Error('checkParts lets no empty list through')
  const { file: _file, ...shared } = first
  const sum = (read: (part: Part) => number) => parts.reduce((total, part) => total + read(part), 0)
  const reasons = new Map<string, Reason>()
  for (const { state, code, count } of parts.flatMap((part) => part.reasons)) {
    const key = `${state} ${code}`
    reasons.set(key, { state, code, count: count + (reasons.get(key)?.count ?? 0) })
  }
  const { scan, targets, ports, hosts, unresolved, seed, engine } = shared
  return {
    scan,
    targets,
    ports,
    shard: null,
    total: sum((part) => part.total),
    scanned: sum((part) => part.scanned),
    open: sum((part) => part.open),
    closed: sum((part) => part.closed),
    filtered: sum((part) => part.filtered),
    skipped: sum((part) => part.skipped),
    hosts,
    unresolved,
    reasons: [...reasons.values()].sort((a, b) => b.count - a.count),
    seed,
    engine,
    probesSent: sum((part) => part.probesSent),
  }
}
