/** What a descriptor is watched for: that there is something to read, each time; or once for each connect(2), that it has ended. */
export type PollerInterest = 'readable' | 'connected'

/**
 * Tells which of many descriptors are ready. A descriptor that is closed is watched no more. Linux has epoll(7); for a
 * system that has kqueue(2) it is a second file beside that one.
 */
export interface Poller {
  /** Watches a descriptor from here on. Returns 0, or the errno with which the system refused. */
  add(fd: number, interest: PollerInterest): number
  /** Waits up to `timeoutMs` for descriptors that are ready. Returns how many are; 0 where a signal came first. */
  wait(timeoutMs: number): number
  /** The descriptor of the last {@link Poller.wait} at that place, counted from 0. */
  readyAt(place: number): number
  /** Waits on a thread of libuv's; `done` is called in a later turn, and {@link Poller.wait} then tells what is ready. */
  waitAside(timeoutMs: number, done: () => void): void
  /** Never while something waits aside. */
  close(): void
}
