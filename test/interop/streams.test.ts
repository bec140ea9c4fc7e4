import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, onTestFinished, test } from 'vitest'
import { CERTIFICATE, PRIVATE_KEY } from '../helpers/certificate.js'
import { start } from '../helpers/cli.js'
import { refusingPort } from '../helpers/sockets.js'
import { begin, peer, run } from './stream-ends.js'

/**
 * The ends of streams as other programs make them: what `test/conformance/streams` does by script, these do by nature.
 */

const directory = mkdtempSync(join(tmpdir(), 'netkit-streams-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))
const path = (name: string) => join(directory, name)
const MUCH_BYTES = 20_000_000
writeFileSync(path('much'), Buffer.alloc(MUCH_BYTES, `${'x'.repeat(71)}\n`))
writeFileSync(path('cert.pem'), CERTIFICATE)
writeFileSync(path('key.pem'), PRIVATE_KEY)
const IDENTITY = ['-cert', path('cert.pem'), '-key', path('key.pem')]
const CERTIFIED = ['--cert', path('cert.pem'), '--key', path('key.pem')]

const right = (name: string, body: () => Promise<void>) => test(name, { timeout: 60_000 }, body)

const python = async (code: string, ...args: readonly string[]) =>
  (await peer('python3', ['-c', code, ...args], /^(\d+)$/m)).found

const socat = async (address: string, ...flags: readonly string[]) =>
  (await peer('socat', ['-d', '-d', ...flags, 'TCP-LISTEN:0,bind=127.0.0.1', address], /listening on .*:(\d+)$/m)).found

/** As `python3 -m http.server`, which cannot say what port it got where it asks for any. */
const HTTP_SERVER = `
import http.server
server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), http.server.SimpleHTTPRequestHandler)
print(server.server_address[1])
server.serve_forever()`

/** Reads one line, answers, and closes as socketserver does: with whatever else came unread. */
const SOCKET_SERVER = `
import socketserver
class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        self.rfile.readline()
        self.wfile.write(b'last words\\n')
server = socketserver.ThreadingTCPServer(('127.0.0.1', 0), Handler)
print(server.server_address[1])
server.serve_forever()`

right('python http.server: 501 to a large POST is shown', async () => {
  const port = await python(HTTP_SERVER)
  const { code, lines } = await run(['raw-http', `127.0.0.1:${port}`, '/', '-d', `@${path('much')}`])
  expect(lines.find(({ type }) => type === 'response')).toMatchObject({ statusCode: 501 })
  expect(code).toBe(0)
})

right('python socketserver: the line that it said before it closed is shown, and its reset', async () => {
  const port = await python(SOCKET_SERVER)
  const { code, lines, shown } = await run(['connect', '127.0.0.1', port], { file: path('much') })
  expect(shown).toContain('last words')
  expect(lines.find(({ type }) => type === 'closed')).toMatchObject({ reason: 'reset', closedBy: 'peer' })
  expect(code).toBe(1)
})

/** nginx before an application that takes its time, and with a bound on what it takes. */
async function nginx(upstream: number): Promise<string> {
  const port = String(await refusingPort())
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path tmp-${name};`)
  writeFileSync(
    path('nginx.conf'),
    `daemon off; worker_processes 1; pid nginx.pid; error_log stderr notice; ${process.getuid?.() === 0 ? 'user root;' : ''}
     events {}
     http { access_log off; ${temporary.join(' ')} client_max_body_size 1k;
       server { listen 127.0.0.1:${port}; location / { proxy_pass http://127.0.0.1:${upstream}; }
         location /one { return 200 "one\\n"; } location /two { return 200 "two\\n"; } } }`,
  )
  await peer(
    '/usr/sbin/nginx',
    ['-e', 'stderr', '-p', directory, '-c', path('nginx.conf')],
    /start worker process (\d+)/,
  )
  return port
}

/** An application of Node that thinks for a moment. */
async function slowHttp(): Promise<number> {
  const server = createHttpServer((_request, response) => {
    setTimeout(() => response.end('after some thought\n'), 300)
  })
  return listen(server)
}

function listen(server: import('node:net').Server): Promise<number> {
  onTestFinished(() => void server.close())
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : 0)
    })
  })
}

const GET = 'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'

right('nginx before a slow application: connect shows the answer to what was piped in', async () => {
  const port = await nginx(await slowHttp())
  const { code, shown } = await run(['connect', '127.0.0.1', port], GET)
  expect(shown).toContain('after some thought')
  expect(code).toBe(0)
})

right('nginx: 413 to a large POST is shown', async () => {
  const port = await nginx(await slowHttp())
  const { code, lines } = await run(['raw-http', `127.0.0.1:${port}`, '/', '-d', `@${path('much')}`])
  expect(lines.find(({ type }) => type === 'response')).toMatchObject({ statusCode: 413 })
  expect(code).toBe(0)
})

right('nginx: two requests of one file have two answers', async () => {
  const port = await nginx(await slowHttp())
  const request = (target: string) => `GET ${target} HTTP/1.1\r\nHost: localhost\r\n\r\n`
  writeFileSync(path('two'), request('/one') + request('/two'))
  const { lines } = await run(['raw-http', `127.0.0.1:${port}`, '--request', path('two')])
  expect(lines.filter(({ type }) => type === 'response')).toHaveLength(2)
  expect(lines.filter(({ type }) => type === 'body').map(({ data }) => data)).toEqual(['one\n', 'two\n'])
  expect(lines.filter(({ type }) => type === 'anomaly')).toEqual([])
})

right("Node's http: connect shows the answer of a slow handler to what was piped in", async () => {
  const { code, shown } = await run(['connect', '127.0.0.1', String(await slowHttp())], GET)
  expect(shown).toContain('after some thought')
  expect(code).toBe(0)
})

right("Node's net, whose default ends with the other side: connect shows what it says later", async () => {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => setTimeout(() => socket.end('after some thought\n'), 300))
  })
  const { code, shown } = await run(['connect', '127.0.0.1', String(await listen(server))], 'question\n')
  expect(shown).toContain('after some thought')
  expect(code).toBe(0)
})

right("Node's http: an answer before the body was read is shown", async () => {
  const server = createHttpServer((_request, response) => {
    response.writeHead(413, { Connection: 'close' })
    response.end('too much\n', () => response.socket?.destroySoon())
  })
  const port = await listen(server)
  const { code, lines } = await run(['raw-http', `127.0.0.1:${port}`, '/', '-d', `@${path('much')}`])
  expect(lines.find(({ type }) => type === 'response')).toMatchObject({ statusCode: 413 })
  expect(code).toBe(0)
})

right('nc as a server that ends: its end reaches whoever reads our stdout, though stdin is open', async () => {
  const { found, child } = await peer(
    'nc',
    ['-v', '-N', '-l', '127.0.0.1', '0'],
    /Listening on \S+ (\d+)/,
    'last words\n',
  )
  const netkit = start(['connect', '127.0.0.1', found])
  onTestFinished(() => void netkit.kill('SIGKILL'))
  let out = ''
  netkit.stdout.on('data', (bytes: Buffer) => {
    out += bytes.toString()
  })
  const ended = new Promise<'ended'>((resolve) => netkit.stdout.once('end', () => resolve('ended')))
  // nc is done where the other side takes its end for one.
  const late = new Promise<'still open'>((resolve) => setTimeout(() => resolve('still open'), 5000).unref())
  expect(await Promise.race([ended, late])).toBe('ended')
  expect(out).toBe('last words\n')
  child.kill()
})

right('nc -l as a sink that waits for our end', async () => {
  const { found, output } = await peer('nc', ['-v', '-l', '127.0.0.1', '0'], /Listening on \S+ (\d+)/)
  const { code } = await run(['connect', '127.0.0.1', found], 'all of it\n')
  expect(await output).toContain('all of it\n')
  expect(code).toBe(0)
})

right('ncat -l --recv-only as a sink that waits for our end', async () => {
  const port = String(await refusingPort())
  const { output } = await peer('ncat', ['-v', '-l', '--recv-only', '127.0.0.1', port], /Listening on 127\S*:(\d+)/)
  const { code } = await run(['connect', '127.0.0.1', port], { file: path('much') })
  expect((await output).length).toBeGreaterThanOrEqual(MUCH_BYTES)
  expect(code).toBe(0)
})

right('socat before sort, which answers behind our end', async () => {
  const port = await socat('EXEC:sort')
  const { code, shown } = await run(['connect', '127.0.0.1', port], 'b\na\n')
  expect(shown).toContain('a\\nb\\n')
  expect(code).toBe(0)
})

right('ncat --ssl as a server that is killed within what it says: TLS did not end in order', async () => {
  const port = String(await refusingPort())
  const ssl = ['--ssl', '--ssl-cert', path('cert.pem'), '--ssl-key', path('key.pem')]
  const { child } = await peer('ncat', ['-v', '-l', ...ssl, '127.0.0.1', port], /Listening on 127\S*:(\d+)/, null)
  const netkit = begin(['connect', '127.0.0.1', port, '--tls', '--ca', path('cert.pem')], null)
  await netkit.line('connected')
  child.stdin?.write('half of\n')
  await netkit.line('data')
  child.kill('SIGKILL')
  netkit.child.stdin.end()
  const { shown, lines } = await netkit.ended
  expect(shown).toContain('half of')
  expect(lines.find(({ type }) => type === 'closed')).toMatchObject({ closeNotify: false })
})

right('openssl s_server: a request over TLS is answered, and ends in order', async () => {
  const args = ['s_server', '-accept', '127.0.0.1:0', ...IDENTITY, '-www', '-naccept', '1']
  const { found } = await peer('openssl', args, /ACCEPT 127\.0\.0\.1:(\d+)/)
  const url = `https://127.0.0.1:${found}/`
  const { code, lines } = await run(['raw-http', url, '--ca', path('cert.pem'), '--http', '1.0'])
  expect(lines.find(({ type }) => type === 'response')).toMatchObject({ statusCode: 200 })
  expect(lines.find(({ type }) => type === 'result')).toMatchObject({ verdict: 'complete' })
  expect(code).toBe(0)
})

right('openssl s_client that does not trust us: listen --tls tells it', async () => {
  const listener = begin(['listen', '0', '--tls', ...CERTIFIED])
  const args = ['s_client', '-connect', `127.0.0.1:${await listener.port()}`, '-verify_return_error', '-brief']
  await (await peer('openssl', args, null)).output
  expect(await listener.line('problem')).toMatchObject({
    origin: 'tls',
    phase: 'tls',
    code: expect.stringMatching(/ALERT/),
  })
})

right('openssl s_client that does not trust us: listen --smtp --starttls tells it', async () => {
  const listener = begin(['listen', '0', '--once', '--smtp', '--starttls', ...CERTIFIED])
  const port = await listener.port()
  const args = ['s_client', '-connect', `127.0.0.1:${port}`, '-starttls', 'smtp', '-verify_return_error', '-brief']
  await (await peer('openssl', args, null)).output
  const { code, lines } = await listener.ended
  expect(lines.find(({ type }) => type === 'closed')).toMatchObject({
    reason: 'error',
    code: expect.stringMatching(/ALERT/),
  })
  expect(code).toBe(6)
})

/** Writes over TLS and closes without reading: the session tickets that it has not read make it a reset. */
const TLS_WRITER = `
import socket, ssl, sys
s = ssl._create_unverified_context().wrap_socket(socket.create_connection(('127.0.0.1', int(sys.argv[1]))))
s.sendall(b'x' * 1000000)
s.close()`

right('python over TLS, which closes with our session tickets unread: listen --tls tells the reset', async () => {
  const listener = begin(['listen', '0', '--once', '--tls', '--discard', ...CERTIFIED])
  await (await peer('python3', ['-c', TLS_WRITER, await listener.port()], null)).output
  const { code, lines } = await listener.ended
  expect(lines.find(({ type }) => type === 'closed')).toMatchObject({ reason: 'reset', code: 'ECONNRESET' })
  expect(code).toBe(1)
})

/** socat may end at what it cannot hand to its command, before the last line has left it; this one says it first. */
const EARLY_LEAVER = `
import socket, sys
s = socket.create_connection(('127.0.0.1', int(sys.argv[1])))
s.recv(1000)
s.sendall(b'last words\\n')
s.close()`

right('a client that reads a little of 20 MB and says its last line: listen shows it, and the reset', async () => {
  const listener = begin(['listen', '0', '--once'], { file: path('much') })
  await (await peer('python3', ['-c', EARLY_LEAVER, await listener.port()], null)).output
  const { code, lines, shown } = await listener.ended
  expect(shown).toContain('last words')
  expect(lines.find(({ type }) => type === 'closed')).toMatchObject({ reason: 'reset' })
  expect(code).toBe(1)
})

/** Ends its direction behind the message, as whoever pipes a dialogue into nc -N does, and prints the reply to it. */
const HALF_CLOSING_SENDER = `
import socket, sys
s = socket.create_connection(('127.0.0.1', int(sys.argv[1])))
replies = s.makefile('rb')
replies.readline()
for line in ('HELO client.example', 'MAIL FROM:<a@b.example>', 'RCPT TO:<c@d.example>', 'DATA'):
    s.sendall(line.encode() + b'\\r\\n')
    replies.readline()
s.sendall(b'Subject: half-closed\\r\\n\\r\\nhello\\r\\n.\\r\\n')
s.shutdown(socket.SHUT_WR)
print(replies.read().decode())`

right('a sender that half-closes behind its message: listen --smtp confirms what it takes its time for', async () => {
  const listener = begin(['listen', '0', '--once', '--smtp', '--delay', 'message=300ms'])
  const said = await (await peer('python3', ['-c', HALF_CLOSING_SENDER, await listener.port()], null)).output
  expect((await listener.ended).lines.find(({ type }) => type === 'mail')).toMatchObject({ replyCode: 250 })
  expect(said).toMatch(/^250 /)
})

right('curl that has had enough of a large file: listen --serve tells the reset and the request', async () => {
  const site = mkdtempSync(join(directory, 'site-'))
  writeFileSync(join(site, 'large'), Buffer.alloc(MUCH_BYTES))
  const listener = begin(['listen', '0', '--once', '--serve', site])
  const url = `http://127.0.0.1:${await listener.port()}/large`
  await (await peer('sh', ['-c', `curl -sN ${url} | head -c 1000 >/dev/null`], null)).output
  const { code, lines } = await listener.ended
  expect(lines.find(({ type }) => type === 'request')).toMatchObject({ target: '/large', complete: false })
  expect(lines.find(({ type }) => type === 'closed')).toMatchObject({ reason: 'reset' })
  expect(code).toBe(1)
})

right('curl that sends 20 MB: listen --http shows the request', async () => {
  const listener = begin(['listen', '0', '--once', '--http'])
  const url = `http://127.0.0.1:${await listener.port()}/upload`
  const args = ['-s', '-o', '/dev/null', '-w', '%{http_code}', '--data-binary', `@${path('much')}`, url]
  expect(await (await peer('curl', args, null)).output).toBe('200')
  const { code, lines } = await listener.ended
  expect(lines.find(({ type }) => type === 'request')).toMatchObject({ bodySizeBytes: MUCH_BYTES, complete: true })
  expect(code).toBe(0)
})

right('tar to listen --once: what is piped ends where it ends', async () => {
  const listener = begin(['listen', '0', '--once'])
  const script = `tar c -C ${directory} key.pem | nc -N 127.0.0.1 ${await listener.port()}`
  await (await peer('sh', ['-c', script], null)).output
  const { code, shown } = await listener.ended
  expect(shown).toContain('key.pem')
  expect(code).toBe(0)
})

right('nc with a head that is cut off: raw-http shows what came', async () => {
  const answer = 'HTTP/1.1 200 OK\r\nX-Half: forty-tw'
  const { found } = await peer('nc', ['-v', '-N', '-l', '127.0.0.1', '0'], /Listening on \S+ (\d+)/, answer)
  const { code, shown } = await run(['raw-http', `127.0.0.1:${found}`, '/'])
  expect(shown).toContain('forty-tw')
  expect(code).toBe(7)
})

right('nc with half of a request: listen --http shows what came', async () => {
  const listener = begin(['listen', '0', '--once', '--http'])
  const half = 'POST /half HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nforty-two'
  await (await peer('nc', ['-N', '127.0.0.1', await listener.port()], null, half)).output
  expect((await listener.ended).shown).toMatch(/\/half[\s\S]*forty-two/)
})
