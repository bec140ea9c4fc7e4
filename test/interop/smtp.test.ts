import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { netkit } from '../helpers/cli.js'
import { refusingPort } from '../helpers/sockets.js'

const directory = mkdtempSync(join(tmpdir(), 'netkit-mta-'))
const path = (name: string) => join(directory, name)
const children: ChildProcess[] = []

beforeAll(() => {
  chmodSync(directory, 0o755)
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost'],
      ...['-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-keyout', path('key.pem'), '-out', path('cert.pem')],
    ],
    { stdio: 'ignore' },
  )
  chmodSync(path('key.pem'), 0o600)
})

afterAll(async () => {
  for (const child of children) {
    const gone = new Promise((resolve) => child.once('exit', resolve))
    if (child.exitCode === null && child.kill()) await gone
  }
  rmSync(directory, { recursive: true, force: true })
})

/** Starts a server and resolves once it accepts connections. */
async function serve(command: string, args: readonly string[], port: number): Promise<void> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()))
  children.push(child)
  const failed = new Promise<never>((_resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`${command} ended with ${code}: ${said}`)))
  })
  failed.catch(() => {}) // after it is up, its end is ours
  const up = () =>
    new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.end('QUIT\r\n')
        resolve(true)
      })
      socket.once('error', () => resolve(false)).resume()
    })
  await Promise.race([failed, vi.waitUntil(up, { timeout: 20_000, interval: 100 })])
}

/** The files that a server has left, once there are so many. */
async function left(name: string, count: number): Promise<Buffer[]> {
  const files = () => readdirSync(path(name)).sort()
  await expect.poll(() => files().length, { timeout: 20_000 }).toBe(count)
  return files().map((file) => readFileSync(join(path(name), file)))
}

const LINES = ['.', '..a', '', 'ü', 'y'.repeat(900), 'end']
const BODY = Buffer.from(['Subject: x', '', ...LINES].join('\n'))
const EXPECTED = ['Subject: x', '', ...LINES, ''].join('\r\n')

describe('aiosmtpd', () => {
  const SERVER = `
import asyncio, os, ssl, sys
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult
port, directory = int(sys.argv[1]), sys.argv[2]
class Keep:
    count = 0
    async def handle_DATA(self, server, session, envelope):
        Keep.count += 1
        with open(os.path.join(directory, 'aio', '.part'), 'wb') as file: file.write(envelope.original_content)
        os.rename(os.path.join(directory, 'aio', '.part'), os.path.join(directory, 'aio', '%05d' % Keep.count))
        return '250 kept'
def right(server, session, envelope, mechanism, data):
    return AuthResult(success=data.login == b'me' and data.password == b'secret', handled=False)
context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
context.load_cert_chain(os.path.join(directory, 'cert.pem'), os.path.join(directory, 'key.pem'))
controller = Controller(Keep(), hostname='127.0.0.1', port=port, enable_SMTPUTF8=True, data_size_limit=1 << 27,
    tls_context=context, require_starttls=True, authenticator=right, auth_required=True)
controller.start()
asyncio.new_event_loop().run_forever()
`
  let port = 0
  beforeAll(async () => {
    port = await refusingPort()
    mkdirSync(path('aio'))
    writeFileSync(path('aio.py'), SERVER)
    await serve('/usr/bin/python3', [path('aio.py'), String(port), directory], port)
  })

  test('STARTTLS, AUTH, and the bytes of a message with UTF-8 and dots', async () => {
    const args = [
      'smtp-send',
      '-s',
      `localhost:${port}`,
      '--ca',
      path('cert.pem'),
      '--auth',
      'me',
      '--password-env',
      'PW',
    ]
    const envelope = ['-f', 'jürgen@b.example', '-t', 'd@e.example', '--data', '-']
    const run = await netkit([...args, '--starttls', 'always', ...envelope], { stdin: BODY, env: { PW: 'secret' } })
    expect(run).toMatchObject({ code: 0 })
    expect((await left('aio', 1))[0]?.toString()).toBe(EXPECTED)
    const wrong = await netkit([...args, ...envelope], { stdin: BODY, env: { PW: 'wrong' } })
    expect(wrong.code).toBe(1)
    expect(wrong.stderr).toContain('535')
  })

  test('25 MB attached come out as they went in', async () => {
    const bytes = randomBytes(25 * 1024 * 1024)
    writeFileSync(path('big.bin'), bytes)
    const args = [
      'smtp-send',
      '-s',
      `localhost:${port}`,
      '--ca',
      path('cert.pem'),
      '--auth',
      'me',
      '--password-env',
      'PW',
    ]
    const mail = ['-f', 'a@b.example', '-t', 'd@e.example', '--attach', path('big.bin')]
    expect((await netkit([...args, ...mail], { env: { PW: 'secret' } })).code).toBe(0)
    const text = (await left('aio', 2))[1]?.toString('latin1') ?? ''
    const at = text.indexOf('\r\n\r\n', text.indexOf('filename=big.bin')) + 4
    const end = text.indexOf('\r\n--', at)
    expect(Buffer.from(text.slice(at, end < 0 ? undefined : end), 'base64').equals(bytes)).toBe(true)
  })
})

