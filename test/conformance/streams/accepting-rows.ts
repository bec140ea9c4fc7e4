import { expect } from 'vitest'
import type { Cell, Right, Row } from './cell.js'
import * as cell from './cell.js'
import { ECHOED_BYTES, TELLER } from './dialogue.js'

const { ALERT, ANSWER, LATE, NO_HANDSHAKE, NOT_ALL, PART, RESET, RESET_CODE } = cell

/** SIGTERM: who does not shake hands has not been the one conversation. */
const GOES_ON = 143
const AFTER_TLS = { type: 'problem' } as const
const HANDSHAKES = {
  'RST at once': { exit: GOES_ON, event: { ...AFTER_TLS, code: RESET_CODE, origin: 'os', phase: 'tls' } },
  'ends during the handshake': { exit: GOES_ON, event: { ...AFTER_TLS, ...NO_HANDSHAKE } },
  'resets during the handshake': {
    exit: GOES_ON,
    event: { ...AFTER_TLS, code: RESET_CODE, origin: 'os', phase: 'tls' },
  },
  'refuses the handshake': { exit: GOES_ON, event: { ...AFTER_TLS, ...ALERT, phase: 'tls' } },
  'silent during the handshake': {
    exit: GOES_ON,
    event: { ...AFTER_TLS, code: 'EAGAIN', origin: 'deadline', phase: 'tls' },
  },
} as const

const WAITS_FOR_THEM: Cell = 'n/a: it ends only behind the end of its client'
const NO_RESET: Cell = 'n/a: a Unix socket knows no reset but the one for unread input'
const SAYS_NOTHING: Cell = 'n/a: it says nothing that could stay unread'
const SAYS_LITTLE: Cell = 'n/a: it has no 20 MB to say'

/** In order, whoever said FIN first. */
const IN_ORDER = { reason: expect.stringMatching(/^(fin|ended)$/) as unknown, code: null }

function conversation(tls: boolean, different: Partial<Row> = {}): Row {
  const good: Right = { exit: 0, shows: ANSWER, closed: IN_ORDER, result: cell.IN_ORDER }
  const reset: Right = { exit: 1, closed: { reason: 'reset', code: RESET_CODE }, result: RESET }
  const idle: Right = { exit: 4, closed: { reason: 'idle' }, result: LATE }
  const cells: Partial<Row> = {
    'answers early': { ...reset, shows: ANSWER, closed: { ...reset.closed, bytesOut: NOT_ALL } },
    'answers early and reads on': { ...good, closed: { ...good.closed, bytesOut: cell.ALL_BYTES } },
    'last words': good,
    'RST at once': reset,
    'RST before data': reset,
    'RST between data': { ...reset, shows: PART },
    'RST behind data': { ...reset, shows: ANSWER },
    'half-closes': good,
    'answers behind our FIN': good,
    silent: idle,
    'byte by byte': good,
    'never reads': { ...idle, closed: { ...idle.closed, bytesOut: NOT_ALL } },
    'closes with unread input': reset,
    ...(tls && {
      'FIN without close_notify': { ...good, closed: { ...good.closed, closeNotify: false } },
      'TLS alert': { exit: 6, shows: ANSWER, closed: { reason: 'error', code: ALERT.code }, result: ALERT },
      // As for connect: half of a record proves that something was cut off.
      'dies within a record': { exit: 1, closed: { closeNotify: false } },
      ...HANDSHAKES,
    }),
  }
  return cell.row({ tls, role: 'accepts' }, cells, different)
}

/** The words are counted and not shown. */
function discard(tls: boolean): Row {
  const all = TELLER.words(Buffer.alloc(0)).length
  const good: Right = { exit: 0, closed: { ...IN_ORDER, bytesIn: all } }
  const cut = (bytesIn: number): Right => ({
    exit: 1,
    closed: { reason: 'reset', code: RESET_CODE, bytesIn },
    result: RESET,
  })
  return conversation(tls, {
    'answers early': SAYS_NOTHING,
    'answers early and reads on': SAYS_NOTHING,
    'last words': good,
    'RST between data': cut(all - 3),
    'RST behind data': cut(all),
    'half-closes': good,
    'answers behind our FIN': WAITS_FOR_THEM,
    'byte by byte': good,
    'never reads': SAYS_NOTHING,
    'closes with unread input': SAYS_NOTHING,
    ...(tls && {
      'FIN without close_notify': { ...good, closed: { ...good.closed, closeNotify: false } },
      'TLS alert': { exit: 6, closed: { reason: 'error', code: ALERT.code, bytesIn: all }, result: ALERT },
    }),
  })
}

