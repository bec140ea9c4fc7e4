import { ancestors, type Name, sameName, TYPE, targetOf } from '../../../protocol/dns/index.js'
import type { DnsReply } from '../../dns/types.js'

/** Where a server sends the asker on to. */
export interface Delegation {
  readonly zone: Name
  readonly nameServers: readonly Delegate[]
}

export interface Delegate {
  readonly name: Name
  /** Glue: as the referral has them. */
  readonly addresses: readonly string[]
}

/**
 * The delegation in a referral from the servers of the zone `above`; null where it does not lead down from there towards
 * the name, which would go round in circles. Addresses count only of servers within `above`: of the others those who
 * refer know no more than anybody (RFC 5452, section 6).
 */
export function delegationIn({ answer, message }: DnsReply, name: Name, above: Name): Delegation | null {
  if (answer.kind !== 'referral') return null
  const records = message.authorities.filter(({ type }) => type === TYPE.NS)
  const zone = records[0]?.name
  if (zone === undefined || !isBelow(zone, above) || !(sameName(name, zone) || isBelow(name, zone))) return null
  const names = records.flatMap((record) => (sameName(record.name, zone) ? (targetOf(record) ?? []) : []))
  const glue = (target: Name) =>
    message.additionals.flatMap((record) => {
      const address = record.fields?.['address']
      return sameName(record.name, target) && typeof address === 'string' ? [address] : []
    })
  return {
    zone,
    nameServers: names.map((target) => ({ name: target, addresses: isBelow(target, above) ? glue(target) : [] })),
  }
}

function isBelow(name: Name, zone: Name): boolean {
  for (const ancestor of ancestors(name)) if (sameName(ancestor, zone)) return true
  return false
}
