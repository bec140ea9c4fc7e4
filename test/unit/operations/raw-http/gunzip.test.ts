import { gunzipSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { crc32, crc32ByTable } from '../../../../src/operations/raw-http/crc32.js'
import { Gunzip } from '../../../../src/operations/raw-http/gunzip.js'

/** Through it in pieces; what came out, how far it went, and what it said. */
async function gunzip(pieces: readonly Uint8Array[]) {
  const stream = new Gunzip()
  const out: Buffer[] = []
  let error: string | null = null
  stream.on('data', (bytes: Buffer) => out.push(bytes))
  await new Promise<void>((resolve) => {
    stream.on('end', resolve).on('error', ({ message }) => {
      error = message
      resolve()
    })
    for (const piece of pieces) stream.write(piece)
    stream.end()
  })
  return { text: Buffer.concat(out), used: stream.bytesWritten, error }
}

const cutAt = (bytes: Uint8Array, cuts: readonly number[]) => {
  const edges = [0, ...cuts.map((each) => each % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
  return edges.slice(1).map((edge, i) => bytes.subarray(edges[i], edge))
}

/** A member with every part that RFC 1952 2.3 allows, which zlib's own writer leaves out. */
function member(text: Uint8Array, parts: { extra: boolean; name: boolean; comment: boolean; check: boolean }): Buffer {
  const plain = gzipSync(text)
  const flags = (parts.check ? 2 : 0) | (parts.extra ? 4 : 0) | (parts.name ? 8 : 0) | (parts.comment ? 16 : 0)
  const header = Buffer.concat([
    plain.subarray(0, 3),
    Buffer.of(flags),
    plain.subarray(4, 10),
    Buffer.from(parts.extra ? '\x03\0a\0b' : '', 'latin1'),
    Buffer.from(parts.name ? 'name\0' : ''),
    Buffer.from(parts.comment ? '\0' : ''),
  ])
  const check = Buffer.alloc(parts.check ? 2 : 0)
  if (parts.check) check.writeUInt16LE(crc32(header, 0) & 0xffff)
  return Buffer.concat([header, check, plain.subarray(10)])
}

const flag = fc.boolean()
const members = fc.array(
  fc
    .tuple(fc.uint8Array({ maxLength: 300 }), fc.record({ extra: flag, name: flag, comment: flag, check: flag }))
    .map(([text, parts]) => member(text, parts)),
  { minLength: 1, maxLength: 3 },
)
const cuts = fc.array(fc.nat(), { maxLength: 8 })

describe('gzip (RFC 1952)', () => {
  it("comes to what zlib's own comes to, padded or not, however it is cut", async () => {
    await fc.assert(
      fc.asyncProperty(members, fc.constantFrom(0, 1, 9), cuts, async (each, zeros, at) => {
        const bytes = Buffer.concat([...each, Buffer.alloc(zeros)])
        const { text, used, error } = await gunzip(cutAt(bytes, at))
        expect({ error, used }).toEqual({ error: null, used: bytes.length })
        expect(text.equals(gunzipSync(bytes))).toBe(true)
      }),
      { numRuns: 200 },
    )
  })

  it('ends before what is no member, with all that it had', async () => {
    await fc.assert(
      fc.asyncProperty(
        members,
        fc.constantFrom('junk', '\x1f', '\x1f\x8b', '\x1f\x8b\x08j'),
        cuts,
        async (each, junk, at) => {
          const bytes = Buffer.concat(each)
          const { text, used, error } = await gunzip(cutAt(Buffer.concat([bytes, Buffer.from(junk, 'latin1')]), at))
          expect({ error, used }).toEqual({ error: null, used: bytes.length })
          expect(text.equals(gunzipSync(bytes))).toBe(true)
        },
      ),
      { numRuns: 100 },
    )
  })

  it('is none where it is cut, or another byte stands in it, and says so as zlib does', async () => {
    const text = Buffer.from('to be or not to be, '.repeat(20))
    const whole = gzipSync(text)
    for (let size = 1; size < whole.length; size++)
      expect((await gunzip([whole.subarray(0, size)])).error, `${size} bytes`).toBe('unexpected end of file')
    for (const at of [0, 1, 2, 3, whole.length - 8, whole.length - 4]) {
      const other = Buffer.from(whole)
      other[at] = 0xff
      let own = ''
      try {
        gunzipSync(other)
      } catch (error) {
        own = error instanceof Error ? error.message : ''
      }
      expect((await gunzip([other])).error, `byte ${at}`).toBe(own)
    }
    expect((await gunzip([whole.subarray(0, -8), Buffer.alloc(8)])).text.equals(text)).toBe(true)
  })

  it('holds no name without an end', async () => {
    const header = Buffer.from('\x1f\x8b\x08\x08\0\0\0\0\0\x03', 'latin1')
    expect((await gunzip([header, Buffer.alloc(300_000, 'a')])).error).toBe('header too long')
  })
})

it('the check value is the same with and without one of Node', () => {
  expect(crc32ByTable(Buffer.from('123456789'), 0)).toBe(0xcbf43926)
  fc.assert(
    fc.property(fc.uint8Array(), fc.uint8Array(), (one, two) => {
      const both = crc32(Buffer.concat([one, two]), 0)
      expect(crc32ByTable(two, crc32ByTable(one, 0))).toBe(both)
      expect(crc32(two, crc32(one, 0))).toBe(both)
    }),
  )
})
