import { expect, onTestFinished, test } from 'vitest'
import { SyscallUnavailable } from '../../../../src/net/syscall/koffi.js'
import { type Libc, loadLibc } from '../../../../src/net/syscall/libc.js'
import { AF_UNIX, SOCK_DGRAM, SOCK_NONBLOCK } from '../../../../src/net/syscall/linux.js'
import type { Poller } from '../../../../src/net/syscall/poller.js'

/** Null where system calls are not made: not Linux, or no koffi. */
const libc: Libc | null = await loadLibc().catch((error: unknown) => {
  if (error instanceof SyscallUnavailable) return null
  throw error
})

/** Descriptors that a test has closed itself. */
const closed = new Set<number>()

function pairs(libc: Libc, count: number): readonly (readonly [one: number, other: number])[] {
  return Array.from({ length: count }, () => {
    const fds = new Int32Array(2)
    expect(libc.socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, fds)).toBe(0)
    const [one = -1, other = -1] = fds
    onTestFinished(() => {
      for (const fd of [one, other]) if (!closed.delete(fd)) libc.close(fd)
    })
    return [one, other] as const
  })
}

function open(libc: Libc, most: number): Poller {
  const poller = libc.openPoller(most)
  onTestFinished(() => poller.close())
  return poller
}

function ready(poller: Poller): number[] {
  return Array.from({ length: poller.wait(0) }, (_, place) => poller.readyAt(place)).sort((a, b) => a - b)
}

test.skipIf(libc === null)(
  'needs Linux with koffi: tells of each descriptor that has something to read, until it is read',
  () => {
    if (!libc) return
    const poller = open(libc, 8)
    const [[a, toA], [b, toB], [c]] = pairs(libc, 3) as [
      readonly [number, number],
      readonly [number, number],
      readonly [number, number],
    ]
    for (const fd of [a, b, c]) expect(poller.add(fd, 'readable')).toBe(0)
    expect(ready(poller)).toEqual([])
    for (const fd of [toA, toB]) expect(libc.send(fd, Uint8Array.of(1), 1, 0)).toBe(1)
    expect(ready(poller)).toEqual([a, b].sort((x, y) => x - y))
    expect(ready(poller)).toHaveLength(2) // nobody has read them
    libc.close(b)
    closed.add(b)
    expect(ready(poller)).toEqual([a])
  },
)

test.skipIf(libc === null)('needs Linux with koffi: tells of no more than it was opened for at a time', () => {
  if (!libc) return
  const poller = open(libc, 2)
  for (const [one, other] of pairs(libc, 5)) {
    expect(poller.add(one, 'readable')).toBe(0)
    libc.send(other, Uint8Array.of(1), 1, 0)
  }
  expect(ready(poller)).toHaveLength(2)
})

test.skipIf(libc === null)('needs Linux with koffi: what is watched for its connection is told of once', () => {
  if (!libc) return
  const poller = open(libc, 8)
  const [[one]] = pairs(libc, 1) as [readonly [number, number]]
  expect(poller.add(one, 'connected')).toBe(0)
  expect(ready(poller)).toEqual([one])
  expect(ready(poller)).toEqual([])
})

test.skipIf(libc === null)('needs Linux with koffi: says why it does not watch what is no descriptor', () => {
  if (!libc) return
  expect(open(libc, 8).add(-1, 'readable')).toBeGreaterThan(0)
})

test.skipIf(libc === null)('needs Linux with koffi: waits aside for what the loop then reads of', async () => {
  if (!libc) return
  const poller = open(libc, 8)
  const [[one, other]] = pairs(libc, 1) as [readonly [number, number]]
  poller.add(one, 'readable')
  const told = new Promise<void>((resolve) => poller.waitAside(20_000, resolve))
  libc.send(other, Uint8Array.of(1), 1, 0)
  await told
  expect(ready(poller)).toEqual([one])
})
