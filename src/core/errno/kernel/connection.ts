import { hint } from '../../hint.js'
import { type CodeEntry, errno } from '../entry.js'

/** What becomes of one connection: how it starts, stalls, breaks and ends. */
export const connectionCodes = (): readonly CodeEntry[] => [
  errno('ECONNREFUSED', [111, 61, 10061], ['connect', 'send', 'recv'], {
    meaning: 'the host answered that nothing accepts connections on that port',
    causes: [
      'the service is not running',
      'it listens on another address or port',
      'a firewall rejects with a reset or an ICMP port unreachable',
      'a Unix socket file that nobody listens on any more',
    ],
    hint: 'nothing listens on that port; check that the service is up, and on which address it listens',
  }),
  errno('ECONNRESET', [104, 54, 10054], ['connect', 'accept', 'send', 'recv'], {
    meaning: 'the peer, or something between, broke the connection off with a reset',
    causes: [
      'the peer crashed or closed with unread data',
      'a proxy, load balancer or firewall dropped the session',
      'the peer does not like what was sent, or expects TLS',
    ],
    hint: "read the peer's log at this moment, and check whether the port expects another protocol, such as TLS",
  }),
  errno('ECONNABORTED', [103, 53, 10053], ['accept', 'connect', 'send', 'recv'], {
    meaning: 'the connection was given up on this side before it was used',
    causes: [
      'the peer left the accept queue before accept(2) took it',
      'local software such as a VPN or virus scanner cut it',
      'retransmissions went unanswered on Windows',
    ],
    hint: 'try again; if it repeats, look at local VPN, firewall and antivirus software',
  }),
  errno('ETIMEDOUT', [110, 60, 10060], ['connect', 'accept', 'send', 'recv'], {
    meaning: 'the kernel gave up: the peer did not answer any of its retries',
    causes: [
      'a firewall drops the packets silently',
      'the host is off or the address is wrong',
      'the route back is broken',
      'an established peer vanished and keepalive or retransmission ran out',
    ],
    hint: 'check the address, then trace the path: something drops packets without saying so',
  }),
  errno('EAGAIN', [11, 35, 10035], ['connect', 'accept', 'send', 'recv', 'getaddrinfo'], {
    aliases: ['EWOULDBLOCK', 'WSAEWOULDBLOCK'],
    meaning: "it was not done in time: netkit's own deadline ran out, or a non-blocking call would have had to wait",
    causes: [
      'no answer in the time allowed, as SO_RCVTIMEO or connect_ex under settimeout report it',
      'a firewall drops the packets silently',
      'a slow or overloaded peer or path',
      'the queue of a Unix socket, or the local port range, is full',
    ],
    ...hint(
      'if waiting longer changes nothing, look for a firewall that drops silently; else allow more time',
      'more-time',
    ),
  }),
  errno('EINPROGRESS', [115, 36, 10036], ['connect'], {
    meaning: 'the connection has been started and its outcome is not known yet',
    causes: ['a non-blocking connect(2) that waits for the handshake', 'another blocking Winsock call is under way'],
    hint: 'wait until the socket is writable and then read SO_ERROR for the real outcome',
  }),
  errno('EALREADY', [114, 37, 10037], ['connect'], {
    meaning: 'an earlier attempt to connect on this socket has not ended yet',
    causes: ['connect(2) called twice on a non-blocking socket'],
    hint: 'wait for the first attempt, or use a new socket for the second',
  }),
  errno('EISCONN', [106, 56, 10056], ['connect', 'send', 'listen'], {
    meaning: 'the socket is connected already',
    causes: ['connect(2) called again after it succeeded', 'an address given to sendto(2) on a connected stream'],
    hint: 'use the connection that is there, or open a new socket',
  }),
  errno('ENOTCONN', [107, 57, 10057], ['send', 'recv', 'shutdown'], {
    meaning: 'the socket is not connected, or no longer',
    causes: ['the peer reset just before', 'the connection was never made', 'a listening socket was used for data'],
    hint: 'look at the failure before this one: it tells why there is no connection',
  }),
  errno('EPIPE', [32, 32, 32], ['send', 'write'], {
    meaning: 'the other end takes no more data on this connection or pipe',
    causes: ['the peer closed or reset while data was on its way', 'the reader of a pipe ended', 'sent after shutdown'],
    hint: "read what the peer said before it closed, and the peer's log: it left before all was sent",
  }),
  errno('ESHUTDOWN', [108, 58, 10058], ['send', 'recv'], {
    meaning: 'this direction of the socket was shut down before',
    causes: ['data sent after the half-close', 'the connection is being torn down'],
    hint: 'send everything before the half-close, or keep this direction open',
  }),
  errno('ECANCELED', [125, 89, 10103], ['connect', 'accept', 'send', 'recv', 'getaddrinfo'], {
    aliases: ['WSAECANCELLED', 'ABORT_ERR'],
    meaning: 'it was called off before its outcome was known',
    causes: ['^C or SIGTERM', 'an aborted signal', 'the socket was closed while the call waited'],
    hint: 'nothing is known to be wrong with the peer; run it again and let it finish',
  }),
  errno('EINTR', [4, 4, 10004], ['connect', 'accept', 'send', 'recv', 'close', 'open', 'read', 'write'], {
    meaning: 'a signal interrupted the call before it was done',
    causes: ['a signal handler ran', 'the call was cancelled by another thread'],
    hint: 'try again; if it repeats, find out who sends signals to this process',
  }),
  errno('EPROTO', [71, 100, 134], ['accept', 'connect', 'socket', 'send', 'recv', 'handshake'], {
    meaning: 'the two ends do not speak the same protocol',
    causes: [
      'TLS spoken to a plain port, or the reverse',
      'an ICMP parameter problem came back',
      'no TLS version or cipher in common',
    ],
    hint: 'check which protocol the port speaks: plain, TLS or STARTTLS',
  }),
  errno('ENETRESET', [102, 52, 10052], ['connect', 'accept', 'send', 'recv', 'setsockopt'], {
    meaning: 'the network dropped the connection, as keepalive found out',
    causes: ['the peer rebooted', 'the link was lost for longer than keepalive allows', 'the local address went away'],
    hint: 'connect again, and look at the link and at whether the peer restarted',
  }),
]
