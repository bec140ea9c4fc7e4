import * as zlib from 'node:zlib'
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { exitCodeFor } from '../../../src/cli/exit-code.js'
import { answering, ofType, optionsFor, type Ran, run } from './run.js'

const TEXT = 'to be or not to be, '.repeat(5000)
const ZSTD = 'zstdCompressSync' in zlib && typeof zlib.zstdCompressSync === 'function' ? zlib.zstdCompressSync : null

async function decoded(coding: string, bytes: Uint8Array, maxBodyBytes: number | null = null): Promise<Ran> {
  const port = await answering((socket) => {
    socket.write(`HTTP/1.1 200 OK\r\nContent-Encoding: ${coding}\r\nContent-Length: ${bytes.length}\r\n\r\n`)
    socket.end(bytes)
  })
  return run(optionsFor(port, { decompress: true, maxBodyBytes }))
}

describe('a coding that goes wrong', () => {
  const codings: readonly (readonly [string, Buffer])[] = [
    ['gzip', gzipSync(TEXT)],
    ['deflate', deflateSync(TEXT)],
    ['deflate', deflateRawSync(TEXT)],
    ['br', brotliCompressSync(TEXT)],
    ['br, gzip', gzipSync(brotliCompressSync(TEXT))],
  ]
  for (const [coding, bytes] of codings) {
    it(`${coding}: cut anywhere it is no complete body`, async () => {
      for (const length of [1, 2, 5, bytes.length >> 1, bytes.length - 1]) {
        const { outcome } = await decoded(coding, bytes.subarray(0, length))
        expect(outcome, `${length} bytes`).toMatchObject({ ok: false, failure: { code: 'HTTP_CONTENT_CODING' } })
        expect(exitCodeFor(outcome)).toBe(7)
      }
    })

    it(`${coding}: bytes behind its end are not its own`, async () => {
      const { outcome } = await decoded(coding, Buffer.concat([bytes, Buffer.from('junk')]))
      expect(outcome).toMatchObject({ ok: false, failure: { code: 'HTTP_CONTENT_CODING' } })
    })
  }
})

it('gzip of several members is one body', async () => {
  const { outcome, body } = await decoded('gzip', Buffer.concat([gzipSync('one, '), gzipSync('two')]))
  expect(outcome.ok).toBe(true)
  expect(body).toBe('one, two')
})

it('codings in codings are undone up to the bound, however much they would become', async () => {
  const bomb = gzipSync(gzipSync(gzipSync(Buffer.alloc(100_000_000))))
  const { outcome, body } = await decoded('gzip, gzip, gzip', bomb, 5000)
  expect(outcome).toMatchObject({ ok: false, failure: { code: 'EMSGSIZE' } })
  expect(body.length).toBe(5000)
})

it('what nothing here undoes is named and handed over, and nothing inside it is touched', async () => {
  for (const coding of ['compress', 'x-compress']) {
    const { outcome, body, events } = await decoded(`gzip, ${coding}`, Buffer.from('as it came'))
    expect(outcome.ok).toBe(true)
    expect(body).toBe('as it came')
    expect(ofType(events, 'decoding')).toMatchObject([{ decoded: [], left: [coding, 'gzip'] }])
  }
})

it('zstd is undone where Node can, else named', async () => {
  const { outcome, body, events } = await decoded('zstd', ZSTD ? ZSTD(TEXT) : Buffer.from('as it came'))
  expect(outcome.ok).toBe(true)
  expect(body).toBe(ZSTD ? TEXT : 'as it came')
  expect(ofType(events, 'decoding')).toMatchObject([ZSTD ? { decoded: ['zstd'] } : { left: ['zstd'] }])
})