describe('Exim', () => {
  let port = 0
  beforeAll(async () => {
    port = await refusingPort()
    mkdirSync(path('mail'))
    mkdirSync(path('spool'))
    const [uid = 0, gid = 0] = ['-u', '-g'].map((flag) => Number(execFileSync('id', [flag, 'Debian-exim'])))
    for (const name of ['mail', 'spool', 'key.pem']) chownSync(path(name), uid, gid)
    writeFileSync(
      path('exim.conf'),
      `spool_directory = ${path('spool')}
log_file_path = ${path('spool')}/%slog
pid_file_path = ${path('spool')}/pid
local_interfaces = 127.0.0.1
daemon_smtp_ports = ${port}
primary_hostname = mx.example
domainlist local_domains = local.example
acl_smtp_rcpt = check
tls_advertise_hosts = *
smtputf8_advertise_hosts = *
message_size_limit = 60M
tls_certificate = ${path('cert.pem')}
tls_privatekey = ${path('key.pem')}
host_lookup =
rfc1413_hosts =
never_users =
keep_environment =
begin acl
check:
  accept domains = +local_domains
  accept authenticated = *
  deny message = relay not permitted
begin routers
all:
  driver = accept
  transport = keep
begin transports
keep:
  driver = appendfile
  directory = ${path('mail')}
  create_directory
  user = Debian-exim
  maildir_format
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_condition = \${if and{{eq{$auth2}{me}}{eq{$auth3}{secret}}}}
  server_advertise_condition = \${if def:tls_in_cipher}
`,
    )
    // Root may name a configuration of its own; the daemon itself gives its rights up.
    await serve('/usr/sbin/exim4', ['-C', path('exim.conf'), '-bdf', '-q10m'], port)
  })

  const to = () => ['smtp-send', '-s', `localhost:${port}`, '--ca', path('cert.pem')]
  const from = ['-f', 'a@b.example']

  /** Sends a mail after STARTTLS and AUTH, and returns what Exim has delivered, from the subject on. */
  async function delivered(args: readonly string[], stdin: string | Uint8Array = ''): Promise<Buffer> {
    const folder = join('mail', 'new')
    const before = existsSync(path(folder)) ? readdirSync(path(folder)) : []
    const login = ['--auth', 'me', '--password-env', 'PW', '--starttls', 'always']
    const mail = [...login, '-t', 'someone@local.example', ...args]
    expect(await netkit([...to(), ...mail], { stdin, env: { PW: 'secret' } })).toMatchObject({ code: 0 })
    const fresh = () =>
      (existsSync(path(folder)) ? readdirSync(path(folder)) : []).find((name) => !before.includes(name))
    await vi.waitUntil(fresh, { timeout: 20_000 })
    const kept = readFileSync(path(join(folder, fresh() ?? '')))
    return kept.subarray(kept.indexOf('Subject: x'))
  }

  /** A maildir has LF at line ends. */
  const lines = (bytes: Uint8Array) =>
    Buffer.from(
      Buffer.from(bytes)
        .toString('latin1')
        .replace(/\r\n|\r|\n/g, '\n')
        .replace(/\n?$/, '\n'),
      'latin1',
    )

  const HEAD = 'Subject: x\n\n'
  test.each<[string, Uint8Array]>([
    ['dots, UTF-8 and no final newline', BODY],
    ['a dot alone, again and again', Buffer.from(`${HEAD}.\n..\n.\n`)],
    ['lines beyond what must be taken', Buffer.from(`${HEAD}${'y'.repeat(100_000)}\n`)],
    ['CR alone, LF alone, and both', Buffer.from(`${HEAD}a\rb\nc\r\n\rd`)],
    ['8-bit that is no UTF-8', Buffer.concat([Buffer.from(HEAD), Buffer.from([0xff, 0xfe, 0x80, 0xe4])])],
    ['NUL', Buffer.from(`${HEAD}a\0b\n`)],
  ])('delivers what was meant: %s', async (_what, bytes) => {
    const kept = await delivered([...from, '--data', '-'], bytes)
    expect(lines(kept).equals(lines(bytes))).toBe(true)
  })

  test('delivers an address and a header in UTF-8 as they are', async () => {
    const kept = await delivered(['-f', 'jürgen@b.example', '--data', '-'], 'Subject: x ü\n\nhi\n')
    expect(kept.toString()).toBe('Subject: x ü\n\nhi\n')
  })

  test('25 MB attached come out as they went in, and what is beyond its limit is not begun', async () => {
    const bytes = randomBytes(25 * 1024 * 1024)
    writeFileSync(path('big.bin'), bytes)
    const text = (await delivered([...from, '--subject', 'x', '--attach', path('big.bin')])).toString('latin1')
    const at = text.indexOf('\n\n', text.indexOf('filename=big.bin')) + 2
    const end = text.indexOf('\n--', at)
    expect(Buffer.from(text.slice(at, end < 0 ? undefined : end), 'base64').equals(bytes)).toBe(true)
    const twice = ['--attach', path('big.bin'), '--attach', path('big.bin')]
    const run = await netkit([...to(), ...from, '-t', 'someone@local.example', ...twice])
    expect(run.code).toBe(1)
    expect(run.stdout).not.toContain('MAIL FROM')
    expect(run.stderr).toContain('takes no more than')
  })

  test('does not relay for strangers, and a check says so', async () => {
    const mixed = ['-t', 'someone@local.example', '-t', 'x@elsewhere.example']
    const run = await netkit([...to(), ...from, ...mixed, '--quit-after', 'rcpt'])
    expect(run.code).toBe(1)
    expect(run.stdout).toMatch(/accepted +someone@local\.example/)
    expect(run.stdout).toMatch(/refused +x@elsewhere\.example +550 relay not permitted/)
    const check = ['-t', 'x@elsewhere.example', '--quit-after', 'rcpt', '--expect-reply', 'rcpt=550']
    expect((await netkit([...to(), ...from, ...check])).code).toBe(0)
  })
})
