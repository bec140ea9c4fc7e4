import { type CodeEntry, errno } from '../entry.js'

/** What this machine or this process has run out of. */
export const resourceCodes = (): readonly CodeEntry[] => [
  errno('EMFILE', [24, 24, 10024], ['socket', 'accept', 'open', 'getaddrinfo'], {
    meaning: 'this process has as many files and sockets open as it may',
    causes: ['a low ulimit -n', 'too many connections at once', 'descriptors that are never closed'],
    hint: 'raise ulimit -n, or open fewer connections at once',
  }),
  errno('ENFILE', [23, 23, 23], ['socket', 'accept', 'open'], {
    meaning: 'the whole machine has as many files and sockets open as it may',
    causes: ['another process leaks descriptors', 'a low fs.file-max or kern.maxfiles'],
    hint: 'find the process with the most open files (lsof), or raise the limit of the system',
  }),
  errno('ENOBUFS', [105, 55, 10055], ['socket', 'bind', 'listen', 'accept', 'connect', 'send', 'recv'], {
    meaning: 'the network stack has no buffer or queue space left',
    causes: [
      'the queue of the interface is full',
      'too many sockets or connections',
      'ephemeral ports ran out on Windows',
    ],
    hint: 'send slower, open fewer connections at once, and look at socket memory and open connections',
  }),
  errno('ENOMEM', [12, 12, 12], ['socket', 'bind', 'accept', 'connect', 'send', 'recv', 'open', 'setsockopt'], {
    meaning: 'the system has no memory left for this',
    causes: ['memory is used up', 'a container limit', 'socket memory (tcp_mem, udp_mem) is used up'],
    hint: 'look at free memory, the limit of the container and the kernel log',
  }),
  errno('ENOSR', [63, 98, 124], ['accept', 'connect', 'socket'], {
    meaning: 'the system has no STREAMS resources left',
    causes: ['a system that builds sockets over STREAMS ran short of memory'],
    hint: 'free memory on this machine, and try again',
  }),
  errno('ENOSPC', [28, 28, 28], ['open', 'write', 'bind', 'setsockopt', 'rename'], {
    meaning: 'no space is left on the disk, or in a table of the kernel',
    causes: ['the disk or its inodes are full', 'a limit on watches, multicast groups or filters'],
    hint: 'look at df -h and df -i for the folder that is written to',
  }),
  errno('EDQUOT', [122, 69, 10069], ['open', 'write', 'bind', 'rename'], {
    meaning: 'the disk quota of this user is used up',
    causes: ['files of this user fill the quota', 'a quota on the network share'],
    hint: 'delete files or ask for more quota (quota -s)',
  }),
  errno('EFBIG', [27, 27, 27], ['write', 'open'], {
    meaning: 'the file would grow beyond what is allowed',
    causes: ['a ulimit -f', 'the limit of the file system, such as 4 GiB on FAT'],
    hint: 'raise ulimit -f, write to another file system, or split the output',
  }),
  errno('EPROCLIM', [null, 67, 10067], ['socket', 'accept'], {
    meaning: 'as many processes use this as the system allows',
    causes: ['a limit of processes in the network stack'],
    hint: 'end processes that use the network, or raise the limit',
  }),
  errno('EUSERS', [87, 68, 10068], ['socket', 'accept', 'open'], {
    meaning: 'as many users use this as the system allows',
    causes: ['a limit of users or of quota tables'],
    hint: 'ask the administrator of this machine for the limit on users',
  }),
  errno('ETOOMANYREFS', [109, 59, 10059], ['send'], {
    meaning: 'too many descriptors are on their way through Unix sockets',
    causes: ['descriptors passed over Unix sockets that nobody receives', 'a low ulimit -n'],
    hint: 'find the receiver that does not read, or raise ulimit -n',
  }),
]
