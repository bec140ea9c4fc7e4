import { parentPort } from 'node:worker_threads'
import { decodeMail } from './mail.js'

/** Node's own keeps each of a million lines as an object outside the heap, a kilobyte each, where no limit holds it. */
class LeanBlob {
  readonly #pieces: readonly (Uint8Array | string)[]

  constructor(pieces: readonly (Uint8Array | string)[]) {
    this.#pieces = pieces
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    const pieces = this.#pieces.map((piece) => (typeof piece === 'string' ? Buffer.from(piece) : piece))
    const all = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0))
    let at = 0
    for (const piece of pieces) {
      all.set(piece, at)
      at += piece.length
    }
    return all.buffer
  }
}

if (!parentPort) throw new Error('decode-worker runs as a worker thread')
const port = parentPort
// This thread's own, and nothing else runs in it.
Object.assign(globalThis, { Blob: LeanBlob })
port.on('message', (bytes: Uint8Array) => {
  void decodeMail(bytes).then((mail) => port.postMessage(mail))
})
