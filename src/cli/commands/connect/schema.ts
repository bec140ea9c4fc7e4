import {
  boolean,
  bytesFields,
  type Fields,
  integer,
  nullable,
  number,
  object,
  oneOf,
  string,
  tlsFields,
} from '../../schema.js'

export const tlsSchema = object(tlsFields)

const reason = oneOf(
  'fin',
  'reset',
  'refused',
  'timeout',
  'idle',
  'max-time',
  'interrupted',
  'expectation',
  'done',
  'error',
)
const closedBy = nullable(oneOf('peer', 'self'))
const closeNotify = nullable(boolean)
const state = nullable(oneOf('open', 'closed', 'open|filtered'))

export const SESSION_EVENTS: Readonly<Record<string, Fields>> = {
  data: { direction: oneOf('sent', 'received'), ...bytesFields },
  match: { pattern: string, text: string, elapsedMs: number },
  closed: { bytesIn: integer, bytesOut: integer, reason, closedBy, closeNotify, state, elapsedMs: number },
}

export const SESSION_RESULT: Fields = {
  bytesIn: nullable(integer),
  bytesOut: nullable(integer),
  reason: nullable(reason),
  closedBy,
  closeNotify,
  state,
}
