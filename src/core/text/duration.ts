import { UsageError } from '../usage-error.js'

const UNIT_MS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }
const MAX_MS = 365 * 24 * 3_600_000

/**
 * Milliseconds of `2`, `1.5s`, `500ms`, `1m`, `2h`; a bare number is seconds. Zero is a duration; whether it makes
 * sense is the caller's to say. Decimal digits only: `1e3`, `+1`, `.5` and `Infinity` are refused, as is more than a year.
 * @throws UsageError
 */
export function parseDuration(text: string, argument: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text)
  const ms = match ? Number(match[1]) * (UNIT_MS[match[2] ?? 's'] ?? Number.NaN) : Number.NaN
  if (!(ms >= 0)) throw UsageError.of(argument, text, 'a duration: 2, 1.5s, 500ms, 1m or 2h')
  if (ms > MAX_MS) throw UsageError.of(argument, text, 'a duration of at most a year (8760h)')
  // 1.1 s is 1100 ms, not 1100.0000000000002.
  return Number(ms.toPrecision(15))
}

/** A span for people, three digits of it: `0.42 ms`, `12.3 ms`, `1.5 s`, `1 m 20 s`, `2 h 5 m`, `3 d 4 h`. */
export function formatDuration(ms: number): string {
  if (ms < 999.5) return `${threeDigits(ms)} ms`
  // 59.95 s and more would be shown as 60.0 s.
  if (ms < 59_950) return `${threeDigits(ms / 1000)} s`
  const seconds = Math.round(ms / 1000)
  if (seconds < 3600) return twoUnits(seconds, 60, 'm', 's')
  const minutes = Math.round(seconds / 60)
  if (minutes < 1440) return twoUnits(minutes, 60, 'h', 'm')
  return twoUnits(Math.round(minutes / 60), 24, 'd', 'h')
}

/** How long a step took, in milliseconds: `0.54 ms`, `30.4 ms`. */
export function formatMilliseconds(ms: number): string {
  return `${ms.toFixed(ms < 10 ? 2 : 1)} ms`
}

function twoUnits(count: number, perLarge: number, large: string, small: string): string {
  const rest = count % perLarge
  return `${Math.floor(count / perLarge)} ${large}${rest === 0 ? '' : ` ${rest} ${small}`}`
}

/** Below one, three decimals; from one up, three significant digits; no zeros at the end. */
function threeDigits(value: number): string {
  return String(Number(value < 1 ? value.toFixed(3) : value.toPrecision(3)))
}
