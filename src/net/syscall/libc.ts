import { bindEpoll } from './epoll.js'
import { importKoffi, SyscallUnavailable } from './koffi.js'
import { AF_INET, ARCHITECTURES, SOCK_NONBLOCK, SOCK_STREAM } from './linux.js'
import type { Poller } from './poller.js'

/** The calls of libc that netkit makes itself, as they are: -1 for an error, whose number `errno()` then tells. */
export interface Libc {
  socket(domain: number, type: number, protocol: number): number
  connect(fd: number, address: Uint8Array, length: number): number
  bind(fd: number, address: Uint8Array, length: number): number
  getsockname(fd: number, address: Uint8Array, length: Int32Array): number
  getsockopt(fd: number, level: number, name: number, value: Int32Array, length: Int32Array): number
  setsockopt(fd: number, level: number, name: number, value: Int32Array, length: number): number
  close(fd: number): number
  send(fd: number, bytes: Uint8Array, length: number, flags: number): number
  /** `headers` is an array of struct mmsghdr; returns how many datagrams went. */
  sendmmsg(fd: number, headers: Uint8Array, count: number, flags: number): number
  recvmmsg(fd: number, headers: Uint8Array, count: number, flags: number, timeout: null): number
  socketpair(domain: number, type: number, protocol: number, fds: Int32Array): number
  if_nametoindex(name: string): number
  /** Where the memory of an array is: it stays there as long as the array is in use, where it is not tiny. */
  addressOf(bytes: Uint8Array): bigint
  errno(): number
  /** Opens what tells which sockets are ready, up to `most` at a time. Throws SyscallUnavailable where it cannot be. */
  openPoller(most: number): Poller
}

/** Binds libc through koffi. Rejects with SyscallUnavailable, in words for a user, where that cannot be. */
export async function loadLibc(): Promise<Libc> {
  if (process.platform !== 'linux' || !ARCHITECTURES.includes(process.arch)) {
    throw new SyscallUnavailable(`system calls are made on Linux alone, not on ${process.platform} ${process.arch}`)
  }
  const koffi = await importKoffi()
  let libc: Libc
  try {
    const library = koffi.load(null)
    libc = {
      socket: library.func('int socket(int domain, int type, int protocol)'),
      connect: library.func('int connect(int fd, const uint8_t *address, uint32_t length)'),
      bind: library.func('int bind(int fd, const uint8_t *address, uint32_t length)'),
      getsockname: library.func('int getsockname(int fd, uint8_t *address, int *length)'),
      getsockopt: library.func('int getsockopt(int fd, int level, int name, int *value, int *length)'),
      setsockopt: library.func('int setsockopt(int fd, int level, int name, const int *value, uint32_t length)'),
      close: library.func('int close(int fd)'),
      send: library.func('intptr_t send(int fd, const uint8_t *bytes, size_t length, int flags)'),
      sendmmsg: library.func('int sendmmsg(int fd, uint8_t *headers, unsigned int count, int flags)'),
      recvmmsg: library.func('int recvmmsg(int fd, uint8_t *headers, unsigned int count, int flags, void *timeout)'),
      socketpair: library.func('int socketpair(int domain, int type, int protocol, int *fds)'),
      if_nametoindex: library.func('unsigned int if_nametoindex(const char *name)'),
      addressOf: (bytes) => koffi.address(bytes),
      errno: () => koffi.errno(),
      openPoller: bindEpoll(koffi),
    }
  } catch (error) {
    throw new SyscallUnavailable(`libc could not be bound: ${(error as Error).message}`, { cause: error })
  }
  checkPoller(libc)
  return libc
}

/** A fresh TCP socket is writable and hung up: a poller must say so of the very descriptor that was put in. */
function checkPoller(libc: Libc): void {
  const poller = libc.openPoller(2)
  const fd = libc.socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)
  try {
    if (fd < 0) throw new SyscallUnavailable(`no descriptors for the engine (errno ${libc.errno()})`)
    if (poller.add(fd, 'connected') !== 0 || poller.wait(0) !== 1 || poller.readyAt(0) !== fd) {
      throw new SyscallUnavailable('the system does not tell as expected which sockets are ready')
    }
  } finally {
    if (fd >= 0) libc.close(fd)
    poller.close()
  }
}
