import { hint } from '../hint.js'
import { type CodeEntry, everywhere } from './entry.js'

/** The code of an error that carries no code at all, or a number that nobody knows. libuv's own is UNKNOWN. */
export const UNKNOWN_CODE = 'EUNKNOWN'

/** Codes without a number on any system: netkit's fallback, and what libuv and Node's streams say of themselves. */
export const runtimeCodes = (): readonly CodeEntry[] => [
  everywhere('netkit', UNKNOWN_CODE, null, ['connect', 'bind', 'accept', 'send', 'recv', 'handshake', 'query'], {
    aliases: ['UNKNOWN'],
    meaning: 'it failed without saying why',
    causes: ['an error without a code', 'a Windows code that has no counterpart'],
    ...hint('report it, with the versions and all that it shows when run again', 'verbose'),
  }),
  everywhere('netkit', 'EOF', null, ['recv', 'read'], {
    meaning: 'the other end closed while more was expected',
    causes: ['the peer ended early', 'the file or pipe is shorter than promised'],
    hint: "read the peer's log at this moment: it closed in good order but too early",
  }),
  everywhere('netkit', 'ERR_STREAM_PREMATURE_CLOSE', null, ['send', 'recv'], {
    meaning: 'the connection was closed before the transfer was complete',
    causes: ['the peer closed early', 'this side closed while data was under way'],
    hint: 'compare the bytes transferred with those promised, and see who closed first',
  }),
  everywhere('netkit', 'ERR_SOCKET_CLOSED', null, ['send', 'recv', 'shutdown'], {
    meaning: 'the socket was closed on this side before',
    causes: ['the program closed it', 'an earlier failure closed it'],
    hint: 'look at the failure before this one',
  }),
  everywhere('netkit', 'ERR_SOCKET_CLOSED_BEFORE_CONNECTION', null, ['connect'], {
    meaning: 'the socket was closed before the connection was made',
    causes: ['^C or an aborted signal', 'the deadline ran out'],
    hint: 'nothing is known to be wrong with the peer; run it again and let it finish',
  }),
  everywhere('netkit', 'ERR_SOCKET_CONNECTION_TIMEOUT', null, ['connect'], {
    meaning: "the runtime's own limit for one address ran out",
    causes: ['an address that does not answer, tried beside others'],
    ...hint('connect to each address by itself', 'probe'),
  }),
]
