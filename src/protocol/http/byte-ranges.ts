/** Part of a representation; both ends are included. */
export interface ByteRange {
  readonly first: number
  readonly last: number
}

/** More pieces than any honest client asks for (RFC 9110 section 14.2 lets a server ignore such a field). */
const MAX_RANGES = 32
const SPEC = /^(\d*)-(\d*)$/

/**
 * A Range field for a representation of `sizeBytes` (RFC 9110 section 14.1.2). Null: no or another unit, bad syntax, or
 * an abusive list, all of which are ignored and get the whole; empty: nothing asked for exists, which is a 416.
 */
export function parseByteRanges(field: string, sizeBytes: number): ByteRange[] | null {
  const equals = field.indexOf('=')
  if (equals < 0 || field.slice(0, equals).trim().toLowerCase() !== 'bytes') return null
  const specs = field
    .slice(equals + 1)
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '')
  if (specs.length === 0 || specs.length > MAX_RANGES) return null

  const ranges: ByteRange[] = []
  for (const spec of specs) {
    const [, firstText = '', lastText = ''] = SPEC.exec(spec) ?? []
    if (firstText === '' && lastText === '') return null
    if (firstText === '') {
      const length = Math.min(Number(lastText), sizeBytes)
      if (length > 0) ranges.push({ first: sizeBytes - length, last: sizeBytes - 1 })
      continue
    }
    const first = Number(firstText)
    const last = lastText === '' ? Number.POSITIVE_INFINITY : Number(lastText)
    if (last < first) return null
    if (first < sizeBytes) ranges.push({ first, last: Math.min(last, sizeBytes - 1) })
  }
  const total = ranges.reduce((sum, { first, last }) => sum + last - first + 1, 0)
  // Pieces that overlap can only be meant to make us send more than there is.
  return total > sizeBytes ? null : ranges
}

/** The value of Content-Range (RFC 9110 section 14.4). */
export function contentRange({ first, last }: ByteRange, sizeBytes: number): string {
  return `bytes ${first}-${last}/${sizeBytes}`
}
