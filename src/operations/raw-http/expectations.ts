import { type Failure, failure } from '../../core/failure.js'
import type { ResponseHead } from '../../protocol/http/events.js'
import type { RawHttpBrokenEvent, ResponseExpectations, TimingEvent } from './types.js'

type Unmet = Pick<RawHttpBrokenEvent, 'expected' | 'actual'>

/** What of the expectations one response does not meet, and what was there instead. */
export function unmetExpectations(
  expect: ResponseExpectations,
  { head, text, timing }: { readonly head: ResponseHead; readonly text: string; readonly timing: TimingEvent },
): Unmet[] {
  const unmet: Unmet[] = []
  const code = head.statusCode
  const status = code === null ? 'no status code' : `${code} ${head.statusText}`.trim()
  if (expect.success && (code === null || code >= 400)) unmet.push({ expected: 'a status below 400', actual: status })
  const { statuses } = expect
  if (statuses.length > 0 && (code === null || !statuses.some(({ from, to }) => code >= from && code <= to)))
    unmet.push({ expected: `status ${statuses.map(rangeText).join(' or ')}`, actual: status })

  for (const { name, value } of expect.headers) {
    const found = head.headers.filter(([each]) => each.toLowerCase() === name.toLowerCase()).map(([, each]) => each)
    const meets = (each: string) => value === null || (typeof value === 'string' ? each === value : value.test(each))
    if (found.some(meets)) continue
    const wanted = value === null ? '' : typeof value === 'string' ? `: ${value}` : `: ${String(value)}`
    unmet.push({
      expected: `header ${name}${wanted}`,
      actual: found.length > 0 ? found.join(' and ') : 'no such header',
    })
  }

  if (expect.body && !expect.body.test(text))
    unmet.push({ expected: `body matching ${String(expect.body)}`, actual: bodySample(text) })

  for (const { phase, ms } of expect.under) {
    const took = timing[`${phase}Ms`]
    if (took !== null && took < ms) continue
    unmet.push({
      expected: `${phase} under ${ms} ms`,
      actual: took === null ? 'it did not happen' : `${took.toFixed(1)} ms`,
    })
  }
  return unmet
}

export function expectationFailure(unmet: readonly Unmet[]): Failure {
  const [first] = unmet
  const more = unmet.length > 1 ? `, and ${unmet.length - 1} more` : ''
  return failure({
    phase: 'protocol',
    origin: 'expectation',
    code: 'EXPECTATION',
    message: `expected ${first?.expected}, got ${first?.actual}${more}`,
  })
}

function rangeText({ from, to }: { readonly from: number; readonly to: number }): string {
  if (from === to) return String(from)
  return from % 100 === 0 && to === from + 99 ? `${from / 100}xx` : `${from}-${to}`
}

function bodySample(text: string): string {
  if (text === '') return 'an empty body'
  return text.length > 60 ? `${text.slice(0, 60)}...` : text
}
