import { quoted, UsageError } from '../../../core/usage-error.js'
import { labelText } from '../text.js'

/**
 * A domain name in presentation form: absolute (it ends in a dot), its labels escaped in the one way that zone files
 * and dig print them, so that two names are octet for octet equal exactly when their texts are equal.
 */
export type Name = string

/** The longest name, in octets on the wire, the root's zero octet included (RFC 1035, section 2.3.4). */
export const MAX_NAME_BYTES = 255
const MAX_LABEL_BYTES = 63

/** The root, `.`. */
export const ROOT: Name = '.'

/** Names whose text is their octets: no escapes, nothing that zone files would escape, no label too long. */
const PLAIN = /^(?:[!#%&'*+,\-/0-9:<=>?A-Z[\]^_`a-z{|}~]{1,63}(?:\.|$))+$/

/** The last name that was found to be plain: it is parsed and written in one go. */
let lastPlain = ''

/** Whether a name is plain, which is the rule, and short enough for the wire. */
function isPlain(text: string): boolean {
  if (text === lastPlain && text !== '') return true
  const textBytes = text.endsWith('.') ? text.length : text.length + 1
  if (textBytes >= MAX_NAME_BYTES || !PLAIN.test(text)) return false
  lastPlain = text
  return true
}

/**
 * The labels of a name as it is typed: `\X` and `\DDD` escapes as in zone files, a final dot allowed, UTF-8 as its
 * octets (IDNA has happened before, or is not wanted). A {@link UsageError} where a label is empty or longer than 63
 * octets, the name longer than 255, or an escape incomplete.
 */
export function parseLabels(text: string): Uint8Array[] {
  const fail = (why: string) => new UsageError(`${quoted(text)} is not a domain name: ${why}`)
  if (text === '') throw fail('it is empty')
  if (text === ROOT) return []
  const source = Buffer.from(text, 'utf8')
  const labels: Uint8Array[] = []
  let label: number[] = []
  const close = () => {
    if (label.length === 0) throw fail('it has an empty label')
    if (label.length > MAX_LABEL_BYTES) throw fail(`a label of ${label.length} octets (at most ${MAX_LABEL_BYTES})`)
    labels.push(Uint8Array.from(label))
    label = []
  }
  for (let at = 0; at < source.length; ) {
    const octet = source[at] ?? 0
    if (octet === DOT) {
      close()
      at += 1
    } else if (octet !== BACKSLASH) {
      label.push(octet)
      at += 1
    } else {
      const escaped = escapedOctet(source, at)
      if (escaped === null) throw fail('a backslash needs a character or three digits up to 255 after it')
      label.push(escaped.octet)
      at = escaped.next
    }
  }
  if (label.length > 0) close()
  const size = labels.reduce((sum, { length }) => sum + length + 1, 1)
  if (size > MAX_NAME_BYTES) throw fail(`${size} octets on the wire (at most ${MAX_NAME_BYTES})`)
  return labels
}

const DOT = 0x2e
const BACKSLASH = 0x5c

/** The octet that the escape at `at` stands for, and where to go on; null where it is none. */
function escapedOctet(source: Uint8Array, at: number): { octet: number; next: number } | null {
  const first = source[at + 1]
  if (first === undefined) return null
  if (!isDigit(first)) return { octet: first, next: at + 2 }
  const [second, third] = [source[at + 2], source[at + 3]]
  if (!isDigit(second) || !isDigit(third)) return null
  const octet = (first - 0x30) * 100 + (second - 0x30) * 10 + (third - 0x30)
  return octet <= 255 ? { octet, next: at + 4 } : null
}

function isDigit(octet: number | undefined): octet is number {
  return octet !== undefined && octet >= 0x30 && octet <= 0x39
}

/** The name that labels make. */
export function nameOf(labels: readonly Uint8Array[]): Name {
  return labels.length === 0 ? ROOT : labels.map((label) => `${labelText(label)}.`).join('')
}

/** A name as it is typed, in the one form of {@link Name}; a relative one is taken as absolute. UsageError as above. */
export function parseName(text: string): Name {
  if (!isPlain(text)) return nameOf(parseLabels(text))
  lastPlain = text.endsWith('.') ? text : `${text}.`
  return lastPlain
}

/**
 * Writes a name as typed into `bytes` from `start`, uncompressed; returns where it ends. There must be room for
 * {@link MAX_NAME_BYTES}. UsageError as in {@link parseLabels}.
 */
export function writeName(text: string, bytes: Uint8Array, start: number): number {
  return isPlain(text) ? writePlain(text, bytes, start) : writeLabels(parseLabels(text), bytes, start)
}

/** A name as typed, in octets, uncompressed. UsageError as in {@link parseLabels}. */
export function nameBytes(text: string): Uint8Array {
  const bytes = new Uint8Array(MAX_NAME_BYTES)
  return bytes.slice(0, writeName(text, bytes, 0))
}

function writePlain(text: string, bytes: Uint8Array, start: number): number {
  let head = start
  let at = start + 1
  for (let i = 0; i < text.length; i++) {
    const octet = text.charCodeAt(i)
    if (octet === DOT) {
      bytes[head] = at - head - 1
      head = at
    } else bytes[at] = octet
    at += 1
  }
  if (at - head > 1) {
    bytes[head] = at - head - 1
    head = at
  }
  bytes[head] = 0
  return head + 1
}

function writeLabels(labels: readonly Uint8Array[], bytes: Uint8Array, start: number): number {
  let at = start
  for (const label of labels) {
    bytes[at] = label.length
    bytes.set(label, at + 1)
    at += label.length + 1
  }
  bytes[at] = 0
  return at + 1
}

/** What to compare and to index names by: ASCII letters have no case there (RFC 4343). */
export function nameKey(name: Name): string {
  return name.toLowerCase()
}

export function sameName(a: Name, b: Name): boolean {
  return a === b || nameKey(a) === nameKey(b)
}

/** The names above `name`, nearest first, the root last; none above the root. */
export function* ancestors(name: Name): Generator<Name> {
  if (name === ROOT) return
  // Escaped dots belong to their label: a label is escapes and plain characters up to a bare dot.
  const labels = /(?:\\.|[^.\\])+\./gy
  while (labels.test(name) && labels.lastIndex < name.length) yield name.slice(labels.lastIndex)
  yield ROOT
}
