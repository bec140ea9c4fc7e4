import type { Edns } from './edns.js'
import type { RecordFields } from './rdata/field.js'
import type { Name } from './wire/name.js'
import type { Fault } from './wire/reader.js'

/** The bits of the header by the names that RFC 1035, 4035 and dig give them; z is reserved. */
export interface MessageFlags {
  /** A response, not a query. */
  readonly qr: boolean
  /** The server is an authority for the name. */
  readonly aa: boolean
  /** Truncated: ask again over TCP. */
  readonly tc: boolean
  /** Recursion desired. */
  readonly rd: boolean
  /** Recursion available. */
  readonly ra: boolean
  readonly z: boolean
  /** The server vouches for the data (RFC 4035). */
  readonly ad: boolean
  /** Checking disabled (RFC 4035). */
  readonly cd: boolean
}

export interface Question {
  readonly name: Name
  /** QTYPE, see `typeName`. */
  readonly type: number
  /** QCLASS, see `className`. */
  readonly class: number
}

export interface ResourceRecord extends Question {
  /** Seconds, as they were sent: see `keptSeconds`. */
  readonly ttl: number
  /** The RDATA's fields by name, as JSON; null where its type or form is unknown, or it has a fault. */
  readonly fields: RecordFields | null
  /** The RDATA as a zone file has it; `\# length hex` (RFC 3597) where there are no fields. */
  readonly text: string
  /** Octets of RDATA. */
  readonly rdataBytes: number
  /** Octets from the start of the message to the record's name. */
  readonly offset: number
  /** What is wrong with the RDATA, or null. */
  readonly fault: Fault | null
}

export interface DnsMessage {
  readonly id: number
  readonly opcode: number
  /** With the eight bits that EDNS adds; see `rcodeName`. */
  readonly rcode: number
  readonly flags: MessageFlags
  /** What the header promises, whatever followed. */
  readonly counts: Readonly<Record<'question' | 'answer' | 'authority' | 'additional', number>>
  readonly questions: readonly Question[]
  readonly answers: readonly ResourceRecord[]
  readonly authorities: readonly ResourceRecord[]
  /** Without the OPT record, which is `edns`. */
  readonly additionals: readonly ResourceRecord[]
  readonly edns: Edns | null
  readonly sizeBytes: number
  /** Octets after the last record, which belong to nothing. */
  readonly trailingBytes: number
  /** Where the message's structure broke and reading ended; what stands before it was read. Null for a whole one. */
  readonly fault: Fault | null
}
