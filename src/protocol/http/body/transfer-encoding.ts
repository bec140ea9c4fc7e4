import type { Report } from '../anomaly.js'
import type { BodyFraming } from '../events.js'
import type { FieldLine } from '../fields.js'
import { hasEmptyElement, listElements, sliceTrimmed } from '../grammar.js'

/** IANA's HTTP Transfer Coding registry, less `chunked` and the reserved `trailers`. */
const REGISTERED = new Set(['compress', 'deflate', 'gzip', 'x-compress', 'x-gzip'])

/** Reads Transfer-Encoding (RFC 9112 6.1): chunked to its last chunk if that is the last coding, else to the close. */
export function readTransferEncoding(lines: readonly FieldLine[], report: Report): BodyFraming {
  const codings: string[] = []
  let lastOffset = 0
  let chunkedCount = 0
  for (const { value, offset } of lines) {
    lastOffset = offset
    const elements = listElements(value)
    if (elements.length > 0 && hasEmptyElement(value)) report('empty-list-element', offset)
    for (const element of elements) {
      const [name = '', ...parameters] = element.split(';')
      const coding = sliceTrimmed(name).toLowerCase()
      codings.push(coding)
      if (coding === 'chunked') {
        chunkedCount++
        if (parameters.length > 0) report('chunked-parameters', offset)
        if (chunkedCount === 2) report('duplicate-chunked', offset)
      } else if (!REGISTERED.has(coding)) {
        report('unknown-transfer-coding', offset)
      }
    }
  }
  if (codings.at(-1) === 'chunked') {
    return { kind: 'chunked', codings: codings.filter((coding) => coding !== 'chunked') }
  }
  if (codings.length === 0) report('empty-transfer-encoding', lastOffset)
  else report(chunkedCount > 0 ? 'chunked-not-final' : 'final-coding-not-chunked', lastOffset)
  return { kind: 'close', codings }
}
