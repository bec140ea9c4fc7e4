import type { DnsMessage, ResourceRecord } from './message.js'

/** From here on a TTL counts as 0 (RFC 2181, section 8). */
const HIGH_BIT = 0x8000_0000

/** How long a record may be kept, in seconds, by the TTL that was sent. */
export function keptSeconds(ttl: number): number {
  return ttl >= HIGH_BIT ? 0 : ttl
}

/** The message with TTLs less by the time for which a cache has had it, in seconds (RFC 8484, section 5.1). */
export function agedBy(seconds: number, message: DnsMessage): DnsMessage {
  const aged = (records: readonly ResourceRecord[]) =>
    records.map((record) => ({ ...record, ttl: Math.max(0, keptSeconds(record.ttl) - seconds) }))
  return {
    ...message,
    answers: aged(message.answers),
    authorities: aged(message.authorities),
    additionals: aged(message.additionals),
  }
}
