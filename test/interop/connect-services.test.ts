import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { netkit } from '../helpers/cli.js'
import { refusingPort } from '../helpers/sockets.js'

const POSTGRES = '/usr/lib/postgresql/15/bin'
const directory = mkdtempSync(join(tmpdir(), 'netkit-services-'))
const path = (name: string) => join(directory, name)
const children: ChildProcess[] = []
const ids = (user: string) => ['-u', '-g'].map((flag) => Number(execFileSync('id', [flag, user]))) as [number, number]

/** A folder, or a copy of the key, that belongs to a user of the system. */
function give(name: string, user: string, content?: string): string {
  if (content === undefined) mkdirSync(path(name))
  else writeFileSync(path(name), content, { mode: 0o600 })
  chownSync(path(name), ...ids(user))
  return path(name)
}

/** Starts a server, as another user where one is given, and waits until it can be reached. */
async function serve(port: string, command: string, args: readonly string[], user?: string): Promise<void> {
  const [uid, gid] = user === undefined ? [] : ids(user)
  const child = spawn(command, args, { stdio: 'ignore', cwd: directory, ...(uid !== undefined && { uid, gid }) })
  child.on('error', () => {}) // what did not start is not reached either
  children.push(child)
  const up = await netkit(['connect', '--wait', '30s', '127.0.0.1', port])
  if (up.code !== 0) throw new Error(`${command} is not up: ${up.stderr}`)
}

let key = ''
beforeAll(() => {
  chmodSync(directory, 0o755)
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
  const files = ['-keyout', path('key.pem'), '-out', path('cert.pem')]
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...files, ...subject], {
    stdio: 'ignore',
  })
  key = readFileSync(path('key.pem'), 'utf8')
})

afterAll(async () => {
  for (const child of children) {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) continue
    const gone = new Promise((resolve) => child.once('exit', resolve))
    if (child.kill()) await gone
  }
  rmSync(directory, { recursive: true, force: true })
}, 30_000)

/** The steps of a conversation: what is sent, and what must come then. */
const say = (...steps: readonly (readonly [string, string])[]) =>
  steps.flatMap(([send, expected]) => [...(send === '' ? [] : ['--send', send]), '--expect', expected])

const starttls = (protocol: string, port: string, ...flags: readonly string[]) =>
  netkit(['connect', 'localhost', port, '-4', '--starttls', protocol, '-w', '10s', ...flags])

const trusted = () => ['--ca', path('cert.pem'), '-v']

