import * as zlib from 'node:zlib'
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { exitCodeFor } from '../../../../src/cli/exit-code.js'
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

    it(`${coding}: bytes behind its end are not its own, and all before them is`, async () => {
      for (const junk of ['junk', '\x1f', '\x1f\x8b', `\0\0${'j'.repeat(100_000)}`]) {
        const { outcome, events, body } = await decoded(coding, Buffer.concat([bytes, Buffer.from(junk, 'latin1')]))
        expect(outcome).toMatchObject({ ok: false, failure: { code: 'HTTP_CONTENT_CODING' } })
        expect(exitCodeFor(outcome)).toBe(7)
        expect(body).toBe(TEXT)
        const [head] = ofType(events, 'response')
        const zeros = coding.endsWith('gzip') ? junk.lastIndexOf('\0') + 1 : 0 // which gzip may be padded with
        const offset = (head?.bytes.length ?? 0) + bytes.length + zeros
        expect(ofType(events, 'anomaly')).toMatchObject([{ rule: 'bytes-after-coding', offset }])
      }
    })
  }
})

it('says on the wire where bytes follow the end, chunks and all, and goes on to the end of the body', async () => {
  const port = await answering((socket) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n')
    for (const chunk of [gzipSync('one'), Buffer.from('x'), Buffer.from('yz')]) {
      socket.write(`${chunk.length.toString(16)}\r\n`)
      socket.write(chunk)
      socket.write('\r\n')
    }
    socket.end('0\r\n\r\n')
  })
  const { outcome, events, body } = await run(optionsFor(port, { decompress: true, strict: true }))
  expect(body).toBe('one')
  expect(ofType(events, 'end')).toMatchObject([{ verdict: 'complete', stage: 'done' }])
  const at =
    (ofType(events, 'response')[0]?.bytes.length ?? 0) + '17\r\n'.length + gzipSync('one').length + '\r\n1\r\n'.length
  expect(ofType(events, 'anomaly')).toMatchObject([{ rule: 'bytes-after-coding', offset: at, severity: 'error' }])
  expect(outcome).toMatchObject({
    failure: { message: expect.stringContaining(`3 bytes too many, from byte ${at} on`) },
  })
})

it('bytes behind the end of an inner coding are told as well', async () => {
  const inner = Buffer.concat([gzipSync(TEXT), Buffer.from('junk')])
  const { outcome, body } = await decoded('gzip, br', brotliCompressSync(inner))
  expect(body).toBe(TEXT)
  expect(outcome).toMatchObject({
    failure: { message: expect.stringContaining('4 bytes too many behind the end of gzip') },
  })
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
    expect(outcome).toMatchObject({ ok: false, failure: { code: 'CODING_UNKNOWN' } })
    expect(body).toBe('as it came')
    expect(ofType(events, 'decoding')).toMatchObject([{ decoded: [], left: [coding, 'gzip'] }])
  }
})

it('zstd is undone where Node can, else named', async () => {
  const { outcome, body, events } = await decoded('zstd', ZSTD ? ZSTD(TEXT) : Buffer.from('as it came'))
  expect(outcome.ok).toBe(Boolean(ZSTD))
  expect(body).toBe(ZSTD ? TEXT : 'as it came')
  expect(ofType(events, 'decoding')).toMatchObject([ZSTD ? { decoded: ['zstd'] } : { left: ['zstd'] }])
})
