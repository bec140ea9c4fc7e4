/** Flags of RFC 1952 2.3.1. */
const FHCRC = 2
const FEXTRA = 4
const FNAME = 8
const FCOMMENT = 16
const RESERVED = 0xe0
const FIXED_BYTES = 10
/** A name or comment may have any length there; no honest one has this. */
const MAX_BYTES = 256 * 1024

/**
 * Where the header of a gzip member ends (RFC 1952 2.3); null while it is not all there.
 * @throws Error for what is none, in zlib's words
 */
export function gzipHeaderEnd(bytes: Buffer): number | null {
  const magic = [0x1f, 0x8b, 8]
  magic.forEach((byte, at) => {
    if (at < bytes.length && bytes[at] !== byte)
      throw new Error(at < 2 ? 'incorrect header check' : 'unknown compression method')
  })
  const end = endOf(bytes)
  if (end === null && bytes.length > MAX_BYTES) throw new Error('header too long')
  return end
}

function endOf(bytes: Buffer): number | null {
  if (bytes.length < FIXED_BYTES) return null
  const flags = bytes[3] ?? 0
  if (flags & RESERVED) throw new Error('unknown header flags set')
  let at = FIXED_BYTES
  if (flags & FEXTRA) {
    if (bytes.length < at + 2) return null
    at += 2 + bytes.readUInt16LE(at)
  }
  for (const flag of [FNAME, FCOMMENT]) {
    if (!(flags & flag)) continue
    const zero = at < bytes.length ? bytes.indexOf(0, at) : -1
    if (zero < 0) return null
    at = zero + 1
  }
  if (flags & FHCRC) at += 2
  return at <= bytes.length ? at : null
}
