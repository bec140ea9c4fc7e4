import { constants } from 'node:os'
import { type Koffi, SyscallUnavailable } from './koffi.js'
import type { Poller, PollerInterest } from './poller.js'

// <sys/epoll.h>
const EPOLL_CTL_ADD = 1
const EPOLL_CLOEXEC = 0o2000000
const EPOLLIN = 0x001
const EPOLLOUT = 0x004
const EPOLLERR = 0x008
const EPOLLHUP = 0x010
const EPOLLET = 0x8000_0000

/** struct epoll_event: a 32-bit mask, then 64 bits of ours; packed on x86-64 alone (<bits/epoll.h>). */
const EVENT = process.arch === 'x64' ? { size: 12, data: 4 } : { size: 16, data: 8 }

/** Edge-triggered where it is about connect(2): a descriptor stays watched while it serves again. */
const MASK: Readonly<Record<PollerInterest, number>> = {
  readable: EPOLLIN,
  connected: EPOLLOUT | EPOLLERR | EPOLLHUP | EPOLLET,
}

/** epoll(7) through koffi. The function returned opens one that tells of up to `most` descriptors at a time. */
export function bindEpoll(koffi: Koffi): (most: number) => Poller {
  const library = koffi.load(null)
  const create = library.func('int epoll_create1(int flags)')
  const control = library.func('int epoll_ctl(int epoll, int operation, int fd, const uint8_t *event)')
  const wait = library.func('int epoll_wait(int epoll, uint8_t *events, int max, int timeout)')
  const close = library.func('int close(int fd)')
  return (most) => {
    const epoll: number = create(EPOLL_CLOEXEC)
    if (epoll < 0) throw new SyscallUnavailable(`no descriptors for the engine (errno ${koffi.errno()})`)
    const events = new Uint8Array(EVENT.size * most)
    const view = new DataView(events.buffer)
    const event = new Uint8Array(EVENT.size)
    const eventView = new DataView(event.buffer)
    /** The thread's own, which nobody reads. */
    const aside = new Uint8Array(EVENT.size)
    return {
      add(fd, interest) {
        eventView.setUint32(0, MASK[interest], true)
        eventView.setUint32(EVENT.data, fd, true)
        return control(epoll, EPOLL_CTL_ADD, fd, event) === 0 ? 0 : koffi.errno()
      },
      wait(timeoutMs) {
        const count: number = wait(epoll, events, most, timeoutMs)
        if (count >= 0) return count
        const errno = koffi.errno()
        if (errno === constants.errno.EINTR) return 0
        throw new Error(`epoll_wait failed with errno ${errno}`)
      },
      readyAt: (place) => view.getUint32(place * EVENT.size + EVENT.data, true),
      waitAside: (timeoutMs, done) => wait.async(epoll, aside, 1, timeoutMs, done),
      close: () => void close(epoll),
    }
  }
}
