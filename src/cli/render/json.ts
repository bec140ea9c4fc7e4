import { dataFields } from '../../core/text/utf8.js'

/** Characters that JSON allows as they are and a terminal does not deserve. */
const UNSAFE = /[\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g

/**
 * One event as one line. A Uint8Array under `bytes` becomes `data` where it is valid UTF-8 and `dataBase64` where not;
 * what is undefined or not finite becomes null; milliseconds keep three decimals.
 */
export function jsonLine(event: object): string {
  const line = JSON.stringify(event, replacer)
  return `${line.replace(UNSAFE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)}\n`
}

function replacer(key: string, value: unknown): unknown {
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) return null
    return key.endsWith('Ms') ? Math.round(value * 1000) / 1000 : value
  }
  if (value === undefined) return null
  if (typeof value === 'object' && value !== null && 'bytes' in value && value.bytes instanceof Uint8Array) {
    const { bytes, ...rest } = value
    return { ...rest, ...dataFields(bytes) }
  }
  return value
}
