import { importKoffi, SyscallUnavailable } from './koffi.js'
import {
  AF_INET,
  ARCHITECTURES,
  EPOLL_CLOEXEC,
  EPOLL_CTL_ADD,
  EPOLL_EVENT,
  EPOLLOUT,
  SOCK_NONBLOCK,
  SOCK_STREAM,
} from './linux.js'

/** The calls of libc that netkit makes itself, as they are: -1 for an error, whose number `errno()` then tells. */
export interface Libc {
  socket(domain: number, type: number, protocol: number): number
  connect(fd: number, address: Uint8Array, length: number): number
  bind(fd: number, address: Uint8Array, length: number): number
  getsockname(fd: number, address: Uint8Array, length: Int32Array): number
  getsockopt(fd: number, level: number, name: number, value: Int32Array, length: Int32Array): number
  setsockopt(fd: number, level: number, name: number, value: Int32Array, length: number): number
  close(fd: number): number
  epoll_create1(flags: number): number
  epoll_ctl(epoll: number, operation: number, fd: number, event: Uint8Array): number
  epoll_wait(epoll: number, events: Uint8Array, max: number, timeoutMs: number): number
  /** The same on a thread of libuv's; `done` is called in a later turn. */
  epoll_wait_async(epoll: number, events: Uint8Array, max: number, timeoutMs: number, done: () => void): void
  send(fd: number, bytes: Uint8Array, length: number, flags: number): number
  /** `headers` is an array of struct mmsghdr; returns how many datagrams went. */
  sendmmsg(fd: number, headers: Uint8Array, count: number, flags: number): number
  recvmmsg(fd: number, headers: Uint8Array, count: number, flags: number, timeout: null): number
  socketpair(domain: number, type: number, protocol: number, fds: Int32Array): number
  if_nametoindex(name: string): number
  /** Where the memory of an array is: it stays there as long as the array is in use, where it is not tiny. */
  addressOf(bytes: Uint8Array): bigint
  errno(): number
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
    const wait = library.func('int epoll_wait(int epoll, uint8_t *events, int max, int timeout)')
    libc = {
      socket: library.func('int socket(int domain, int type, int protocol)'),
      connect: library.func('int connect(int fd, const uint8_t *address, uint32_t length)'),
      bind: library.func('int bind(int fd, const uint8_t *address, uint32_t length)'),
      getsockname: library.func('int getsockname(int fd, uint8_t *address, int *length)'),
      getsockopt: library.func('int getsockopt(int fd, int level, int name, int *value, int *length)'),
      setsockopt: library.func('int setsockopt(int fd, int level, int name, const int *value, uint32_t length)'),
      close: library.func('int close(int fd)'),
      epoll_create1: library.func('int epoll_create1(int flags)'),
      epoll_ctl: library.func('int epoll_ctl(int epoll, int operation, int fd, const uint8_t *event)'),
      epoll_wait: wait,
      epoll_wait_async: wait.async,
      send: library.func('intptr_t send(int fd, const uint8_t *bytes, size_t length, int flags)'),
      sendmmsg: library.func('int sendmmsg(int fd, uint8_t *headers, unsigned int count, int flags)'),
      recvmmsg: library.func('int recvmmsg(int fd, uint8_t *headers, unsigned int count, int flags, void *timeout)'),
      socketpair: library.func('int socketpair(int domain, int type, int protocol, int *fds)'),
      if_nametoindex: library.func('unsigned int if_nametoindex(const char *name)'),
      addressOf: (bytes) => koffi.address(bytes),
      errno: () => koffi.errno(),
    }
  } catch (error) {
    throw new SyscallUnavailable(`libc could not be bound: ${(error as Error).message}`, { cause: error })
  }
  checkLayouts(libc)
  return libc
}

/** A fresh TCP socket is writable and hung up: epoll must say so of the very token that was put in. */
function checkLayouts(libc: Libc): void {
  const token = 0x5eed
  const events = new Uint8Array(EPOLL_EVENT.size * 2)
  const view = new DataView(events.buffer)
  view.setUint32(0, EPOLLOUT, true)
  view.setUint32(EPOLL_EVENT.data, token, true)
  const epoll = libc.epoll_create1(EPOLL_CLOEXEC)
  const fd = libc.socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)
  try {
    if (epoll < 0 || fd < 0) throw new SyscallUnavailable(`no descriptors for the engine (errno ${libc.errno()})`)
    const added = libc.epoll_ctl(epoll, EPOLL_CTL_ADD, fd, events)
    events.fill(0)
    const count = libc.epoll_wait(epoll, events, 2, 0)
    if (added !== 0 || count !== 1 || view.getUint32(EPOLL_EVENT.data, true) !== token) {
      throw new SyscallUnavailable('struct epoll_event is not laid out as expected here')
    }
  } finally {
    if (fd >= 0) libc.close(fd)
    if (epoll >= 0) libc.close(epoll)
  }
}
