import { parseAddress } from '../../core/address/address.js'
import { failure, failureFields } from '../../core/failure.js'
import { canonicalAddress } from '../dns/names.js'
import type { NameResult } from './name-result.js'
import type { ExpectationEvent, ResolveEvent, ResolveOptions } from './types.js'

type NameExpectations = Pick<ResolveOptions, 'expect' | 'expectNone'>

/** Holds a result against what is expected of it, and ends it with why it failed. */
export function judge(result: NameResult, { expect, expectNone }: NameExpectations): NameResult {
  if (expect.length === 0 && !expectNone) return withReason(result)
  const { name, values, status } = result
  const denied = status === 'nxdomain' || status === 'nodata' || result.failure?.code === 'ENOTFOUND'
  if (expectNone && (denied || result.failure === null)) {
    const events: ExpectationEvent[] = [{ type: 'expectation', name, expected: null, met: denied }]
    return denied
      ? { ...result, events: [...result.events, ...events], failure: null }
      : unmet(
          { ...result, events: [...result.events, ...events] },
          `no answer was expected, and there is ${values.join(', ')}`,
        )
  }
  const found = new Set(values.flatMap((value) => [comparable(value), joined(value)]))
  const events = expect.map((expected): ExpectationEvent => {
    const met = found.has(comparable(expected)) || found.has(expected)
    return { type: 'expectation', name, expected, met }
  })
  const missing = events.filter(({ met }) => !met).map(({ expected }) => expected)
  const judged = { ...result, events: [...result.events, ...events] }
  if (result.failure) return withReason(judged)
  if (missing.length === 0) return judged
  return unmet(judged, `expected ${missing.join(', ')}, found ${values.join(', ')}`)
}

function unmet(result: NameResult, why: string): NameResult {
  const message = `${result.name}: ${why}`
  return withReason({
    ...result,
    failure: failure({ phase: 'lookup', origin: 'expectation', code: 'UNEXPECTED', message }),
  })
}

/** The last event of a name that failed. */
export function withReason(result: NameResult, invalid: 'invalid' | null = null): NameResult {
  if (!result.failure) return result
  // There may be an answer, and not the right one.
  const unexpected = result.failure.origin === 'expectation' ? 'unexpected' : null
  const reason: ResolveEvent = {
    type: 'unresolved',
    name: result.name,
    status: invalid ?? unexpected ?? result.status,
    ...failureFields(result.failure),
  }
  return { ...result, events: [...result.events, reason] }
}

/** The text that several strings make, as SPF and DKIM read them (RFC 7208, section 3.3); else the value. */
function joined(value: string): string {
  return STRINGS.test(value) ? [...value.matchAll(STRING)].map(([, text]) => text).join('') : value
}

const STRING = /"((?:[^"\\]|\\.)*)"/g
const STRINGS = /^"(?:[^"\\]|\\.)*"(?: "(?:[^"\\]|\\.)*")+$/

/** Values in the one form that counts: case, a final dot and quotes around a lone string do not. */
export function comparable(value: string): string {
  if (parseAddress(value)) return canonicalAddress(value)
  const lone = /^"((?:[^"\\]|\\.)*)"$/.exec(value)?.[1]
  // Text is not a name: its case counts.
  return lone ?? (value.includes('"') ? value : value.replace(/(?<=.)\.$/, '').toLowerCase())
}
