import type { WireReader } from '../wire/reader.js'
import type { RecordFields } from './field.js'

const VERSION = 0
const EQUATOR = 2 ** 31
const DEGREE_MS = 3_600_000
/** Altitude zero on the wire is 100 km below the reference spheroid, in centimetres. */
const ALTITUDE_BASE_CM = 10_000_000

/** LOC: where in the world (RFC 1876). Sizes and precisions in centimetres, angles in thousandths of a second of arc. */
export function loc(reader: WireReader, fields: RecordFields): string | null {
  if (reader.u8() !== VERSION) return null
  const sizes = ['sizeCm', 'horizontalPrecisionCm', 'verticalPrecisionCm'].map((key) => {
    const lengthCm = precision(reader)
    fields[key] = lengthCm
    return metres(lengthCm)
  })
  const latitude = angle(reader, fields, 'latitudeMs', 90, 'N', 'S')
  const longitude = angle(reader, fields, 'longitudeMs', 180, 'E', 'W')
  const altitudeCm = reader.u32() - ALTITUDE_BASE_CM
  fields['altitudeCm'] = altitudeCm
  const altitude = `${altitudeCm < 0 ? '-' : ''}${decimal(Math.abs(altitudeCm), 100, 2)}m`
  return [latitude, longitude, altitude, ...sizes].join(' ')
}

/** A digit and a power of ten, four bits each. */
function precision(reader: WireReader): number {
  const octet = reader.u8()
  const [digit, power] = [octet >> 4, octet & 15]
  if (digit > 9 || power > 9 || (digit === 0 && power > 0))
    reader.fail(`a LOC size of ${digit}e${power}`, reader.offset - 1)
  return digit * 10 ** power
}

function metres(lengthCm: number): string {
  return lengthCm % 100 === 0 && lengthCm > 0 ? `${lengthCm / 100}m` : `${decimal(lengthCm, 100, 2)}m`
}

function angle(
  reader: WireReader,
  fields: RecordFields,
  key: string,
  most: number,
  plus: string,
  minus: string,
): string {
  const at = reader.offset
  const ms = reader.u32() - EQUATOR
  const magnitude = Math.abs(ms)
  if (magnitude > most * DEGREE_MS) reader.fail(`an angle beyond ${most} degrees`, at)
  fields[key] = ms
  const degrees = Math.floor(magnitude / DEGREE_MS)
  const minutes = Math.floor((magnitude % DEGREE_MS) / 60_000)
  return `${degrees} ${minutes} ${decimal(magnitude % 60_000, 1000, 3)} ${ms < 0 ? minus : plus}`
}

/** `value / unit` with that many decimals, exactly. */
function decimal(value: number, unit: number, decimals: number): string {
  return `${Math.floor(value / unit)}.${String(value % unit).padStart(decimals, '0')}`
}
