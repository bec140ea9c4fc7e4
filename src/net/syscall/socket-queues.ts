import { loadAddon } from './koffi.js'
import { ARCHITECTURES, SIOCINQ, SIOCOUTQ } from './linux.js'

/** What the system holds of a socket, in bytes (ioctl(2), tcp(7)). */
export interface SocketQueues {
  /** Handed to the system and not acknowledged by the peer's; a FIN counts as one. */
  readonly sendBytes: number
  /** Came, and was not read. */
  readonly receiveBytes: number
}

type Ioctl = (fd: number, request: number, value: Int32Array) => number

/** Undefined until somebody asks: most runs never do. */
let ioctl: Ioctl | null | undefined

/** Both queues, also of a connection that was reset; null where there is no koffi, or no such socket. */
export function socketQueues(fd: number): SocketQueues | null {
  ioctl ??= bindIoctl()
  const [send, receive] = [new Int32Array(1), new Int32Array(1)]
  if (!ioctl || ioctl(fd, SIOCOUTQ, send) < 0 || ioctl(fd, SIOCINQ, receive) < 0) return null
  return { sendBytes: send[0] ?? 0, receiveBytes: receive[0] ?? 0 }
}

function bindIoctl(): Ioctl | null {
  if (process.platform !== 'linux' || !ARCHITECTURES.includes(process.arch)) return null
  try {
    return loadAddon()?.load(null).func('int ioctl(int fd, unsigned long request, int *value)') ?? null
  } catch {
    return null // koffi is optional
  }
}
