import type { Transform } from 'node:stream'
import { finished } from 'node:stream/promises'
import * as zlib from 'node:zlib'
import { createBrotliDecompress, createInflate, createInflateRaw } from 'node:zlib'
import { counted } from '../../core/text/digits.js'
import type { HeaderPair } from '../../protocol/http/events.js'
import { Gunzip } from './gunzip.js'

/** `bytesWritten`: what it has made use of. */
type Decompressor = Transform & { readonly bytesWritten: number }

const GZIP = new Set(['gzip', 'x-gzip'])
/** RFC 8878. Node has it from 22.15 and 23.8 on; its types for Node 20 do not know it. */
const { createZstdDecompress } = zlib as unknown as { readonly createZstdDecompress?: () => Decompressor }
const KNOWN = new Set([...GZIP, 'deflate', 'br', 'identity', ...(createZstdDecompress ? ['zstd'] : [])])

/**
 * The codings of a body, outermost first: transfer codings (RFC 9112 7) around content codings (RFC 9110 8.4). `left`
 * begins with the first one that is not known: nothing inside it can be reached.
 */
export function codingsOf(
  headers: readonly HeaderPair[],
  transferCodings: readonly string[],
): { decoded: readonly string[]; left: readonly string[] } {
  const content = headers
    .filter(([name]) => name.toLowerCase() === 'content-encoding')
    .flatMap(([, value]) => value.split(','))
    .map((coding) => coding.trim().toLowerCase())
    .filter((coding) => coding !== '')
  const all = [...transferCodings.toReversed(), ...content.toReversed()]
  const unknown = all.findIndex((coding) => !KNOWN.has(coding))
  const end = unknown < 0 ? all.length : unknown
  return { decoded: all.slice(0, end).filter((coding) => coding !== 'identity'), left: all.slice(end) }
}

/** Bytes of a body behind the end of its outermost coding. */
export interface ExtraBytes {
  /** Of the first, on the connection. */
  readonly offset: number
  readonly sizeBytes: number
}

/** Undoes codings one after another, as fast as `deliver` takes what comes out. */
export class BodyDecoder {
  readonly #codings: readonly string[]
  readonly #deliver: (bytes: Uint8Array) => Promise<void> | undefined
  #streams: Decompressor[] = []
  /** Bytes that each of them was given. */
  #given: number[] = []
  #extraAt: number | null = null
  #error: Error | null = null
  #written = () => {}

  /** @param codings outermost first; at least one */
  constructor(codings: readonly string[], deliver: (bytes: Uint8Array) => Promise<void> | undefined) {
    this.#codings = codings
    this.#deliver = deliver
  }

  /** Resolves once `bytes`, which came at `offset`, may be used again. Rejects with what zlib says. */
  async write(offset: number, bytes: Uint8Array): Promise<void> {
    const [first] = this.#streams.length > 0 ? this.#streams : this.#build(bytes)
    this.#given[0] = (this.#given[0] ?? 0) + bytes.length
    await new Promise<void>((resolve) => {
      this.#written = resolve // zlib forgets a write in which it fails
      first?.write(bytes, () => resolve())
    })
    if (this.#error) throw this.#error
    const extraBytes = this.#extraBytes(0)
    if (extraBytes === 0) this.#extraAt = null
    else this.#extraAt ??= offset + bytes.length - extraBytes
  }

  /** Resolves to what follows the end, or null, once all has been delivered. Rejects where the body ends within its coding. */
  async end(): Promise<ExtraBytes | null> {
    const last = this.#streams.at(-1)
    if (!last) return null
    this.#streams[0]?.end()
    await finished(last).catch((error: unknown) => {
      throw this.#error ?? error
    })
    if (this.#error) throw this.#error
    const inner = this.#streams.findIndex((_, i) => i > 0 && this.#extraBytes(i) > 0)
    if (inner > 0)
      throw new Error(`${counted(this.#extraBytes(inner), 'byte')} too many behind the end of ${this.#codings[inner]}`)
    return this.#extraAt === null ? null : { offset: this.#extraAt, sizeBytes: this.#extraBytes(0) }
  }

  #extraBytes(i: number): number {
    return (this.#given[i] ?? 0) - (this.#streams[i]?.bytesWritten ?? 0)
  }

  destroy(): void {
    for (const stream of this.#streams) stream.destroy()
  }

  #build(start: Uint8Array): Decompressor[] {
    this.#streams = this.#codings.map((coding, i) => decoderFor(coding, i === 0 ? start : null))
    this.#streams.forEach((stream, i) => {
      stream.on('error', (error) => {
        this.#error ??= error
        this.destroy()
        this.#written()
      })
      const next = this.#streams[i + 1]
      if (!next) return
      stream.on('data', (bytes: Uint8Array) => {
        this.#given[i + 1] = (this.#given[i + 1] ?? 0) + bytes.length
      })
      stream.pipe(next)
    })
    const last = this.#streams.at(-1)
    last?.on('data', (bytes: Uint8Array) => {
      const taken = this.#deliver(bytes)
      if (!taken) return
      last.pause()
      void taken.then(() => last.resume())
    })
    return this.#streams
  }
}

function decoderFor(coding: string, start: Uint8Array | null): Decompressor {
  if (GZIP.has(coding)) return new Gunzip()
  if (coding === 'br') return createBrotliDecompress()
  if (coding === 'zstd' && createZstdDecompress) return createZstdDecompress()
  // Deflate means zlib's format (RFC 9110 8.4.1.2); some send the bare one, which cannot begin this way (RFC 1950 2.2).
  const [method = 0x78, flags] = start ?? []
  const isZlib = (method & 0x0f) === 8 && (flags === undefined || ((method << 8) | flags) % 31 === 0)
  return isZlib ? createInflate() : createInflateRaw()
}
