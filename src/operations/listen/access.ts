import { parseAddress, unmapAddress } from '../../core/address/address.js'
import type { AddressRange } from '../../core/address/address-ranges.js'

/** Whether an address is in one of the ranges; a range without a zone holds it in every zone. */
function contains(ranges: readonly AddressRange[], address: string): boolean {
  const parsed = parseAddress(address)
  if (!parsed) return false
  const { family, value, zone } = unmapAddress(parsed)
  return ranges.some(
    (range) =>
      range.family === family &&
      (range.zone === null || range.zone === zone) &&
      range.first <= value &&
      value <= range.last,
  )
}

/** The rule of `--allow` and `--deny`: who is denied stays out; where some are allowed, all others do too. */
export function admission(
  allow: readonly AddressRange[],
  deny: readonly AddressRange[],
): ((address: string | null) => boolean) | undefined {
  if (allow.length === 0 && deny.length === 0) return undefined
  return (address) => address === null || (!contains(deny, address) && (allow.length === 0 || contains(allow, address)))
}
