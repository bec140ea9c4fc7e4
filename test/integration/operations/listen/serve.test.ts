import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { client } from '../../../helpers/listen.js'
import { ask, BIG, makeSite, serve } from '../../../helpers/site.js'

test.each([
  ['/', 200, 'text/html; charset=utf-8', '<h1>home</h1>'],
  ['/index.html', 200, 'text/html; charset=utf-8', '<h1>home</h1>'],
  ['/?query=/../x', 200, 'text/html; charset=utf-8', '<h1>home</h1>'],
  ['/sub/page.html', 200, 'text/html; charset=utf-8', '<p>page</p>'],
  ['/s%75b/p%61ge.html', 200, 'text/html; charset=utf-8', '<p>page</p>'],
  ['http://any.test/ten.txt', 200, 'text/plain; charset=utf-8', '0123456789'],
  ['/empty.txt', 200, 'text/plain; charset=utf-8', ''],
  ['/link-inside', 200, 'application/octet-stream', '0123456789'],
  ['/list/%C3%BCn%C3%AF%20100%25.txt', 200, 'text/plain; charset=utf-8', 'percent'],
])('GET %s: %i', async (path, status, type, body) => {
  const { port } = await serve(makeSite())
  const answer = await ask(port, path)
  expect([answer.status, answer.headers['content-type'], answer.body.toString()]).toEqual([status, type, body])
})

test('binary comes out exactly, again and again', async () => {
  const { port } = await serve(makeSite())
  for (let i = 0; i < 3; i++) {
    const { headers, body } = await ask(port, '/big.bin')
    expect(headers['content-length']).toBe(String(BIG.length))
    expect(body.equals(BIG)).toBe(true)
  }
})

