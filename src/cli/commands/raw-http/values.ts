import { parseDuration } from '../../../core/text/duration.js'
import { UsageError } from '../../../core/usage-error.js'
import type { ResponseExpectations, TimedPhase } from '../../../operations/raw-http/index.js'
import { checkField, checkMethod } from '../../../protocol/http/request-encoder.js'

const PHASES: readonly TimedPhase[] = ['lookup', 'connect', 'tls', 'send', 'wait', 'receive', 'total']

export function readMethod(text: string, argument: string): string {
  checkMethod(text, argument)
  return text
}

/** `Name: value`; `Name:` removes a default, `Name;` sends the name with nothing behind it. */
export function readRequestHeader(text: string, argument: string): readonly [string, string | null] {
  const [, name, mark, value = ''] = /^([^:;]+)([:;])[ \t]*(.*)$/s.exec(text) ?? []
  if (name === undefined || (mark === ';' && value !== ''))
    throw UsageError.of(argument, text, "'Name: value', 'Name:' to leave it out, or 'Name;' for an empty one")
  checkField(name, value, argument)
  return [name, mark === ':' && value === '' ? null : value]
}

/** A list of `200`, `3xx` and `200-204`. */
export function readStatuses(text: string, argument: string): ResponseExpectations['statuses'] {
  return text.split(',').map((each) => readStatus(each, argument))
}

function readStatus(text: string, argument: string): ResponseExpectations['statuses'][number] {
  const [, digit, from, to] = /^(?:([1-9])xx|([1-9]\d\d)(?:-([1-9]\d\d))?)$/i.exec(text) ?? []
  if (digit !== undefined) return { from: Number(digit) * 100, to: Number(digit) * 100 + 99 }
  const range = { from: Number(from), to: Number(to ?? from) }
  if (range.from <= range.to) return range
  throw UsageError.of(argument, text, 'a status: 200, 3xx or 200-204')
}

/** `Name`, `Name: value`, or `Name: /pattern/`. */
export function readExpectedHeader(text: string, argument: string): ResponseExpectations['headers'][number] {
  const [, name, value] = /^([^:\s]+)(?::[ \t]*(.*))?$/s.exec(text) ?? []
  if (name === undefined) throw UsageError.of(argument, text, "'Name', 'Name: value' or 'Name: /pattern/'")
  const pattern = /^\/(.*)\/$/s.exec(value ?? '')?.[1]
  return { name, value: pattern === undefined ? (value ?? null) : readRegExp(pattern, argument, '') }
}

/** Lines of the body have ends of their own. */
export function readBodyPattern(text: string, argument: string): RegExp {
  return readRegExp(text, argument, 'm')
}

function readRegExp(text: string, argument: string, flags: string): RegExp {
  try {
    return new RegExp(text, flags)
  } catch (error) {
    throw UsageError.of(argument, text, `a regular expression: ${error instanceof Error ? error.message : ''}`)
  }
}

/** A list of `D` for the whole, and of `phase=D`. */
export function readUnder(list: string, argument: string): ResponseExpectations['under'] {
  return list.split(',').map((text) => {
    const [, name = 'total', duration = ''] = /^(?:([^=]*)=)?(.*)$/s.exec(text) ?? []
    const phase = PHASES.find((each) => each === name)
    if (!phase) throw UsageError.of(argument, text, `a duration, or one of ${PHASES.join(', ')} and =D`)
    return { phase, ms: parseDuration(duration, argument) }
  })
}
