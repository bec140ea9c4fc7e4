import type { HeaderPair } from './events.js'

/** What a representation is compared by. */
export interface Validators {
  /** A strong entity tag, with its quotes. */
  readonly etag: string
  /** Milliseconds since the epoch; whole seconds count. */
  readonly lastModifiedMs: number
}

/** The fields of a conditional request, in lower case, each absent or a single value. */
export interface ConditionalFields {
  readonly 'if-match'?: string | undefined
  readonly 'if-none-match'?: string | undefined
  readonly 'if-modified-since'?: string | undefined
  readonly 'if-unmodified-since'?: string | undefined
  readonly 'if-range'?: string | undefined
  readonly range?: string | undefined
}

const NAMES = new Set(['if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since', 'if-range', 'range'])

/** Those of a request; null where it has none. Lines of a list are joined (RFC 9110 5.3), of a date the first counts. */
export function conditionalFields(headers: readonly HeaderPair[]): ConditionalFields | null {
  let found: Record<string, string> | null = null
  for (const [name, value] of headers) {
    const first = name.charCodeAt(0) | 32
    if (first !== 105 && first !== 114) continue // neither i nor r, as nearly all
    const field = name.toLowerCase()
    if (!NAMES.has(field)) continue
    found ??= {}
    const before = found[field]
    if (before === undefined) found[field] = value
    else if (!field.endsWith('since')) found[field] = `${before}, ${value}`
  }
  return found
}

const ENTITY_TAG = /(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"/g
const IMF_FIXDATE = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/
const RFC850_DATE = /^[A-Z][a-z]+day, \d\d-[A-Z][a-z]{2}-\d\d \d\d:\d\d:\d\d GMT$/
const ASCTIME_DATE = /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}$/

/** For GET and HEAD, in the order of RFC 9110 section 13.2.2: 412, 304, or null to go on. */
export function evaluatePreconditions(fields: ConditionalFields, validators: Validators): 304 | 412 | null {
  const seconds = Math.floor(validators.lastModifiedMs / 1000)
  const since = (text: string | undefined) => {
    const ms = text === undefined ? null : parseHttpDate(text)
    return ms === null ? null : ms / 1000
  }
  const match = fields['if-match']
  if (match !== undefined) {
    if (match.trim() !== '*' && !tags(match).includes(validators.etag)) return 412
  } else {
    const unmodified = since(fields['if-unmodified-since'])
    if (unmodified !== null && seconds > unmodified) return 412
  }
  const noneMatch = fields['if-none-match']
  if (noneMatch !== undefined) {
    const found = noneMatch.trim() === '*' || tags(noneMatch).some((tag) => weak(tag) === weak(validators.etag))
    return found ? 304 : null
  }
  const modified = since(fields['if-modified-since'])
  return modified !== null && seconds <= modified ? 304 : null
}

/** Whether If-Range lets a Range field count (RFC 9110 section 13.1.5): strong comparison, or the very same date. */
export function rangeStillApplies(ifRange: string | undefined, { etag, lastModifiedMs }: Validators): boolean {
  if (ifRange === undefined) return true
  const text = ifRange.trim()
  if (text.startsWith('"') || text.startsWith('W/')) return text === etag
  return parseHttpDate(text) === Math.floor(lastModifiedMs / 1000) * 1000
}

/** Milliseconds since the epoch of any of the three forms (RFC 9110 section 5.6.7), or null. */
export function parseHttpDate(text: string): number | null {
  const trimmed = text.trim()
  const known = IMF_FIXDATE.test(trimmed) || RFC850_DATE.test(trimmed)
  const ms = known ? Date.parse(trimmed) : ASCTIME_DATE.test(trimmed) ? Date.parse(`${trimmed} GMT`) : Number.NaN
  return Number.isNaN(ms) ? null : ms
}

function tags(list: string): string[] {
  return list.match(ENTITY_TAG) ?? []
}

function weak(tag: string): string {
  return tag.replace(/^W\//, '')
}
