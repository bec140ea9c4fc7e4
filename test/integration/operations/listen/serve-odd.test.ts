import { execFileSync } from 'node:child_process'
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { client } from '../../../helpers/listen.js'
import { ask, BIG, makeSite, serve } from '../../../helpers/site.js'

describe('what is neither file nor folder is refused, and holds nobody up', () => {
  test('a named pipe and a socket', async () => {
    const site = makeSite()
    execFileSync('mkfifo', [join(site, 'pipe')])
    const socket = createServer().listen(join(site, 'socket'))
    onTestFinished(() => void socket.close())
    const { port } = await serve(site)
    expect((await ask(port, '/pipe')).status).toBe(403)
    expect((await ask(port, '/socket')).status).toBe(403)
    expect((await ask(port, '/ten.txt')).status).toBe(200)
  })

  test.skipIf(process.getuid?.() === 0)('a file that may not be read (root may read all)', async () => {
    const site = makeSite()
    writeFileSync(join(site, 'mine.txt'), 'x', { mode: 0 })
    const { port } = await serve(site)
    expect((await ask(port, '/mine.txt')).status).toBe(403)
  })
})

describe('a listing', () => {
  test.each([
    ['quote " and \'.txt', "quote%20%22%20and%20'.txt", 'quote &#34; and &#39;.txt'],
    ['<script>alert(1)<', '%3Cscript%3Ealert(1)%3C', '&#60;script&#62;alert(1)&#60;'],
    ['line\nbreak', 'line%0Abreak', 'line\nbreak'],
    ['a#b?c', 'a%23b%3Fc', 'a#b?c'],
    ['javascript:alert(1)', 'javascript%3Aalert(1)', 'javascript:alert(1)'],
  ])('has %j as a link that leads there', async (name, href, shown) => {
    const site = makeSite()
    mkdirSync(join(site, 'odd'))
    writeFileSync(join(site, 'odd', name), 'found')
    const { port } = await serve(site)
    const page = (await ask(port, '/odd/')).body.toString()
    expect(page).toContain(`<a href="./${href}">${shown}</a>`)
    expect((await ask(port, `/odd/${href}`)).body.toString()).toBe('found')
  })

  // Names are any bytes on Linux; macOS and Windows refuse these.
  test.runIf(process.platform === 'linux')(
    'leaves out a name that is not UTF-8: no link could lead to it',
    async () => {
      const site = makeSite()
      mkdirSync(join(site, 'odd'))
      writeFileSync(Buffer.concat([Buffer.from(`${join(site, 'odd')}/`), Buffer.from([0x61, 0xff])]), 'x')
      writeFileSync(join(site, 'odd', 'plain'), 'x')
      const { port } = await serve(site)
      const page = (await ask(port, '/odd/')).body.toString()
      expect(page).toContain('plain')
      expect(page).not.toContain('\ufffd')
    },
  )
})

test('a file that shrinks while it is sent is broken off, not filled up', async () => {
  const site = makeSite()
  const path = join(site, 'shrinks.bin')
  const size = 64 << 20
  writeFileSync(path, '')
  truncateSync(path, size)
  const server = await serve(site)
  const peer = await client(server.port)
  peer.socket.pause()
  peer.socket.write('GET /shrinks.bin HTTP/1.1\r\nHost: a\r\n\r\n')
  await new Promise((resolve) => peer.socket.once('readable', resolve))
  truncateSync(path, 1 << 20)
  peer.socket.resume()
  expect((await peer.received).length).toBeLessThan(size)
  expect(await server.event('request')).toMatchObject({ statusCode: 200, complete: false })
  expect((await ask(server.port, '/ten.txt')).status).toBe(200)
})

test('a client that resets inside a file ends only itself', async () => {
  const server = await serve(makeSite())
  const bad = await client(server.port)
  bad.socket.write('GET /big.bin HTTP/1.1\r\nHost: a\r\n\r\n')
  await bad.bytes(1)
  bad.socket.resetAndDestroy()
  expect((await server.event('closed')).id).toBe(1)
  expect((await ask(server.port, '/big.bin')).body.equals(BIG)).toBe(true)
})
