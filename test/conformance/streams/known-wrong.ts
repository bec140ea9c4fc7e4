import type { FateName } from './fates.js'
import type { UserName } from './users.js'

interface Wrong {
  /** `at times`: it depends on who is faster, and so cannot be asserted. */
  readonly when: 'always' | 'at times'
  /** What netkit gives instead of what is right. */
  readonly seen: string
}

type Part = Readonly<Record<string, Wrong>>

function wrong(when: Wrong['when'], fate: FateName, seen: string, users: readonly UserName[]): Part {
  return Object.fromEntries(users.map((user) => [`${user} / ${fate}`, { when, seen }]))
}

const LISTEN_TLS: readonly UserName[] = [
  'listen --tls',
  'listen --echo --tls',
  'listen --reply --tls',
  'listen --discard --tls',
  'listen --chat --tls',
  'listen --exec --tls',
  'listen --http --tls',
  'listen --serve --tls',
  'listen --replay --tls',
  'listen --smtp --tls',
]
const LISTEN_HTTP_TLS: readonly UserName[] = ['listen --http --tls', 'listen --serve --tls']
const LISTEN_BYTES_TLS = LISTEN_TLS.filter((name) => !LISTEN_HTTP_TLS.includes(name) && name !== 'listen --smtp --tls')
const SINKS: readonly UserName[] = [
  ...(['listen --smtp', 'listen --smtp --tls', 'listen --smtp --delay', 'listen --smtp --starttls'] as const),
]

/**
 * Cells whose right value netkit does not give yet. One that has become right fails the suite until it is taken off
 * this list.
 */
export const KNOWN_WRONG: Readonly<Record<string, Wrong>> = {
  ...wrong('at times', 'answers early', 'the failed write ends the reading: 0 bytes in, the last words are lost', [
    ...(['listen', 'listen --tls', 'listen unix:', 'listen --exec', 'listen --exec --tls'] as const),
  ]),
  ...wrong('always', 'answers early', 'the last words are lost, or bytesOut counts what never left', [
    ...(['listen --reply', 'listen --reply --tls', 'listen --replay', 'listen --replay --tls'] as const),
    ...(['listen --http', 'listen --http --tls', 'listen --http --delay'] as const),
  ]),
  ...wrong('always', 'never reads', 'bytesOut is 20 MB, of which the peer took 4', [
    ...(['listen --reply', 'listen --reply --tls', 'listen --replay', 'listen --replay --tls'] as const),
    ...(['listen --http', 'listen --http --tls', 'listen --http --delay'] as const),
  ]),

  ...wrong('always', 'RST between data', 'what came of the request appears nowhere', [
    ...(['listen --http', 'listen --http --delay', 'listen --serve'] as const),
  ]),
  ...wrong('always', 'RST behind data', 'the mail, which is whole, appears nowhere', ['listen --smtp --delay']),
  ...wrong('always', 'half-closes', 'no reply, and the mail appears nowhere; exit 0', ['listen --smtp --delay']),
  ...wrong('always', 'RST before data', 'nothing is told of the transaction that was begun', SINKS),
  ...wrong('always', 'RST between data', 'nothing is told of the transaction that was begun', SINKS),

  ...wrong('at times', 'RST at once', 'ended during the handshake: no errno, exit 6', ['resolve https:']),

  ...wrong('at times', 'RST before data', 'fin, exit 0', LISTEN_BYTES_TLS),
  ...wrong('at times', 'RST between data', 'fin or ended, exit 0', LISTEN_BYTES_TLS),
  ...wrong('at times', 'RST behind data', 'fin or ended, exit 0', [...LISTEN_BYTES_TLS, 'listen --smtp --tls']),
  ...wrong('at times', 'RST before data', 'fin, exit 0', LISTEN_HTTP_TLS),
  ...wrong('always', 'RST between data', 'the process ends with 0, without closed and result', LISTEN_HTTP_TLS),
  ...wrong(
    'at times',
    'RST behind data',
    'the process ends with 0, without request, closed and result',
    LISTEN_HTTP_TLS,
  ),

  ...wrong('always', 'FIN without close_notify', 'no closeNotify: as an end in order', LISTEN_TLS),
  ...wrong('always', 'FIN without close_notify', 'no closeNotify: as an end in order', ['listen --smtp --starttls']),
  ...wrong('always', 'TLS alert', 'fin, exit 0; where stdin stays open, netkit does too', LISTEN_TLS),
  ...wrong('always', 'TLS alert', 'fin, exit 0', ['listen --smtp --starttls']),
  ...wrong('always', 'dies within a record', 'an end in order, exit 0', [
    ...(['connect --tls', 'connect --starttls'] as const),
    ...LISTEN_TLS,
  ]),

  ...wrong('always', 'RST at once', 'ECONNRESET without errno, origin tls: a FIN is told so, too', LISTEN_TLS),
  ...wrong('always', 'resets during the handshake', 'ECONNRESET without errno, origin tls: as for FIN', LISTEN_TLS),
  ...wrong('always', 'silent during the handshake', 'nothing is told, for two minutes', LISTEN_TLS),

  ...wrong('always', 'half-closes', 'the process ends with 0, without 250, closed and result', [
    'listen --smtp --starttls',
  ]),
  ...wrong('always', 'dies within a record', 'the process ends with 0, without closed and result', [
    'listen --smtp --starttls',
  ]),
  ...wrong('always', 'ends during the handshake', 'the process ends with 0, without closed and result', [
    'listen --smtp --starttls',
  ]),
  ...wrong('always', 'refuses the handshake', 'ended by us, code null, exit 0', ['listen --smtp --starttls']),
}
