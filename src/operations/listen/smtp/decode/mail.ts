import { utf8Text } from '../../../../core/text/utf8.js'

/** A part of a message that is no text to be read. */
export interface MailPart {
  readonly filename: string | null
  readonly type: string
  readonly sizeBytes: number
}

/** A message as its reader would see it. */
export interface DecodedMail {
  /** In order, as [name, value]; encoded words (RFC 2047) are decoded. */
  readonly headers: readonly (readonly [string, string])[]
  readonly text: string | null
  readonly html: string | null
  readonly parts: readonly MailPart[]
}

const LF = 0x0a
const END_OF_HEADER = Buffer.from('\r\n\r\n')
const DELIMITER = Buffer.from('\n--')
/** The parser takes about half a microsecond and 160 bytes for a line, and forty times that for a part. */
const MAX_LINES = 1_000_000
const MAX_PARTS = 10_000

/** So much is read faster than a thread would take it over: a few milliseconds. */
const SMALL_BYTES = 65_536
const SMALL_LINES = 500

/** Whether reading it takes no time to speak of. */
export function isSmall(bytes: Uint8Array): boolean {
  return bytes.length <= SMALL_BYTES && !occursMoreThan(bytes, LF, SMALL_LINES)
}

/**
 * Decodes a message (RFC 5322, MIME). One of more than a million lines or ten thousand parts, and what the parser refuses
 * (parts nested without end), is shown as it is, behind its header.
 */
export async function decodeMail(bytes: Uint8Array): Promise<DecodedMail> {
  const isBeyond = occursMoreThan(bytes, LF, MAX_LINES) || occursMoreThan(bytes, DELIMITER, MAX_PARTS)
  return (isBeyond ? null : await parse(bytes)) ?? (await headerAlone(bytes))
}

/** A message that nothing is decoded of. */
export function undecoded(bytes: Uint8Array): DecodedMail {
  return { headers: [], text: utf8Text(bytes) ?? Buffer.from(bytes).toString('latin1'), html: null, parts: [] }
}

async function headerAlone(bytes: Uint8Array): Promise<DecodedMail> {
  const end = bytesOf(bytes).indexOf(END_OF_HEADER)
  if (end < 0) return undecoded(bytes)
  const rest = end + END_OF_HEADER.length
  const head = await parse(bytes.subarray(0, rest))
  return head === null ? undecoded(bytes) : { ...undecoded(bytes.subarray(rest)), headers: head.headers }
}

async function parse(bytes: Uint8Array): Promise<DecodedMail | null> {
  const { default: PostalMime, decodeWords } = await import('postal-mime')
  const mail = await PostalMime.parse(bytes).catch(() => null)
  if (mail === null) return null
  const right = rightOf1252(bytes)
  return {
    headers: mail.headers.map(({ originalKey, value }) => [originalKey, right(decodeWords(value))] as const),
    text: mail.text === undefined ? null : right(mail.text),
    html: mail.html === undefined ? null : right(mail.html),
    parts: mail.attachments.map(({ filename, mimeType, content }) => ({
      filename: filename ?? null,
      type: mimeType,
      sizeBytes: typeof content === 'string' ? Buffer.byteLength(content) : content.byteLength,
    })),
  }
}

function occursMoreThan(bytes: Uint8Array, what: number | Uint8Array, most: number): boolean {
  const all = bytesOf(bytes)
  let count = 0
  for (let at = all.indexOf(what); at >= 0; at = all.indexOf(what, at + 1)) if (++count > most) return true
  return false
}

function bytesOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
}

/** What stands at 0x80 to 0x9f in windows-1252, which mail says also where it says ISO 8859-1. */
const OF_1252 = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ'
const C1 = /[\x80-\x9f]/g
const NAMES_1252 = /(?:charset="?|=\?)(?:windows-1252|x-?cp1252|cp1252|iso-8859-1|iso8859-1|latin1|us-ascii)["?;\s]/i
const SYSTEM_KNOWS_1252 = new TextDecoder('windows-1252').decode(Uint8Array.of(0x80)) === '€'

/** Node 20 takes windows-1252 for ISO 8859-1, whose C1 controls no text has: what they stand for, in a message that names it. */
function rightOf1252(bytes: Uint8Array): (text: string) => string {
  if (SYSTEM_KNOWS_1252 || !NAMES_1252.test(bytesOf(bytes).toString('latin1'))) return (text) => text
  return (text) => text.replace(C1, (control) => OF_1252[control.charCodeAt(0) - 0x80] ?? control)
}
