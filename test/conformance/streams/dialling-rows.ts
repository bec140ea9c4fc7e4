import type { Cell, Right, Row } from './cell.js'
import * as cell from './cell.js'
import { DNS_ANSWER } from './dialogue.js'

const { ALERT, ANSWER, LATE, NO_HANDSHAKE, NOT_ALL, PART, RESET } = cell

const NO_ROOM: Cell = 'n/a: it has no 20 MB to say'
const STAYS_OPEN: Cell = 'n/a: it keeps its direction open until it has its answer'
const NO_RESET: Cell = 'n/a: a Unix socket knows no reset but the one for unread input'
const LITTLE = { 'answers early': NO_ROOM, 'answers early and reads on': NO_ROOM, 'never reads': NO_ROOM } as const

/** Handshakes that come to nothing, for whoever begins them. */
const HANDSHAKES = {
  'ends during the handshake': { exit: 6, result: NO_HANDSHAKE },
  'resets during the handshake': { exit: 1, result: { ...RESET, phase: 'tls' } },
  'refuses the handshake': { exit: 6, result: { ...ALERT, phase: 'tls' } },
  'silent during the handshake': { exit: 4, result: { ...LATE, phase: 'tls' } },
} as const

function session(tls: boolean, different: Partial<Row> = {}): Row {
  const good: Right = {
    exit: 0,
    shows: ANSWER,
    closed: { reason: 'fin', ...(tls && { closeNotify: true }) },
    result: cell.IN_ORDER,
  }
  const reset: Right = { exit: 1, closed: { reason: 'reset', closedBy: 'peer' }, result: RESET }
  const late: Right = { exit: 4, closed: { reason: 'idle' }, result: LATE }
  const cells: Partial<Row> = {
    'answers early': { ...reset, shows: ANSWER, closed: { ...reset.closed, bytesOut: NOT_ALL } },
    'answers early and reads on': { ...good, closed: { ...good.closed, bytesOut: cell.ALL_BYTES } },
    'last words': good,
    'RST at once': tls ? { exit: 1, result: { ...RESET, phase: 'tls' } } : reset,
    'RST before data': reset,
    'RST between data': { ...reset, shows: PART },
    'RST behind data': { ...reset, shows: ANSWER },
    'half-closes': { ...good, heard: /question/ },
    'answers behind our FIN': good,
    'takes our FIN for a farewell': good,
    silent: late,
    'byte by byte': good,
    'never reads': { ...late, closed: { ...late.closed, bytesOut: NOT_ALL } },
    'closes with unread input': reset,
    ...(tls && {
      'FIN without close_notify': { ...good, closed: { reason: 'fin', closeNotify: false } },
      'TLS alert': { exit: 6, shows: ANSWER, closed: { reason: 'error' }, result: ALERT },
      // Not only might something have been cut off, as without close_notify: half of a record is there to prove it.
      'dies within a record': { exit: 1, closed: { closeNotify: false } },
      ...HANDSHAKES,
    }),
  }
  return cell.row({ tls, role: 'dials' }, cells, different)
}

function http(tls: boolean, different: Partial<Row> = {}): Row {
  const good: Right = { exit: 0, shows: ANSWER, result: { ok: true, verdict: 'complete', statusCode: 200 } }
  const reset: Right = { exit: 1, result: { ...RESET, verdict: 'incomplete' } }
  const late: Right = { exit: 4, result: { ...LATE, verdict: 'incomplete' } }
  const cells: Partial<Row> = {
    // The answer is whole. That the request was not taken is told beside it.
    'answers early': { ...good, tells: /ECONNRESET|EPIPE|reset|refused/ },
    'answers early and reads on': good,
    'last words': good,
    'RST at once': tls ? { exit: 1, result: { ...RESET, phase: 'tls' } } : reset,
    'RST before data': reset,
    'RST between data': { ...reset, shows: PART },
    'RST behind data': good,
    'half-closes': good,
    'answers behind our FIN': STAYS_OPEN,
    'takes our FIN for a farewell': good,
    silent: late,
    'byte by byte': good,
    'never reads': late,
    'closes with unread input': reset,
    ...(tls && {
      'FIN without close_notify': { ...good, closed: { closeNotify: false } },
      'TLS alert': good,
      'dies within a record': { exit: 7, closed: { closeNotify: false }, result: { origin: 'peer' } },
      ...HANDSHAKES,
    }),
  }
  return cell.row({ tls, role: 'dials' }, cells, different)
}

