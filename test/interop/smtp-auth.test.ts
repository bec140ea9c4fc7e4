import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { createHmac, randomBytes } from 'node:crypto'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { CERTIFICATE, PRIVATE_KEY } from '../helpers/certificate.js'
import { jsonLines, netkit, start } from '../helpers/cli.js'
import { refusingPort } from '../helpers/sockets.js'

const directory = mkdtempSync(join(tmpdir(), 'netkit-auth-'))
const path = (name: string) => join(directory, name)
const children: ChildProcess[] = []
const PASSWORD = 'öpen sesame, 7'
const SIGNING_KEY = 'a key that signs tokens'
/** nobody's. */
const UID = 65_534

/** A bearer token that the server can judge by itself (RFC 7519). */
function token(key = SIGNING_KEY): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const signed = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ sub: 'me', iat: 1, exp: 99_999_999_999 })}`
  return `${signed}.${createHmac('sha256', key).update(signed).digest('base64url')}`
}

/** Starts a server and resolves once a line of its output fits. */
function started(child: ReturnType<typeof spawn>, ready: RegExp): Promise<string> {
  children.push(child)
  let said = ''
  return new Promise((resolve, reject) => {
    const hear = (chunk: Buffer) => {
      said += chunk.toString()
      if (ready.test(said)) resolve(said)
    }
    child.stdout?.on('data', hear)
    child.stderr?.on('data', hear)
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`it ended with ${code}: ${said}`)))
  })
}

/** Dovecot's submission server: every mechanism over TLS, and what it takes goes on to a sink of ours. */
let port = 0
beforeAll(async () => {
  chmodSync(directory, 0o755)
  writeFileSync(path('cert.pem'), CERTIFICATE)
  writeFileSync(path('key.pem'), PRIVATE_KEY)
  const sink = start(['listen', '0', '--json', '--smtp', '--save', path('mails')])
  const relayPort = Number(jsonLines(await started(sink, /\n/))[0]?.['port'])
  port = await refusingPort()
  mkdirSync(path('keys/default/HS256'), { recursive: true })
  writeFileSync(path('keys/default/HS256/default'), Buffer.from(SIGNING_KEY).toString('base64'))
  mkdirSync(path('home'))
  execFileSync('chown', [`${UID}:${UID}`, path('home')])
  writeFileSync(path('passwd'), `me:{PLAIN}${PASSWORD}\n`)
  writeFileSync(
    path('oauth2.conf'),
    `introspection_mode = local
local_validation_key_dict = fs:posix:prefix=${path('keys/')}
username_attribute = sub
`,
  )
  const byPassword = 'plain login cram-md5 scram-sha-256'
  writeFileSync(
    path('dovecot.conf'),
    `base_dir = ${path('run')}
state_dir = ${path('state')}
log_path = /dev/stderr
protocols = submission
hostname = mx.example
ssl = yes
ssl_cert = <${path('cert.pem')}
ssl_key = <${path('key.pem')}
auth_mechanisms = ${byPassword} oauthbearer xoauth2
auth_failure_delay = 0
mail_location = maildir:~/Maildir
passdb {
  driver = passwd-file
  mechanisms = ${byPassword}
  args = ${path('passwd')}
}
passdb {
  driver = oauth2
  mechanisms = oauthbearer xoauth2
  args = ${path('oauth2.conf')}
}
userdb {
  driver = static
  args = uid=${UID} gid=${UID} home=${path('home')}
}
service submission-login {
  inet_listener submission {
    address = 127.0.0.1
    port = ${port}
  }
}
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
submission_relay_host = 127.0.0.1
submission_relay_port = ${relayPort}
submission_max_mail_size = 60M
`,
  )
  const dovecot = spawn('/usr/sbin/dovecot', ['-F', '-c', path('dovecot.conf')], { stdio: ['ignore', 'pipe', 'pipe'] })
  await started(dovecot, /starting up for submission/)
}, 60_000)

afterAll(async () => {
  for (const child of children) {
    const gone = new Promise((resolve) => child.once('exit', resolve))
    if (child.exitCode === null && child.kill()) await gone
  }
  rmSync(directory, { recursive: true, force: true })
})

const MAIL = ['--from', 'a@b.example', '--to', 'd@e.example', '--helo', 'me.example']
function send(secret: string, ...args: readonly string[]) {
  const to = ['smtp-send', '--server', `localhost:${port}`, '--ca', path('cert.pem'), '--starttls', 'always']
  return netkit([...to, '--auth', 'me', '--password-env', 'PW', ...args], { env: { PW: secret } })
}
const kept = () => readdirSync(path('mails')).filter((name) => name.endsWith('.eml'))

/** What arrived at the sink of one mail. */
async function delivered(sending: () => Promise<unknown>): Promise<Buffer> {
  const before = new Set(kept())
  await sending()
  await vi.waitUntil(() => kept().length > before.size, { timeout: 20_000 })
  const name = kept().find((each) => !before.has(each)) ?? ''
  return readFileSync(path(`mails/${name}`))
}

describe("Dovecot's submission server", () => {
  const BYPASS = ['PLAIN', 'LOGIN', 'CRAM-MD5', 'SCRAM-SHA-256']
  const cases = [
    ...BYPASS.map((mechanism) => [mechanism, PASSWORD, 'wrong'] as const),
    ...['OAUTHBEARER', 'XOAUTH2'].map((mechanism) => [mechanism, token(), token('another key')] as const),
  ]

  test.each(cases)('%s logs in, and a wrong secret is offered once', async (mechanism, right, wrong) => {
    const bytes = await delivered(async () => {
      const run = await send(right, ...MAIL, '--auth-mechanism', mechanism, '--body', `by ${mechanism}`)
      expect(run).toMatchObject({ code: 0 })
      expect(run.stdout).not.toContain(right)
    })
    expect(bytes.toString()).toContain(`\r\n\r\nby ${mechanism}\r\n`)

    const refused = await send(wrong, '--auth-mechanism', mechanism, '--quit-after', 'auth', '--json')
    expect(refused.code).toBe(1)
    const lines = jsonLines(refused.stdout)
    expect(lines.at(-1)).toMatchObject({ code: 'SMTP_535', mechanism: null })
    expect(lines.filter(({ text }) => String(text).startsWith('AUTH')).length).toBe(1)
  })

  test('of all that it offers the strongest is used', async () => {
    const run = await send(PASSWORD, '--quit-after', 'auth', '--json')
    expect(jsonLines(run.stdout).at(-1)).toMatchObject({ ok: true, mechanism: 'SCRAM-SHA-256' })
  })

  test('what is attached comes out of the relay as it went in', async () => {
    const attached = randomBytes(2 * 1024 * 1024)
    writeFileSync(path('big.bin'), attached)
    const bytes = await delivered(async () => {
      expect((await send(PASSWORD, ...MAIL, '--attach', path('big.bin'))).code).toBe(0)
    })
    const text = bytes.toString('latin1')
    const at = text.indexOf('\r\n\r\n', text.indexOf('filename=big.bin')) + 4
    const end = text.indexOf('\r\n--', at)
    expect(Buffer.from(text.slice(at, end < 0 ? undefined : end), 'base64').equals(attached)).toBe(true)
  })
})
