import { once } from 'node:events'
import { Transform, type TransformCallback } from 'node:stream'
import { createInflateRaw, type InflateRaw } from 'node:zlib'
import { crc32 } from './crc32.js'
import { gzipHeaderEnd } from './gzip-header.js'

const TRAILER_BYTES = 8

/**
 * Undoes gzip (RFC 1952), member by member, zeros behind the last allowed. It ends where something else follows, with
 * `bytesWritten` saying where, and all that came before comes out: Node's own fails there, and what it had decoded of
 * the last write is lost. Errors speak as zlib's do.
 */
export class Gunzip extends Transform {
  #state: 'header' | 'data' | 'trailer' | 'between' | 'padding' | 'ended' = 'header'
  /** Of a header or a trailer that is cut. */
  #held = Buffer.alloc(0)
  #inflate: InflateRaw | null = null
  #crc = 0
  #sizeBytes = 0
  #isFirst = true
  #takenBytes = 0

  /** Made use of, as for zlib's own streams. What may be another member's header is so once all of it is there. */
  get bytesWritten(): number {
    return this.#takenBytes - (this.#state === 'trailer' ? 0 : this.#held.length)
  }

  override _transform(chunk: Buffer, _encoding: string, done: TransformCallback): void {
    this.#take(chunk).then(
      () => done(),
      (error: Error) => this.#failBehindData(error, done),
    )
  }

  override _flush(done: TransformCallback): void {
    const isWhole = !this.#isFirst && this.#state !== 'data' && this.#state !== 'trailer'
    if (isWhole) done()
    else void this.#failBehindData(new Error('unexpected end of file'), done)
  }

  override _read(sizeBytes: number): void {
    this.#inflate?.resume()
    super._read(sizeBytes)
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#inflate?.destroy()
    done(error)
  }

  async #take(chunk: Buffer): Promise<void> {
    for (let at = 0; at < chunk.length && this.#state !== 'ended'; ) {
      const used = await this.#step(chunk.subarray(at))
      this.#takenBytes += used
      at += used
    }
  }

  /** How many bytes of `rest` were made use of. */
  async #step(rest: Buffer): Promise<number> {
    switch (this.#state) {
      case 'header':
        return this.#readHeader(rest)
      case 'data':
        return this.#inflateSome(rest)
      case 'trailer':
        return this.#readTrailer(rest)
      case 'between':
        this.#state = rest[0] === 0 ? 'padding' : 'header'
        return 0
      case 'padding': {
        const zeros = rest.findIndex((byte) => byte !== 0)
        if (zeros >= 0) this.#state = 'ended'
        return zeros < 0 ? rest.length : zeros
      }
      case 'ended':
        return 0
    }
  }

  #readHeader(rest: Buffer): number {
    const had = this.#held.length
    const bytes = Buffer.concat([this.#held, rest])
    let end: number | null
    try {
      end = gzipHeaderEnd(bytes)
    } catch (error) {
      if (this.#isFirst) throw error
      this.#state = 'ended'
      return 0
    }
    this.#held = end === null ? bytes : Buffer.alloc(0)
    if (end === null) return rest.length
    this.#state = 'data'
    this.#isFirst = false
    this.#crc = 0
    this.#sizeBytes = 0
    const inflate = createInflateRaw()
    inflate.on('data', (bytes: Buffer) => {
      this.#crc = crc32(bytes, this.#crc)
      this.#sizeBytes += bytes.length
      if (!this.push(bytes)) inflate.pause()
    })
    this.#inflate = inflate
    return end - had
  }

  async #inflateSome(rest: Buffer): Promise<number> {
    const inflate = this.#inflate
    if (!inflate) throw new Error('a gzip member without its decoder')
    const before = inflate.bytesWritten
    await new Promise<void>((resolve, reject) => {
      inflate.once('error', reject) // zlib forgets a write in which it fails
      inflate.write(rest, () => {
        inflate.off('error', reject)
        resolve()
      })
    })
    const used = inflate.bytesWritten - before
    if (used === rest.length) return used
    if (!inflate.readableEnded) await once(inflate, 'end')
    inflate.destroy()
    this.#inflate = null
    this.#state = 'trailer'
    return used
  }

  #readTrailer(rest: Buffer): number {
    const used = Math.min(rest.length, TRAILER_BYTES - this.#held.length)
    this.#held = Buffer.concat([this.#held, rest.subarray(0, used)])
    if (this.#held.length < TRAILER_BYTES) return used
    if (this.#held.readUInt32LE(0) !== this.#crc) throw new Error('incorrect data check')
    if (this.#held.readUInt32LE(4) !== this.#sizeBytes % 2 ** 32) throw new Error('incorrect length check')
    this.#held = Buffer.alloc(0)
    this.#state = 'between'
    return used
  }

  /** What is decoded is handed on before the error would take it away. */
  async #failBehindData(error: Error, done: TransformCallback): Promise<void> {
    while (this.#inflate && this.#inflate.readableLength > 0) await once(this.#inflate, 'data')
    while (this.readableLength > 0) await once(this, 'data')
    done(error)
  }
}
