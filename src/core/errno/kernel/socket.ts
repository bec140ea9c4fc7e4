import { hint } from '../../hint.js'
import { type CodeEntry, errno } from '../entry.js'

/** A call that does not fit its socket: kinds, families, options, arguments. */
export const socketCodes = (): readonly CodeEntry[] => [
  errno('EINVAL', [22, 22, 10022], ['connect', 'bind', 'listen', 'accept', 'send', 'recv', 'socket', 'shutdown'], {
    meaning: 'the system does not take one of the arguments, or not in this state',
    causes: [
      'a blackhole route to that address on Linux',
      'the socket is bound already',
      'a link-local IPv6 address without its interface (fe80::1%eth0)',
      'a loopback source for a target outside',
    ],
    hint: 'check address, scope and source address, then the route to the target for a blackhole',
  }),
  errno('EBADF', [9, 9, 10009], ['connect', 'bind', 'listen', 'accept', 'send', 'recv', 'close', 'read', 'write'], {
    meaning: 'the descriptor is not open, or not for this use',
    causes: ['it was closed before', 'a file opened only for reading is written to'],
    hint: 'look for who closed it; if netkit did it by itself, that is a bug to report',
  }),
  errno('ENOTSOCK', [88, 38, 10038], ['connect', 'bind', 'listen', 'accept', 'send', 'recv', 'shutdown'], {
    meaning: 'the descriptor, or the path, is not a socket',
    causes: ['a file or pipe passed where a socket is expected', 'a path that is an ordinary file'],
    hint: 'check with ls -l (or lsof) what the path or descriptor really is',
  }),
  errno('EFAULT', [14, 14, 10014], ['connect', 'bind', 'accept', 'send', 'recv', 'getaddrinfo'], {
    meaning: 'a call was given memory that is not its own',
    causes: ['a bug in this program or a library', 'a structure of the wrong size on Windows'],
    hint: 'report it with the command and the versions: this is a bug, not the network',
  }),
  errno('EAFNOSUPPORT', [97, 47, 10047], ['socket', 'connect', 'bind', 'send'], {
    meaning: 'this socket or this machine does not do that address family',
    causes: [
      'IPv6 is switched off',
      'an IPv6 address on an IPv4 socket or the reverse',
      'a sandbox forbids the family',
    ],
    ...hint('check that IPv6 is on, and try the other family', 'one-family'),
  }),
  errno('EPFNOSUPPORT', [96, 46, 10046], ['socket', 'connect'], {
    meaning: 'the system does not have that protocol family',
    causes: ['the kernel was built or started without it', 'its module is not loaded'],
    ...hint('load or install the protocol on this machine, or try the other family', 'one-family'),
  }),
  errno('EPROTONOSUPPORT', [93, 43, 10043], ['socket', 'accept'], {
    meaning: 'the system does not have that protocol for this family',
    causes: ['the kernel module of the protocol is missing', 'the protocol is switched off'],
    hint: 'use TCP or UDP, or load the module of the protocol',
  }),
  errno('EPROTOTYPE', [91, 41, 10041], ['socket', 'connect', 'send'], {
    meaning: 'the protocol does not fit the type of the socket',
    causes: ['a datagram Unix socket met with a stream, or the reverse', 'macOS: sent while the connection went down'],
    hint: 'check whether the other end is a stream or a datagram socket',
  }),
  errno('ESOCKTNOSUPPORT', [94, 44, 10044], ['socket', 'accept'], {
    meaning: 'the system does not have that type of socket for this family',
    causes: ['a type that the protocol does not offer', 'the module for it is missing'],
    hint: 'use a stream or a datagram socket',
  }),
  errno('EOPNOTSUPP', [95, 102, 10045], ['accept', 'listen', 'connect', 'send', 'recv', 'setsockopt'], {
    meaning: 'this kind of socket cannot do that',
    causes: ['listen(2) or accept(2) on a datagram socket', 'a flag or option that it does not know'],
    hint: 'check that the kind of socket (stream, datagram, listening) fits what is asked',
  }),
  errno('ENOTSUP', [95, 45, 129], ['accept', 'listen', 'connect', 'send', 'recv', 'setsockopt', 'open'], {
    meaning: 'the system does not support that here',
    causes: ['a socket option such as SO_REUSEPORT that this system lacks', 'a file system without that feature'],
    hint: 'leave the option out, or use a system that has it',
  }),
  errno('ENOPROTOOPT', [92, 42, 10042], ['connect', 'send', 'setsockopt'], {
    meaning: 'the protocol is not available there, or the option is unknown here',
    causes: ['a router answered ICMP protocol unreachable', 'a socket option that the system lacks'],
    hint: 'when connecting, look for a firewall that rejects as protocol unreachable; else leave the option out',
  }),
  errno('EDESTADDRREQ', [89, 39, 10039], ['send', 'bind', 'connect'], {
    meaning: 'a datagram was sent without saying to whom',
    causes: ['an unconnected UDP socket used without an address', 'a bind to an empty Unix path'],
    hint: 'give the target address, or connect the socket first',
  }),
  errno('ENOSYS', [38, 78, 40], ['socket', 'accept', 'connect', 'getaddrinfo'], {
    meaning: 'this system does not have that call',
    causes: ['an old kernel', 'a sandbox or emulator that blocks the call'],
    hint: 'try outside the sandbox or container, or on a newer system',
  }),
  errno('ENODEV', [19, 19, 19], ['bind', 'connect', 'send', 'setsockopt', 'open'], {
    meaning: 'there is no such device or interface',
    causes: ['an interface name that does not exist', 'the interface has just gone', 'an IPv6 scope that is unknown'],
    ...hint('check the name or the scope against the interfaces of this machine', 'local'),
  }),
  errno('ENXIO', [6, 6, 6], ['open', 'connect', 'send'], {
    meaning: 'there is nothing behind that device, interface or path',
    causes: ['a Unix socket opened like a file', 'a FIFO without a reader', 'an IPv6 scope without an interface'],
    hint: 'connect to a Unix socket as unix:PATH instead of opening it, or check the interface',
  }),
  errno('ESRCH', [3, 3, 3], ['connect', 'send'], {
    meaning: 'the process or routing entry asked for does not exist',
    causes: ['a process that has ended', 'a route that is not there'],
    hint: 'check that the process still runs and that the route exists',
  }),
  errno('EOVERFLOW', [75, 84, 132], ['recv', 'open', 'read'], {
    meaning: 'a value is too large for the place it should go to',
    causes: ['a file of 2 GiB or more opened by an old program', 'a counter out of range'],
    hint: 'report it with the command and the versions: a size is not handled',
  }),
  errno('E2BIG', [7, 7, 7], ['open', 'send', 'setsockopt'], {
    meaning: 'the arguments are longer than the system takes',
    causes: ['a very long command line or environment', 'a socket filter that is too long'],
    hint: 'pass less on the command line: use a file or stdin',
  }),
]
