import { UsageError } from '../usage-error.js'

const POWERS = ['', 'k', 'm', 'g', 't']

/**
 * Bytes of `123`, `64k`, `10M`, `1.5G`, `1T`, also written `64kB` and `64KiB`: always powers of 1024, case aside.
 * @throws UsageError for anything else, a fraction of a byte, and more than 2^53 - 1.
 */
export function parseSize(text: string, argument: string): number {
  const match = /^(\d+(?:\.\d+)?)(?:([kmgt])i?)?b?$/i.exec(text)
  const bytes = match ? Number(match[1]) * 1024 ** POWERS.indexOf(match[2]?.toLowerCase() ?? '') : Number.NaN
  if (!Number.isSafeInteger(bytes)) throw UsageError.of(argument, text, 'a size in bytes: 123, 64k, 10M or 1G')
  return bytes
}

/** A size for people, three digits of it, in powers of 1024: `512 B`, `1.5 KiB`, `64 KiB`, `1 GiB`. */
export function formatSize(bytes: number): string {
  let value = bytes
  let power = 0
  // 1023.5 and more would be shown as 1024 of the smaller unit.
  while (value >= 1023.5 && power < 5) {
    value /= 1024
    power += 1
  }
  const digits = value < 100 ? String(Number(value.toPrecision(3))) : String(Math.round(value))
  return `${digits} ${['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'][power]}`
}