describe('nothing outside the folder', () => {
  const OUTSIDE = [
    '/../secret.txt',
    '/../../secret.txt',
    '/../../../../../../../../etc/passwd',
    '/sub/../../secret.txt',
    '/sub/deep/../../../secret.txt',
    '/./../secret.txt',
    '/sub/./../../secret.txt',
    '/..',
    '/../',
    '/..;/secret.txt',
    '/%2e%2e/secret.txt',
    '/%2E%2E/secret.txt',
    '/.%2e/secret.txt',
    '/%2e./secret.txt',
    '/%2e%2e%2fsecret.txt',
    '/..%2fsecret.txt',
    '/..%2Fsecret.txt',
    '/sub%2f..%2f..%2fsecret.txt',
    '/%252e%252e/secret.txt',
    '/%252e%252e%252fsecret.txt',
    '/..%252fsecret.txt',
    '/%25252e%25252e/secret.txt',
    '/%c0%ae%c0%ae/secret.txt',
    '/%c0%ae%c0%ae%c0%afsecret.txt',
    '/%e0%80%ae%e0%80%ae/secret.txt',
    '/..%c0%afsecret.txt',
    '/%uff0e%uff0e/secret.txt',
    '/%EF%BC%8E%EF%BC%8E/secret.txt',
    '/..\\secret.txt',
    '/..%5csecret.txt',
    '/..%5Csecret.txt',
    '/%2e%2e%5csecret.txt',
    '/sub\\..\\..\\secret.txt',
    '/..%255csecret.txt',
    '/\\..\\secret.txt',
    '//secret.txt',
    '//etc/passwd',
    '///etc/passwd',
    '/%2fetc%2fpasswd',
    '/%2Fetc/passwd',
    '/etc/passwd',
    '/C:/Windows/win.ini',
    '/C:%5cWindows%5cwin.ini',
    '/file:///etc/passwd',
    'http://any.test/../secret.txt',
    'http://any.test/%2e%2e/secret.txt',
    'http://any.test//etc/passwd',
    'file:///etc/passwd',
    '/secret.txt%00',
    '/../secret.txt%00.html',
    '/%00/../secret.txt',
    '/index.html%00',
    '/link-file',
    '/link-file?x',
    '/LINK-FILE',
    '/link-relative',
    '/link-folder/secret.txt',
    '/link-folder/',
    '/link-folder/site-evil/secret.txt',
    '/link-evil/secret.txt',
    '/link-root/etc/passwd',
    '/link-root/',
    '/link-loop',
    '/../site-evil/secret.txt',
    '/%2e%2e/site-evil/secret.txt',
    '/.env',
    '/%2eenv',
    '/.git/config',
    '/%2Egit/config',
    '/.git/',
    '/sub/..%2f.env',
    '/%',
    '/%2',
    '/%zz',
    '/%ff',
    '*',
    '/index.html/',
    '/index.html/..',
    '/#/../secret.txt',
    `/${'../'.repeat(500)}etc/passwd`,
    `/${'a'.repeat(5000)}`,
  ]

  test(`none of ${OUTSIDE.length} tries`, async () => {
    expect(OUTSIDE.length).toBeGreaterThanOrEqual(40)
    const { port } = await serve(makeSite())
    for (const target of OUTSIDE) {
      const peer = await client(port)
      peer.socket.write(`GET ${target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)
      const answer = (await peer.received).toString('latin1')
      peer.socket.destroy()
      expect(answer, target).toMatch(/^HTTP\/1\.1 40[034] /)
      expect(answer, target).not.toMatch(/root:|secret/)
    }
  })

  test('a link that is turned outwards between two requests is refused', async () => {
    const site = makeSite()
    const { port } = await serve(site)
    expect((await ask(port, '/link-inside')).body.toString()).toBe('0123456789')
    rmSync(join(site, 'link-inside'))
    symlinkSync('../secret.txt', join(site, 'link-inside'))
    expect((await ask(port, '/link-inside')).status).toBe(403)
  })

  test('a listing tells nothing of what a link outwards leads to', async () => {
    const site = makeSite()
    mkdirSync(join(site, 'listed'))
    writeFileSync(join(site, 'listed', 'own'), Buffer.alloc(123))
    writeFileSync(join(site, '..', 'of-others'), Buffer.alloc(987))
    symlinkSync('../../of-others', join(site, 'listed', 'outwards'))
    const { port } = await serve(site)
    const page = (await ask(port, '/listed/')).body.toString()
    expect(page).toContain('outwards')
    expect(page).toContain('123 B')
    expect(page).not.toContain('987 B')
    expect(page.match(/\d{4}-\d\d-\d\d/g)).toHaveLength(1)
  })

  test('dotfiles only where they are asked for', async () => {
    const { port } = await serve(makeSite(), true)
    expect((await ask(port, '/.git/config')).status).toBe(200)
    expect((await ask(port, '/../.env')).status).toBe(403)
  })
})

describe('methods', () => {
  test('HEAD is GET without the body', async () => {
    const { port } = await serve(makeSite())
    const [head, get] = [await ask(port, '/big.bin', { method: 'HEAD' }), await ask(port, '/big.bin')]
    expect(head.body.length).toBe(0)
    const { date: _head, ...headFields } = head.headers
    const { date: _get, ...getFields } = get.headers
    expect(headFields).toEqual(getFields)
  })

  test.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE', 'PROPFIND'])('%s: 405', async (method) => {
    const { port } = await serve(makeSite())
    const { status, headers } = await ask(port, '/', { method })
    expect([status, headers.allow]).toEqual([405, 'GET, HEAD'])
  })
})

describe('directories', () => {
  test('without the slash they are one step away, and never on another host', async () => {
    const { port } = await serve(makeSite())
    const { status, headers } = await ask(port, '/sub?x=1')
    expect([status, headers.location]).toEqual([301, '/sub/?x=1'])
    expect((await ask(port, '//evil.test/..')).headers.location).toBeUndefined()
  })

  test('without index.html they are listed: names safe for HTML, no dotfiles', async () => {
    const { port } = await serve(makeSite())
    const { status, headers, body } = await ask(port, '/list/')
    expect([status, headers['content-type']]).toEqual([200, 'text/html; charset=utf-8'])
    const page = body.toString()
    expect(page).toContain('<a href="./a%20%26%20%3Cb%3E.txt">a &#38; &#60;b&#62;.txt</a>')
    expect(page).not.toContain('<b>')
    expect(page).not.toContain('.hidden')
    expect(page).toContain('<a href="../">')
  })
})

test('every exchange is told, with what was sent', async () => {
  const server = await serve(makeSite())
  await ask(server.port, '/ten.txt?a=1', { headers: { 'X-Test': 'yes' } })
  const event = await server.event('request')
  expect(event).toMatchObject({
    id: 1,
    method: 'GET',
    target: '/ten.txt?a=1',
    httpVersion: '1.1',
    statusCode: 200,
    responseSizeBytes: 10,
    complete: true,
  })
  expect(event.headers).toContainEqual(['X-Test', 'yes'])
})

test('a folder that is not there, or no folder', async () => {
  const site = makeSite()
  await expect(serve(join(site, 'nope'))).rejects.toThrow(/cannot use .*ENOENT/)
  await expect(serve(join(site, 'ten.txt'))).rejects.toThrow(/cannot use .*ENOTDIR/)
})

test('two hundred slow clients do not hold up a good one', async () => {
  const { port } = await serve(makeSite())
  const slow = await Promise.all(Array.from({ length: 200 }, () => client(port)))
  for (const { socket } of slow) socket.write('GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ')
  for (const { socket } of slow) socket.write('a')
  expect((await ask(port, '/big.bin')).body.equals(BIG)).toBe(true)
  for (const { socket } of slow) expect(socket.destroyed).toBe(false)
})
