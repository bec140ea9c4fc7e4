import { counted } from '../../../core/text/digits.js'
import { base64Text } from '../../../core/text/utf8.js'
import { ipv4Text, ipv6Text, stringText } from '../text.js'
import type { WireReader } from '../wire/reader.js'
import type { FieldValue, RecordFields } from './field.js'

/** A parameter that is known: what its value means, and its text, null where it has none. */
interface Param {
  readonly name: string
  readonly read: (value: WireReader) => FieldValue
  readonly text: (value: FieldValue) => string | null
}

const plain = (value: FieldValue) => String(value)
const quoted = (value: FieldValue) => `"${value}"`

/**
 * Service parameters by key. Data: IANA, "DNS Service Bindings (SVCB)", registry "Service Parameter Keys (SvcParamKeys)"
 * (https://www.iana.org/assignments/dns-svcb), dedicated to the public domain under CC0 1.0. Last held against the
 * registry as of June 2026; the values of `pvd` and `oots` are shown as those of unknown keys are.
 */
const PARAMS: readonly Param[] = [
  { name: 'mandatory', read: mandatory, text: plain },
  { name: 'alpn', read: stringList, text: quotedList },
  { name: 'no-default-alpn', read: nothing, text: () => null },
  { name: 'port', read: (r) => r.u16(), text: plain },
  { name: 'ipv4hint', read: listOf('an address', (r) => ipv4Text(r.take(4))), text: plain },
  { name: 'ech', read: (r) => base64Text(r.rest()), text: plain },
  { name: 'ipv6hint', read: listOf('an address', (r) => ipv6Text(r.take(16))), text: plain },
  { name: 'dohpath', read: (r) => stringText(r.rest()), text: quoted },
  { name: 'ohttp', read: nothing, text: () => null },
  { name: 'tls-supported-groups', read: listOf('a group', (r) => r.u16()), text: plain },
  { name: 'docpath', read: pathSegments, text: (value) => (asList(value).length > 0 ? quotedList(value) : null) },
  { name: 'pvd', read: opaque, text: quotedOrNothing },
  { name: 'oots', read: opaque, text: quotedOrNothing },
]

const MANDATORY = 0

/** SVCB and HTTPS (RFC 9460). Keys must ascend, and what is mandatory must be there. */
export function svcb(reader: WireReader, fields: RecordFields): string {
  const priority = reader.u16()
  const target = reader.name()
  const params: RecordFields = {}
  const words = [String(priority), target]
  for (let last = -1; reader.left > 0; ) {
    const at = reader.offset
    const key = reader.u16()
    if (key <= last) reader.fail('service parameter keys do not ascend', at)
    const value = reader.within(reader.u16())
    words.push(param(key, value, params))
    if (value.left > 0) value.fail(`${counted(value.left, 'octet')} too many in ${paramName(key)}`)
    last = key
  }
  const missing = asList(params['mandatory']).find((name) => !(String(name) in params))
  if (missing !== undefined) reader.fail(`mandatory parameter ${missing} is missing`)
  Object.assign(fields, { priority, target, params })
  return words.join(' ')
}

function paramName(key: number): string {
  return PARAMS[key]?.name ?? `key${key}`
}

/** Keeps one parameter and returns its text. */
function param(key: number, reader: WireReader, params: RecordFields): string {
  const known = PARAMS[key]
  const name = paramName(key)
  const value = (known?.read ?? opaque)(reader)
  params[name] = value
  const text = (known?.text ?? quotedOrNothing)(value)
  return text === null ? name : `${name}=${text}`
}

function nothing(): true {
  return true
}

/** Octets whose meaning is not known. */
function opaque(reader: WireReader): string {
  return stringText(reader.rest())
}

function quotedOrNothing(value: FieldValue): string | null {
  return value === '' ? null : quoted(value)
}

/** Of CoAP, none for its root (RFC 9953). */
function pathSegments(reader: WireReader): FieldValue {
  const segments: string[] = []
  while (reader.left > 0) segments.push(stringText(reader.string()))
  return segments
}

/** One value or more, up to the end. */
function listOf(what: string, one: (reader: WireReader) => FieldValue): (reader: WireReader) => FieldValue {
  return (reader) => {
    if (reader.left === 0) reader.fail(`${what} is expected`)
    const values: FieldValue[] = []
    while (reader.left > 0) values.push(one(reader))
    return values
  }
}

function stringList(reader: WireReader): FieldValue {
  return listOf('an ALPN identifier', (r) => {
    const bytes = r.string()
    return bytes.length > 0 ? stringText(bytes) : r.fail('an empty ALPN identifier', r.offset - 1)
  })(reader)
}

function mandatory(reader: WireReader): FieldValue {
  let last = MANDATORY
  return listOf('a mandatory key', (r) => {
    const key = r.u16()
    if (key <= last) r.fail('mandatory keys do not ascend, or name themselves', r.offset - 2)
    last = key
    return paramName(key)
  })(reader)
}

/** Commas and backslashes of a value are escaped as in a list, and the list as in a string (RFC 9460, appendix A.1). */
function quotedList(value: FieldValue): string {
  const texts = asList(value).map((text) => String(text).replaceAll('\\\\', '\\\\\\\\').replaceAll(',', '\\\\,'))
  return quoted(texts.join(',').replaceAll(' ', '\\032')) // BIND writes blanks so, here alone
}

function asList(value: FieldValue | undefined): readonly FieldValue[] {
  return Array.isArray(value) ? value : []
}
