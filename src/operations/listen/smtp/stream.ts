import { Duplex } from 'node:stream'

/**
 * A connection as smtp-server wants it: it asks a socket for its state, sets a timeout, and takes all listeners off at
 * STARTTLS, those of the connection's owner too. So it gets this instead. How long silence may last is the owner's to say.
 */
export class SmtpStream extends Duplex {
  readonly #stream: Duplex

  constructor(stream: Duplex) {
    super({ allowHalfOpen: true })
    this.#stream = stream
    stream.on('data', (bytes) => {
      if (!this.push(bytes)) stream.pause()
    })
    stream.once('end', () => this.push(null))
    stream.once('close', () => this.destroy())
  }

  get readyState(): 'open' | 'closed' {
    return this.#stream.writable && this.writable ? 'open' : 'closed'
  }

  setTimeout(): this {
    return this
  }

  override _read(): void {
    this.#stream.resume()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    // An error of the connection is told by its owner; here it only ends the writing.
    this.#stream.write(chunk, () => done())
  }

  override _final(done: () => void): void {
    this.#stream.end()
    done()
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#stream.destroy()
    done(error)
  }
}
