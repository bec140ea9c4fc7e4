import { rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { client } from '../../../helpers/listen.js'
import { ask, BIG, makeSite, serve } from '../../../helpers/site.js'

describe('ranges (RFC 9110 section 14)', () => {
  test.each([
    ['bytes=0-3', 206, 'bytes 0-3/10', '0123'],
    ['bytes=-2', 206, 'bytes 8-9/10', '89'],
    ['bytes=4-', 206, 'bytes 4-9/10', '456789'],
    ['bytes=0-99', 206, 'bytes 0-9/10', '0123456789'],
    ['bytes=5-1', 200, undefined, '0123456789'],
    ['lines=1-2', 200, undefined, '0123456789'],
  ])('%s', async (range, status, contentRange, body) => {
    const { port } = await serve(makeSite())
    const answer = await ask(port, '/ten.txt', { headers: { range } })
    expect([answer.status, answer.headers['content-range'], answer.body.toString()]).toEqual([
      status,
      contentRange,
      body,
    ])
  })

  test('416 names the size', async () => {
    const { port } = await serve(makeSite())
    const answer = await ask(port, '/ten.txt', { headers: { range: 'bytes=10-' } })
    expect([answer.status, answer.headers['content-range']]).toEqual([416, 'bytes */10'])
  })

  test.each(['/ten.txt', '/big.bin'])('several ranges of %s come as multipart/byteranges', async (path) => {
    const { port } = await serve(makeSite())
    const { status, headers, body } = await ask(port, path, { headers: { range: 'bytes=1-2, -3' } })
    expect(status).toBe(206)
    const boundary = /^multipart\/byteranges; boundary=(\S+)$/.exec(String(headers['content-type']))?.[1]
    const content = path === '/big.bin' ? BIG : Buffer.from('0123456789')
    const size = content.length
    const type = path === '/big.bin' ? 'application/octet-stream' : 'text/plain; charset=utf-8'
    const part = (first: number, last: number) =>
      `--${boundary}\r\nContent-Type: ${type}\r\nContent-Range: bytes ${first}-${last}/${size}\r\n\r\n${content.toString('latin1', first, last + 1)}\r\n`
    expect(body.toString('latin1')).toBe(`${part(1, 2)}${part(size - 3, size - 1)}--${boundary}--\r\n`)
    expect(headers['content-length']).toBe(String(body.length))
  })

  test('of a large file', async () => {
    const { port } = await serve(makeSite())
    const { body } = await ask(port, '/big.bin', { headers: { range: 'bytes=123456-900000' } })
    expect(body.equals(BIG.subarray(123_456, 900_001))).toBe(true)
  })

  test('If-Range: the part only while the file is the same', async () => {
    const { port } = await serve(makeSite())
    const etag = String((await ask(port, '/ten.txt')).headers.etag)
    const range = 'bytes=0-0'
    expect((await ask(port, '/ten.txt', { headers: { range, 'if-range': etag } })).status).toBe(206)
    expect((await ask(port, '/ten.txt', { headers: { range, 'if-range': '"other"' } })).status).toBe(200)
  })
})

describe('conditional requests (RFC 9110 section 13)', () => {
  test('304 without a body, with the validators', async () => {
    const { port } = await serve(makeSite())
    const { headers } = await ask(port, '/ten.txt')
    const again = await ask(port, '/ten.txt', { headers: { 'if-none-match': String(headers.etag) } })
    expect([again.status, again.body.length, again.headers.etag]).toEqual([304, 0, headers.etag])
    const since = await ask(port, '/ten.txt', { headers: { 'if-modified-since': String(headers['last-modified']) } })
    expect(since.status).toBe(304)
    expect((await ask(port, '/ten.txt', { headers: { 'if-match': '"x"' } })).status).toBe(412)
  })

  test('a changed file is a new one at once, even where its size stays and it was kept', async () => {
    const site = makeSite()
    const path = join(site, 'ten.txt')
    const { port } = await serve(site)
    // As old as need be to be kept in memory: what is younger never is.
    const before = await ask(port, '/ten.txt')
    for (const [i, text] of ['abcdefghij', 'ABCDEFGHIJ'].entries()) {
      writeFileSync(path, text)
      utimesSync(path, new Date(0), new Date(1_000_000 * (i + 1)))
      const after = await ask(port, '/ten.txt')
      expect(after.body.toString()).toBe(text)
      expect(after.headers.etag).not.toBe(before.headers.etag)
      expect(after.headers['last-modified']).toBe(statSync(path).mtime.toUTCString())
    }
    rmSync(path)
    expect((await ask(port, '/ten.txt')).status).toBe(404)
  })
})

describe('an answer in one piece is the same as one that Node puts together', () => {
  const since = `If-Modified-Since: ${new Date().toUTCString()}\r\n`
  test.each([
    ['GET /ten.txt', ''],
    ['GET /empty.txt', ''],
    ['HEAD /ten.txt', ''],
    ['GET /ten.txt', 'Range: bytes=1-3\r\n'],
    ['GET /ten.txt', 'Range: bytes=99-\r\n'],
    ['GET /ten.txt', since],
    ['GET /list/', ''],
    ['GET /sub', ''],
    ['GET /nothing', ''],
    ['POST /', 'Content-Length: 0\r\n'],
  ])('%s %s', async (line, fields) => {
    const { port } = await serve(makeSite())
    const peer = await client(port)
    // All in one packet: each waits for its turn, and what closes the connection only Node's own way of answering can say.
    const request = (more: string) => `${line} HTTP/1.1\r\nHost: a\r\n${fields}${more}\r\n`
    peer.socket.write(request('') + request('') + request('Connection: close\r\n'))
    const all = (await peer.received).toString('latin1').replace(/^Date: .*\r\n/gm, '')
    const [first, second, third, ...more] = all.split(/(?=HTTP\/1\.1 \d)/)
    expect(more).toEqual([])
    expect(first).toMatch(/^HTTP\/1\.1 \d{3} /)
    expect(second).toBe(first)
    expect(third).toBe(first?.replace('Connection: keep-alive\r\nKeep-Alive: timeout=30\r\n', 'Connection: close\r\n'))
  })

  test('also where the client is slow to read, and however many follow', async () => {
    const { port } = await serve(makeSite())
    const peer = await client(port)
    const count = 500
    peer.socket.write('GET /ten.txt HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(count - 1))
    peer.socket.write('GET /ten.txt HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
    expect((await peer.received).toString().match(/^0123456789/gm)?.length).toBe(count)
  })
})
