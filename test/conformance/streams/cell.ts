import { expect } from 'vitest'
import { TOKEN } from './dialogue.js'
import { FATE_NAMES, FATES, type Fate, type FateName } from './fates.js'
import { MUCH_BYTES, QUESTION } from './fixtures.js'

/** What must be told of one fate by one user. What is left out is free. */
export interface Right {
  readonly exit: number
  /** Of what the peer said, in the data or the events that are made of it. */
  readonly shows?: string
  /** Fields of the `closed` event. */
  readonly closed?: Readonly<Record<string, unknown>>
  /** Fields of the event of that type, such as `problem` where nobody shook hands. */
  readonly event?: Readonly<Record<string, unknown>> & { readonly type: string }
  readonly result?: Readonly<Record<string, unknown>>
  /** What must have come to the peer. */
  readonly heard?: RegExp
  /** Somewhere in what is told beside the peer's own bytes. */
  readonly tells?: RegExp
}

/** Or why there can be no such thing. */
export type Cell = Right | `n/a: ${string}`
export type Row = Readonly<Record<FateName, Cell>>

export const ANSWER = TOKEN
/** Of the answer, what comes before a fate that cuts it. */
export const PART = TOKEN.slice(0, 6)
export const ALL_BYTES = MUCH_BYTES + QUESTION.length

const code = (pattern: RegExp): unknown => expect.stringMatching(pattern)
const number: unknown = expect.any(Number)

/** The kernel's words for a reset: to who reads, and to who writes behind it. */
export const RESET_CODE = code(/^(ECONNRESET|EPIPE)$/)
export const RESET = { ok: false, code: RESET_CODE, errno: number, origin: 'os' } as const
export const LATE = { ok: false, code: 'EAGAIN', origin: 'deadline' } as const
export const NO_HANDSHAKE = { origin: 'tls', phase: 'tls' } as const
export const ALERT = { origin: 'tls', code: code(/ALERT/) } as const
export const IN_ORDER = { ok: true, code: null, errno: null, origin: null } as const

/** Fewer bytes than there were: the peer has not taken them. */
export const NOT_ALL: unknown = expect.toSatisfy((bytes: number) => bytes < MUCH_BYTES, 'fewer than all bytes')

/** A row of what is right for every such user, and what is different for this one; what cannot be is left out of both. */
export function row(
  facts: { readonly tls: boolean; readonly role: 'dials' | 'accepts' },
  cells: Partial<Row>,
  different: Partial<Row> = {},
): Row {
  const filled = FATE_NAMES.map((name) => [name, different[name] ?? cells[name] ?? impossible(FATES[name], facts)])
  return Object.fromEntries(filled) as Row
}

function impossible(fate: Fate, { tls, role }: { tls: boolean; role: 'dials' | 'accepts' }): Cell | undefined {
  if (fate.tlsOnly && !tls) return 'n/a: there is no TLS'
  if (fate.role === 'server' && role === 'accepts') return 'n/a: a client that says FIN says nothing more'
  return undefined
}
