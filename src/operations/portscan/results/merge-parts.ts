import { open } from 'node:fs/promises'
import { type Failure, fromFileError } from '../../../core/failure.js'
import type { Advice } from '../../../core/hint.js'
import { fail, type Outcome, ok } from '../../../core/outcome.js'
import { parsePorts } from '../../../core/ports/ports.js'
import { UsageError } from '../../../core/usage-error.js'
import type { PortscanOptions, PortscanSummary, ScanExpectations } from '../types.js'
import { parseScanLine, type ScanLine } from './scan-line.js'

/** What a shard's file says of itself. */
export interface ShardPart extends PortscanSummary {
  readonly file: string
  /** Verdicts that stand in it one by one. */
  readonly written: number
  readonly openWritten: number
}

/** What is wanted of the parts; `show` null is content with what they hold. */
interface WantedOfParts extends Pick<PortscanOptions, 'expect' | 'before'> {
  readonly show: PortscanOptions['show'] | null
}

/** Lines between two looks at the clock and at whether the user wants it to go on. */
export const LINES_BETWEEN_LOOKS = 1024

/**
 * Reads a shard's file to its end. Fails where it cannot be read, and with what `whyStop` gives; throws UsageError for a
 * file that is none, or cannot be read a second time.
 */
export async function readPart(file: string, whyStop: () => Failure | null): Promise<Outcome<ShardPart>> {
  let last: ScanLine | null = null
  let [lines, written, openWritten] = [0, 0, 0]
  try {
    for await (const line of linesOf(file)) {
      last = line
      const stop = ++lines % LINES_BETWEEN_LOOKS === 0 ? whyStop() : null
      if (stop) return fail(stop, 0)
      if (line.type !== 'port') continue
      written++
      if (line.state === 'open') openWritten++
    }
  } catch (error) {
    if (error instanceof UsageError) throw error
    return fail(fromFileError(error, `files: cannot read ${file}`, { argument: 'files' }), 0)
  }
  if (last?.type !== 'result' || last.command !== 'portscan') {
    throw misuse(`${file} does not end with the result of a portscan: its scan may still run, or was killed`)
  }
  return ok({ ...last, file, written, openWritten }, 0)
}

/** The objects in a file of JSON Lines. */
export async function* linesOf(file: string): AsyncGenerator<ScanLine> {
  const handle = await open(file)
  try {
    const about = await handle.stat()
    if (!about.isFile() && !about.isDirectory()) throw misuse(`${file} is no file; parts are read twice`)
    for await (const line of handle.readLines()) if (line !== '') yield parse(line, file)
  } finally {
    await handle.close()
  }
}

function parse(line: string, file: string): ScanLine {
  const event = parseScanLine(line)
  if (event) return event
  throw misuse(`${file} is not made of JSON Lines of a portscan`, 'json')
}

/** Throws UsageError unless these are all parts of one scan, each once and whole, with all that is asked of them. */
export function checkParts(parts: readonly ShardPart[], asked: WantedOfParts): void {
  const [first] = parts
  if (!first) throw misuse('the JSON Lines of all shards are missing')
  const seen = new Map<number, ShardPart>()
  for (const part of parts) {
    const { file, shard, scan, scanned, skipped, total } = part
    if (!shard || !first.shard) throw misuse(`${shard ? first.file : file} is no shard, but a whole scan`)
    if (scan !== first.scan || shard.count !== first.shard.count) {
      throw misuse(
        `${file} is a part of another scan than ${first.file} (targets, addresses, ports, seed or number of shards differ)`,
      )
    }
    const twin = seen.get(shard.index)
    if (twin) throw misuse(`${file} and ${twin.file} are both part ${shard.index} of ${shard.count}`)
    if (scanned + skipped < total) throw misuse(`${file} is not complete: ${scanned + skipped} of ${total} ports`)
    checkWritten(part, asked)
    seen.set(shard.index, part)
  }
  const missing = Array.from({ length: first.shard?.count ?? 0 }, (_, i) => i + 1).filter((index) => !seen.has(index))
  if (missing.length > 0) throw misuse(`of ${first.shard?.count} parts these are missing: ${missing.join(', ')}`)
  checkExpected(first.ports, asked.expect)
}

/** A scan that shows open ports writes those alone: what was left out cannot be shown, nor held against anything. */
function checkWritten(
  { file, written, openWritten, scanned, open }: ShardPart,
  { show, expect, before }: WantedOfParts,
): void {
  const checked = before !== null || Object.values(expect).some((list) => list !== null)
  if (written === scanned) return
  if (!checked && (show === null || (show === 'open' && openWritten === open))) return
  const why = checked ? 'to compare' : `to show those that are ${show}`
  throw misuse(`${file} holds ${written} of ${scanned} verdicts, and all are needed ${why}; scan its part`, 'show-all')
}

function checkExpected(text: string, expect: ScanExpectations): void {
  const ports = parsePorts(text, 'files')
  for (const [name, list] of Object.entries(expect)) {
    const other = [...(list ?? [])].find((port) => !ports.has(port))
    if (other !== undefined)
      throw new UsageError(`expect.${name}: port ${other} is not among the ports of that scan`, `expect.${name}`)
  }
}

function misuse(why: string, advice: Advice | null = null): UsageError {
  return new UsageError(`files: ${why}`, 'files', advice)
}