function mail(tls: boolean): Row {
  const good: Right = { exit: 0, shows: ANSWER, result: { ok: true, accepted: 1 } }
  const reset: Right = { exit: 1, result: { ...RESET, accepted: 0 } }
  const unconfirmed: Right = { exit: 1, result: { ...RESET, accepted: 0, unconfirmed: 1 } }
  const refused: Right = { exit: 1, shows: ANSWER, result: { ok: false, origin: 'peer', accepted: 0, refused: 1 } }
  const late: Right = { exit: 4, result: { ...LATE, accepted: 0 } }
  const cells: Partial<Row> = {
    'answers early': refused,
    'answers early and reads on': refused,
    'last words': good,
    'RST at once': tls ? { exit: 1, result: { ...RESET, phase: 'tls' } } : reset,
    'RST before data': unconfirmed,
    'RST between data': { ...unconfirmed, shows: PART },
    // The mail is theirs. What became of QUIT takes nothing back.
    'RST behind data': good,
    'half-closes': good,
    'answers behind our FIN': STAYS_OPEN,
    'takes our FIN for a farewell': good,
    silent: late,
    'byte by byte': good,
    'never reads': late,
    'closes with unread input': unconfirmed,
    ...(tls && {
      'FIN without close_notify': good,
      'TLS alert': good,
      'dies within a record': { exit: 1, result: { ok: false, origin: 'peer', accepted: 0, unconfirmed: 1 } },
      ...HANDSHAKES,
    }),
  }
  return cell.row({ tls, role: 'dials' }, cells)
}

function name(tls: boolean): Row {
  const good: Right = { exit: 0, shows: DNS_ANSWER, result: { ok: true, resolved: 1 } }
  const reset: Right = { exit: 1, result: RESET }
  const cells: Partial<Row> = {
    ...LITTLE,
    'last words': good,
    'RST at once': tls ? { exit: 1, result: { ...RESET, phase: 'tls' } } : reset,
    'RST before data': reset,
    'RST between data': reset,
    'RST behind data': good,
    'half-closes': good,
    'answers behind our FIN': STAYS_OPEN,
    'takes our FIN for a farewell': good,
    silent: { exit: 4, result: LATE },
    'byte by byte': good,
    'closes with unread input': reset,
    ...(tls && {
      'FIN without close_notify': good,
      'TLS alert': good,
      'dies within a record': { exit: 7, result: { ok: false, origin: 'peer' } },
      ...HANDSHAKES,
    }),
  }
  return cell.row({ tls, role: 'dials' }, cells)
}

/** A port is open whatever its service does; all that can be lost is its banner. */
function banner(tls: boolean): Row {
  const open: Right = { exit: 0, event: { type: 'port', state: 'open' } }
  const good: Right = { ...open, shows: ANSWER }
  const cells: Partial<Row> = {
    ...LITTLE,
    'last words': good,
    'RST at once': open,
    'RST before data': open,
    'RST between data': { ...open, shows: PART },
    'RST behind data': good,
    'half-closes': good,
    'answers behind our FIN': STAYS_OPEN,
    'takes our FIN for a farewell': good,
    silent: open,
    'byte by byte': good,
    'closes with unread input': open,
    ...(tls && {
      'FIN without close_notify': good,
      'TLS alert': good,
      'dies within a record': open,
      'ends during the handshake': open,
      'resets during the handshake': open,
      'refuses the handshake': open,
      'silent during the handshake': open,
    }),
  }
  return cell.row({ tls, role: 'dials' }, cells)
}

export const DIALLING_ROWS = {
  connect: session(false),
  'connect --tls': session(true),
  'connect --send --expect': session(false, {
    ...LITTLE,
    // What was expected came: there is nothing more that it wants to know.
    'RST behind data': { exit: 0, shows: ANSWER, result: { ok: true } },
    'answers behind our FIN': 'n/a: it waits with its direction open for what it expects',
  }),
  'connect unix:': session(false, {
    'RST at once': NO_RESET,
    'RST before data': NO_RESET,
    'RST between data': NO_RESET,
    'RST behind data': NO_RESET,
  }),
  'connect --starttls': session(true),
  'connect --proxy socks5:': session(false),
  'connect --proxy http:': session(false),
  'raw-http': http(false, LITTLE),
  'raw-http https:': http(true, LITTLE),
  'raw-http --request': http(false),
  'raw-http --data': http(false),
  'raw-http --data https:': http(true),
  'smtp-send': mail(false),
  'smtp-send --starttls': mail(true),
  'smtp-send --tls': mail(true),
  'resolve tcp:': name(false),
  'resolve tls:': name(true),
  'resolve https:': name(true),
  'portscan --banner': banner(false),
  'portscan --banner over TLS': banner(true),
}
