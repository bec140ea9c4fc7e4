import { parsePort } from '../../core/address/endpoint.js'
import { parseDuration } from '../../core/text/duration.js'
import { parseSize } from '../../core/text/size.js'
import { UsageError } from '../../core/usage-error.js'
import type { Flag } from './flag.js'

/** What one text comes to behind a flag that takes texts, durations, numbers or choices. Throws UsageError. */
export function readValue(flag: Flag, text: string, argument: string): unknown {
  switch (flag.kind) {
    case 'duration':
      return readDuration(text, argument, flag.orZero === true)
    case 'size':
      return parseSize(text, argument)
    case 'port':
      return parsePort(text, argument)
    case 'integer':
      return readInteger(text, argument, flag)
    case 'choice':
      if (flag.choices.includes(text)) return text
      throw UsageError.of(argument, text, `one of ${flag.choices.join(', ')}`)
    case 'text':
    case 'texts':
      return flag.parse ? flag.parse(text, argument) : text
    default:
      return text
  }
}

export function readInteger(
  text: string,
  argument: string,
  { min, max }: { readonly min: number; readonly max: number },
): number {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
  if (value >= min && value <= max) return value
  throw UsageError.of(argument, text, `a whole number from ${min} to ${max}`)
}

function readDuration(text: string, argument: string, orZero: boolean): number {
  const ms = parseDuration(text, argument)
  if (ms > 0 || orZero) return ms
  throw UsageError.of(argument, text, 'a duration above zero, such as 500ms or 2s')
}
