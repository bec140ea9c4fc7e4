import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'

/**
 * What the TLS of a scripted peer runs over: the connection, with a hand between the two. It can keep back what TLS
 * writes, to send half of a record, and slip in what the other side never sent, to make TLS raise an alert.
 */
export class Wire extends Duplex {
  readonly #raw: Socket
  #stopped = false
  #kept: Buffer[] | null = null
  #tellKept = () => {}

  constructor(raw: Socket) {
    super({ allowHalfOpen: true })
    this.#raw = raw
    raw.on('data', (bytes: Buffer) => void this.push(bytes))
    raw.once('end', () => void this.push(null))
    raw.on('error', (error) => this.destroy(error))
    raw.once('close', () => this.destroy())
    raw.resume()
  }

  /** Nothing more is read from the connection. */
  stop(): void {
    this.#stopped = true
  }

  /** To TLS this came from the other side. */
  slipIn(bytes: Uint8Array): void {
    this.push(bytes)
  }

  /** From now on nothing is sent. Resolves to what TLS wanted to send first. */
  keepBack(): Promise<Buffer> {
    const kept: Buffer[] = []
    this.#kept = kept
    return new Promise((resolve) => {
      this.#tellKept = () => resolve(Buffer.concat(kept))
    })
  }

  override _read(): void {
    if (!this.#stopped) this.#raw.resume()
  }

  override _write(bytes: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.#kept?.push(bytes)
    this.#tellKept()
    // A peer that is gone is part of the tests: TLS need not know.
    if (this.#kept || this.#raw.destroyed) done()
    else this.#raw.write(bytes, () => done())
  }

  override _final(done: () => void): void {
    if (this.#raw.destroyed) done()
    else this.#raw.end(done)
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#raw.destroy()
    done(error)
  }
}