describe('Exim', () => {
  let port = ''
  beforeAll(async () => {
    port = String(await refusingPort())
    const spool = give('spool', 'Debian-exim')
    writeFileSync(
      path('exim.conf'),
      `spool_directory = ${spool}
log_file_path = ${spool}/%slog
pid_file_path = ${spool}/pid
local_interfaces = 127.0.0.1
daemon_smtp_ports = ${port}
primary_hostname = mx.example
tls_advertise_hosts = *
tls_certificate = ${path('cert.pem')}
tls_privatekey = ${give('exim.key', 'Debian-exim', key)}
host_lookup =
rfc1413_hosts =
keep_environment =
begin acl
begin routers
begin transports
`,
    )
    await serve(port, '/usr/sbin/exim4', ['-C', path('exim.conf'), '-bdf'])
  })

  it('answers a conversation in the clear', async () => {
    const steps = say(
      ['', '^220 mx\\.example ESMTP'],
      ['EHLO me.example\\r\\n', '^250-STARTTLS'],
      ['QUIT\\r\\n', '^221 '],
    )
    const { code, stdout } = await netkit(['connect', '127.0.0.1', port, ...steps])
    expect(stdout).toMatch(/^221 mx\.example closing connection/m)
    expect(code).toBe(0)
  })

  it('tells what came instead of what was hoped for', async () => {
    const run = await netkit([
      'connect',
      '127.0.0.1',
      port,
      ...say(['', '^220 '], ['NONSENSE\\r\\n', '^250 '], ['QUIT\\r\\n', '^221']),
    ])
    expect(run.stderr).toMatch(/\/\^250 \/m was not found .*what came instead: ".*500 unrecognized command/)
    expect(run.code).toBe(1)
  })

  it('begins TLS', async () => {
    const run = await starttls(
      'smtp',
      port,
      ...trusted(),
      ...say(['EHLO me.example\\r\\n', '^250 HELP'], ['QUIT\\r\\n', '^221 ']),
    )
    expect(run.stdout).not.toMatch(/STARTTLS/)
    expect(run.stderr).toMatch(/TLSv1\.3, TLS_\w+, certificate valid for/)
    expect(run.code).toBe(0)
  })

  it('is not believed without its authority', async () => {
    const run = await starttls('smtp', port)
    expect(run.stderr).toMatch(/DEPTH_ZERO_SELF_SIGNED_CERT/)
    expect(run.code).toBe(6)
  })

  it('is no IMAP server', async () => {
    const run = await starttls('imap', port)
    expect(run.stderr).toMatch(/220 mx\.example/)
    expect(run.code).toBe(1)
  })
})

describe('Dovecot', () => {
  const ports = { imap: '', pop3: '' }
  beforeAll(async () => {
    for (const name of Object.keys(ports) as (keyof typeof ports)[]) ports[name] = String(await refusingPort())
    const listener = (name: string, port: string) =>
      `service ${name}-login {\n  inet_listener ${name} {\n    port = ${port}\n  }\n  inet_listener ${name}s {\n    port = 0\n  }\n}\n`
    writeFileSync(
      path('dovecot.conf'),
      `base_dir = ${path('run')}
state_dir = ${path('state')}
log_path = ${path('dovecot.log')}
protocols = imap pop3
listen = 127.0.0.1
ssl = required
ssl_cert = <${path('cert.pem')}
ssl_key = <${give('dovecot.key', 'root', key)}
mail_location = maildir:${give('mail', 'nobody')}
first_valid_uid = 1
first_valid_gid = 1
passdb {
  driver = static
  args = password=secret
}
userdb {
  driver = static
  args = uid=nobody gid=nogroup home=${path('mail')}
}
${listener('imap', ports.imap)}${listener('pop3', ports.pop3)}`,
    )
    await serve(ports.imap, '/usr/sbin/dovecot', ['-F', '-c', path('dovecot.conf')])
  })

  it('begins TLS for IMAP, and lets in', async () => {
    const steps = say(['b LOGIN me secret\\r\\n', '^b OK'], ['c LOGOUT\\r\\n', '^\\* BYE'], ['', '^c OK'])
    const run = await starttls('imap', ports.imap, ...trusted(), ...steps)
    expect(run.stderr).toMatch(/TLSv1\.3/)
    expect(run.code).toBe(0)
  })

  it('begins TLS for POP3, and lets in', async () => {
    const steps = say(
      ['USER me\\r\\n', '^\\+OK'],
      ['PASS secret\\r\\n', '^\\+OK'],
      ['STAT\\r\\n', '^\\+OK 0 0'],
      ['QUIT\\r\\n', '^\\+OK'],
    )
    const run = await starttls('pop3', ports.pop3, ...trusted(), ...steps)
    expect(run.stderr).toMatch(/TLSv1\.3/)
    expect(run.code).toBe(0)
  })

  it('answers a conversation in the clear', async () => {
    const steps = say(
      ['', '^\\* OK .*STARTTLS'],
      ['a NOOP\\r\\n', '^a OK'],
      ['b LOGOUT\\r\\n', '^\\* BYE'],
      ['', '^b OK'],
    )
    expect((await netkit(['connect', '127.0.0.1', ports.imap, ...steps])).code).toBe(0)
  })
})

describe('PostgreSQL', () => {
  /** A start-up message for user and database postgres, protocol 3.0. */
  const hello = '\\0\\0\\0\\x17\\0\\x03\\0\\0user\\0postgres\\0\\0'
  let port = ''
  let plainPort = ''
  beforeAll(async () => {
    const data = give('postgres', 'postgres')
    const [uid, gid] = ids('postgres')
    execFileSync(`${POSTGRES}/initdb`, ['-D', data, '-A', 'trust', '-N', '--no-instructions'], {
      uid,
      gid,
      cwd: data,
      stdio: 'ignore',
    })
    const settings = (more: readonly string[]) =>
      ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'fsync=off', ...more].flatMap((each) => ['-c', each])
    const ssl = ['ssl=on', `ssl_cert_file=${path('cert.pem')}`, `ssl_key_file=${give('postgres.key', 'postgres', key)}`]
    port = String(await refusingPort())
    await serve(port, `${POSTGRES}/postgres`, ['-D', data, '-p', port, ...settings(ssl)], 'postgres')
    const plain = give('postgres-plain', 'postgres')
    execFileSync('cp', ['-a', `${data}/.`, plain])
    rmSync(join(plain, 'postmaster.pid'), { force: true })
    plainPort = String(await refusingPort())
    await serve(plainPort, `${POSTGRES}/postgres`, ['-D', plain, '-p', plainPort, ...settings(['ssl=off'])], 'postgres')
  }, 60_000)

  it('begins TLS, and lets in', async () => {
    const run = await starttls(
      'postgres',
      port,
      ...trusted(),
      ...say([hello, 'server_version'], ['X\\0\\0\\0\\x04', '']),
    )
    expect(run.stdout).toContain('server_encoding')
    expect(run.stderr).toMatch(/TLSv1\.3/)
    expect(run.code).toBe(0)
  })

  it('says no where it has no TLS', async () => {
    const run = await starttls('postgres', plainPort)
    expect(run.stderr).toMatch(/will not start TLS for postgres: N/)
    expect(run.code).toBe(1)
  })
})
