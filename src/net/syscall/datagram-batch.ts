import { SyscallUnavailable } from './koffi.js'
import type { Libc } from './libc.js'
import { AF_UNIX, IOVEC, MMSGHDR, SOCK_CLOEXEC, SOCK_DGRAM, SOCK_NONBLOCK } from './linux.js'

/** Datagrams that one call sends or brings, at most. */
export const BATCH_DATAGRAMS = 32

/**
 * Room for {@link BATCH_DATAGRAMS} datagrams and what sendmmsg(2) and recvmmsg(2) want to know of them, allocated once. A
 * datagram is written to and read from where the system has it.
 */
export class DatagramBatch {
  /** struct mmsghdr, one for each slot. */
  readonly headers: Uint8Array
  /** The datagrams' memory. */
  readonly slots: readonly Uint8Array[]
  readonly #view: DataView

  constructor(slotBytes: number, addressOf: (bytes: Uint8Array) => bigint) {
    const iovecs = BATCH_DATAGRAMS * MMSGHDR.size
    const data = iovecs + BATCH_DATAGRAMS * IOVEC.size
    const memory = new Uint8Array(data + BATCH_DATAGRAMS * slotBytes)
    const address = addressOf(memory)
    this.headers = memory.subarray(0, iovecs)
    this.#view = new DataView(memory.buffer, 0, data)
    this.slots = Array.from({ length: BATCH_DATAGRAMS }, (_, at) => {
      const [header, iovec, start] = [at * MMSGHDR.size, iovecs + at * IOVEC.size, data + at * slotBytes]
      this.#view.setBigUint64(header + MMSGHDR.iov, address + BigInt(iovec), true)
      this.#view.setBigUint64(header + MMSGHDR.iovCount, 1n, true)
      this.#view.setBigUint64(iovec + IOVEC.base, address + BigInt(start), true)
      this.#view.setBigUint64(iovec + IOVEC.length, BigInt(slotBytes), true)
      return memory.subarray(start, start + slotBytes)
    })
  }

  /** How long the datagram to send from that slot is. */
  setLength(at: number, bytes: number): void {
    this.#view.setUint32(lengthOffset(at), bytes, true)
  }

  /** A copy of the datagram to send from that slot. */
  datagramAt(at: number): Uint8Array {
    return this.slots[at]?.slice(0, this.#view.getUint32(lengthOffset(at), true)) ?? new Uint8Array(0)
  }

  /** How many octets came into that slot, or went out of it. */
  lengthAt(at: number): number {
    return this.#view.getUint32(at * MMSGHDR.size + MMSGHDR.length, true)
  }
}

/** Of the length in an iovec. Its upper half is 0 for good. */
function lengthOffset(at: number): number {
  return BATCH_DATAGRAMS * MMSGHDR.size + at * IOVEC.size + IOVEC.length
}

/** Two datagrams of different lengths go through a pair of sockets. Throws SyscallUnavailable where they do not. */
export function checkBatches(libc: Libc): void {
  const [out, back] = [16, 16].map((bytes) => new DatagramBatch(bytes, libc.addressOf))
  const fds = new Int32Array(2)
  const [one, other] = [0, 1] as const
  if (!out || !back || libc.socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) < 0) {
    throw new SyscallUnavailable(`no pair of sockets (errno ${libc.errno()})`)
  }
  try {
    for (const [at, length] of [3, 5].entries()) {
      out.slots[at]?.fill(length)
      out.setLength(at, length)
    }
    const went = libc.sendmmsg(fds[one] ?? -1, out.headers, 2, 0)
    const came = libc.recvmmsg(fds[other] ?? -1, back.headers, BATCH_DATAGRAMS, 0, null)
    const asSent = [3, 5].every((length, at) => back.lengthAt(at) === length && back.slots[at]?.[length - 1] === length)
    if (went !== 2 || came !== 2 || !asSent) {
      throw new SyscallUnavailable('struct mmsghdr is not laid out as expected here')
    }
  } finally {
    for (const fd of fds) libc.close(fd)
  }
}