/** What the client asked is shown, whatever became of the answer. */
function http(tls: boolean): Row {
  return conversation(tls, {
    'answers early and reads on': { exit: 0, shows: ANSWER, closed: IN_ORDER, heard: /^HTTP\/1\.1 200 / },
    'half-closes': { exit: 0, shows: ANSWER, closed: IN_ORDER, heard: /^HTTP\/1\.1 200 [\s\S]*question/ },
    'answers behind our FIN': WAITS_FOR_THEM,
    'never reads': { exit: 4, shows: ANSWER, closed: { reason: 'idle', bytesOut: NOT_ALL }, result: LATE },
    'closes with unread input': {
      ...{ exit: 1, shows: ANSWER, closed: { reason: 'reset', code: RESET_CODE }, result: RESET },
    },
  })
}

/** The mail, or of a transaction that came to nothing who began it. */
function sink(tls: boolean, different: Partial<Row> = {}): Row {
  const sender = 'a@b.example'
  const reset: Right = { exit: 1, closed: { reason: 'reset', code: RESET_CODE }, result: RESET }
  return conversation(tls, {
    'answers early': SAYS_LITTLE,
    'answers early and reads on': SAYS_LITTLE,
    'RST before data': { ...reset, shows: sender },
    'RST between data': { ...reset, shows: sender },
    'half-closes': { exit: 0, shows: ANSWER, closed: IN_ORDER, heard: /^354 [\s\S]*^250 /m },
    'answers behind our FIN': WAITS_FOR_THEM,
    'never reads': SAYS_LITTLE,
    'closes with unread input': { ...reset, shows: ANSWER },
    ...(tls && { 'dies within a record': { exit: 1, shows: sender, closed: { closeNotify: false } } }),
    ...different,
  })
}

const STARTTLS_HANDSHAKES: Partial<Row> = {
  'RST at once': { exit: 1, closed: { reason: 'reset', code: RESET_CODE }, result: RESET },
  'ends during the handshake': { exit: 6, closed: { reason: 'error' }, result: NO_HANDSHAKE },
  'resets during the handshake': { exit: 1, closed: { reason: 'reset', code: RESET_CODE }, result: RESET },
  'refuses the handshake': {
    exit: 6,
    closed: { reason: 'error', code: ALERT.code },
    result: { ...ALERT, phase: 'tls' },
  },
  'silent during the handshake': { exit: 4, closed: { reason: 'idle' }, result: LATE },
}

const ECHO: Partial<Row> = {
  'answers early and reads on': { exit: 0, shows: ANSWER, closed: { ...IN_ORDER, bytesOut: ECHOED_BYTES } },
  'half-closes': { exit: 0, shows: ANSWER, closed: IN_ORDER, heard: /forty-two/ },
  'answers behind our FIN': WAITS_FOR_THEM,
  'closes with unread input': {
    ...{ exit: 1, shows: ANSWER, closed: { reason: 'reset', code: RESET_CODE }, result: RESET },
  },
}

const ROOM: Partial<Row> = {
  'answers early': 'n/a: a room keeps 1 MB for a member that does not read, and then throws it out',
  'answers early and reads on': 'n/a: a room keeps 1 MB for a member that does not read, and then throws it out',
  'answers behind our FIN': WAITS_FOR_THEM,
  'never reads': 'n/a: a room keeps 1 MB for a member that does not read, and then throws it out',
}

const COMMAND: Partial<Row> = { 'answers behind our FIN': WAITS_FOR_THEM }

export const ACCEPTING_ROWS = {
  listen: conversation(false),
  'listen --tls': conversation(true),
  'listen unix:': conversation(false, {
    'RST at once': NO_RESET,
    'RST before data': NO_RESET,
    'RST between data': NO_RESET,
    'RST behind data': NO_RESET,
  }),
  'listen --echo': conversation(false, ECHO),
  'listen --echo --tls': conversation(true, ECHO),
  'listen --reply': conversation(false),
  'listen --reply --tls': conversation(true),
  'listen --discard': discard(false),
  'listen --discard --tls': discard(true),
  'listen --chat': conversation(false, ROOM),
  'listen --chat --tls': conversation(true, ROOM),
  'listen --exec': conversation(false, COMMAND),
  'listen --exec --tls': conversation(true, COMMAND),
  'listen --http': http(false),
  'listen --http --tls': http(true),
  'listen --http --delay': http(false),
  'listen --serve': http(false),
  'listen --serve --tls': http(true),
  'listen --replay': replay(false),
  'listen --replay --tls': replay(true),
  'listen --smtp': sink(false),
  'listen --smtp --tls': sink(true),
  'listen --smtp --delay': sink(false),
  'listen --smtp --starttls': sink(true, STARTTLS_HANDSHAKES),
}

/** What the client says changes nothing, and is shown all the same. */
function replay(tls: boolean): Row {
  return conversation(tls)
}
