import { randomUUID } from 'node:crypto'
import { fail, type Outcome, ok } from '../../../core/outcome.js'
import { UsageError } from '../../../core/usage-error.js'
import { type MessageFacts, MessageScanner } from '../../../protocol/smtp/index.js'
import type { MailContent } from '../types.js'
import { compose } from './compose.js'
import { type MailSource, readMailSource } from './source.js'

/** RFC 5322 section 2.1.1. */
const MAX_LINE_BYTES = 998

/** A message as it will be sent, but for what DataEncoder does to it. */
export interface PreparedContent {
  readonly facts: MessageFacts
  /** The pieces of the copy with that index; copies of a composed message differ in Message-ID. */
  pieces(index: number): readonly Uint8Array[]
}

/** Reads or composes the message, once. An empty one, or a composed line that no server must take, is a UsageError. */
export async function prepareContent(content: MailContent): Promise<Outcome<PreparedContent>> {
  const started = performance.now()
  const elapsed = () => performance.now() - started
  if (content.kind === 'data') {
    const read = await readMailSource(content.source)
    if (!read.ok) return fail(read.failure, elapsed())
    if (read.value.length === 0) throw emptyMessage(content.source)
    return ok({ facts: scan(read.value), pieces: () => [read.value] }, elapsed())
  }
  const composed = await compose(content)
  if (!composed.ok) return fail(composed.failure, elapsed())
  const { bytes, serial } = composed.value
  const facts = scan(bytes)
  if (facts.longestLineBytes > MAX_LINE_BYTES) {
    const what = `${longField(bytes)} has no space to be folded at: its line would be longer than ${MAX_LINE_BYTES} bytes`
    throw new UsageError(what)
  }
  return ok({ facts, pieces: (index) => (index === 0 || !serial ? [bytes] : renumber(bytes, serial)) }, elapsed())
}

/** Of a composed message only a field can be too long: bodies are encoded. */
function longField(bytes: Uint8Array): string {
  const lines = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1').split('\r\n')
  let name = ''
  for (const line of lines) {
    name = /^[^\s:]+(?=:)/.exec(line)?.[0] ?? name
    if (line.length > MAX_LINE_BYTES) break
  }
  return `the header field ${name}`
}

function emptyMessage(source: MailSource): UsageError {
  const argument = source.kind === 'bytes' ? 'content' : source.argument
  return new UsageError(`${argument}: there is nothing in it to send`, argument)
}

function scan(bytes: Uint8Array): MessageFacts {
  const scanner = new MessageScanner()
  scanner.push(bytes)
  return scanner.finish()
}

/** The same message with another Message-ID of the same length, so that its size stays what was announced. */
function renumber(bytes: Uint8Array, serial: string): readonly Uint8Array[] {
  const at = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).indexOf(serial)
  if (at < 0) throw new RangeError('the message has lost its Message-ID')
  return [bytes.subarray(0, at), Buffer.from(randomUUID()), bytes.subarray(at + serial.length)]
}
