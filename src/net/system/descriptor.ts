import { fstatSync, readSync } from 'node:fs'
import { Socket } from 'node:net'

/** A pipe holds no more; of a file twice as much spares system calls and still fits the processor's caches. */
const PIPE_BYTES = 65_536
const FILE_BYTES = 131_072
/** A file never makes us wait: after this much of it the event loop gets its turn. */
const TURN_BYTES = 1_048_576

/**
 * The bytes of an inherited descriptor until its end, without copying: a piece is valid until the second after it is
 * asked for, so that one can be read while another is on its way. `stream` is what Node makes of the descriptor, for terminals and whatever else it knows best.
 * Throws what read(2) says.
 */
export function readDescriptor(fd: number, stream: () => AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const stat = fstatSync(fd)
  // Of a folder Node makes an empty stream: reading it says EISDIR.
  if (stat.isFile() || stat.isDirectory()) return readFile(fd)
  if (stat.isFIFO() || stat.isSocket()) return readPipe(fd)
  return stream()
}

/** Whether it is a file with a beginning and an end, which others may read as well. */
export function isRegularFile(fd: number): boolean {
  return fstatSync(fd).isFile()
}

/** Whether Node, for want of a stream that fits, takes it for empty: a folder, which cannot be read, or a disk. */
export function seemsEmptyToNode(fd: number): boolean {
  const stat = fstatSync(fd)
  return stat.isDirectory() || stat.isBlockDevice()
}

async function* readFile(fd: number): AsyncGenerator<Uint8Array> {
  const nextBuffer = alternating(FILE_BYTES)
  let turnBytes = 0
  for (;;) {
    const buffer = nextBuffer()
    const length = readSync(fd, buffer, 0, FILE_BYTES, null)
    if (length === 0) return
    yield buffer.subarray(0, length)
    turnBytes += length
    if (turnBytes < TURN_BYTES) continue
    turnBytes = 0
    await new Promise((resolve) => setImmediate(resolve))
  }
}

async function* readPipe(fd: number): AsyncGenerator<Uint8Array> {
  let piece: Uint8Array | null = null
  let ended = false
  let failed: Error | null = null
  let wake = () => {}
  const onread = {
    buffer: alternating(PIPE_BYTES),
    callback: (length: number, buffer: Uint8Array) => {
      piece = buffer.subarray(0, length)
      wake()
      return false // no more until the next piece is asked for
    },
  }
  const options = { fd, readable: true, writable: false, onread }
  const socket = new Socket(options)
  socket.on('error', (error) => {
    failed = error
    wake()
  })
  socket.once('end', () => {
    ended = true
    wake()
  })
  try {
    for (;;) {
      socket.resume()
      while (piece === null && !ended && failed === null) await new Promise<void>((resolve) => (wake = resolve))
      if (piece !== null) yield piece
      else if (failed !== null) throw failed
      else return
      piece = null
    }
  } finally {
    socket.destroy()
  }
}

function alternating(size: number): () => Buffer {
  let next = Buffer.allocUnsafeSlow(size)
  let other = Buffer.allocUnsafeSlow(size)
  return () => {
    const current = next
    next = other
    other = current
    return current
  }
}
