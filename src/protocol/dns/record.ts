import { counted } from '../../core/text/digits.js'
import type { MessageFlags, Question, ResourceRecord } from './message.js'
import type { RecordFields } from './rdata/field.js'
import { layoutOf } from './rdata/table.js'
import { genericText } from './text.js'
import { type Fault, WireFault, type WireReader } from './wire/reader.js'

/** A record from its head and a reader of its RDATA, which is read unless the record has a fault already. */
export function recordOf(
  question: Question,
  ttl: number,
  offset: number,
  data: WireReader,
  known: Fault | null,
): ResourceRecord {
  const start = data.offset
  const layout = known === null ? layoutOf(question.type, question.class) : null
  let fault = known
  let fields: RecordFields | null = null
  let text: string | null = null
  if (layout !== null) {
    try {
      const read: RecordFields = {}
      text = layout(data, read)
      if (text !== null && data.left > 0) data.fail(`${counted(data.left, 'octet')} too many in the RDATA`)
      if (text !== null) fields = read
    } catch (error) {
      fault = wireFaultOf(error)
      text = null
    }
  }
  // Written out: spreading objects here costs more than all the decoding.
  return {
    name: question.name,
    type: question.type,
    class: question.class,
    ttl,
    fields,
    text: text ?? genericText(data.bytes.subarray(start, data.end)),
    rdataBytes: data.end - start,
    offset,
    fault,
  }
}

/** What {@link recordOf} makes of an A record of the Internet, by far the most frequent one. */
export function addressRecord(question: Question, ttl: number, offset: number, address: string): ResourceRecord {
  return {
    name: question.name,
    type: question.type,
    class: question.class,
    ttl,
    fields: { address },
    text: address,
    rdataBytes: 4,
    offset,
    fault: null,
  }
}

/** The second 16 bits of a header, but for opcode and response code. */
export function messageFlags(bits: number): MessageFlags {
  return {
    qr: (bits & 0x8000) !== 0,
    aa: (bits & 0x0400) !== 0,
    tc: (bits & 0x0200) !== 0,
    rd: (bits & 0x0100) !== 0,
    ra: (bits & 0x0080) !== 0,
    z: (bits & 0x0040) !== 0,
    ad: (bits & 0x0020) !== 0,
    cd: (bits & 0x0010) !== 0,
  }
}

/** What a WireFault carries; anything else is a bug, and goes on up. */
export function wireFaultOf(error: unknown): Fault {
  if (error instanceof WireFault) return error.fault
  throw error
}
