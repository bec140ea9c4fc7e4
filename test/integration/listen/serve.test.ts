import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { client, type Listening, startListening } from '../../helpers/listen.js'

const SECRET = 'root:x:0:0:this must stay where it is'
const BIG = randomBytes(1_000_000)

/** A folder `site` with a secret beside it. */
function makeSite(): string {
  const parent = realpathSync(mkdtempSync(join(tmpdir(), 'netkit-')))
  onTestFinished(() => rmSync(parent, { recursive: true }))
  const site = join(parent, 'site')
  mkdirSync(join(site, 'sub', 'deep'), { recursive: true })
  mkdirSync(join(site, 'list'))
  mkdirSync(join(parent, 'site-evil'))
  writeFileSync(join(parent, 'secret.txt'), SECRET)
  writeFileSync(join(parent, 'site-evil', 'secret.txt'), SECRET)
  writeFileSync(join(site, 'index.html'), '<h1>home</h1>')
  writeFileSync(join(site, 'sub', 'page.html'), '<p>page</p>')
  writeFileSync(join(site, 'big.bin'), BIG)
  writeFileSync(join(site, 'ten.txt'), '0123456789')
  writeFileSync(join(site, 'empty.txt'), '')
  writeFileSync(join(site, '.env'), SECRET)
  mkdirSync(join(site, '.git'))
  writeFileSync(join(site, '.git', 'config'), SECRET)
  writeFileSync(join(site, 'list', 'a & <b>.txt'), 'x')
  writeFileSync(join(site, 'list', '.hidden'), 'x')
  writeFileSync(join(site, 'list', 'ünï 100%.txt'), 'percent')
  symlinkSync(join(parent, 'secret.txt'), join(site, 'link-file'))
  symlinkSync(parent, join(site, 'link-folder'))
  symlinkSync('../secret.txt', join(site, 'link-relative'))
  symlinkSync(join(parent, 'site-evil'), join(site, 'link-evil'))
  symlinkSync('/', join(site, 'link-root'))
  symlinkSync('link-loop', join(site, 'link-loop'))
  symlinkSync('ten.txt', join(site, 'link-inside'))
  return site
}

interface Answer {
  readonly status: number
  readonly headers: NodeJS.Dict<string | string[]>
  readonly body: Buffer
}

/** A request whose target goes out as it stands: clients tidy `..` away. */
function ask(
  port: number,
  path: string,
  options: { method?: string; headers?: Record<string, string> } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, agent: false, ...options }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
      )
      response.on('error', reject)
    })
    sent.on('error', reject)
    sent.end()
  })
}

function serve(directory: string, dotfiles = false): Promise<Listening> {
  return startListening({ mode: { kind: 'serve', directory, dotfiles } })
}

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
