import { type ChildProcessWithoutNullStreams, execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import nodemailer from 'nodemailer'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { CERTIFICATE, PRIVATE_KEY } from '../helpers/certificate.js'
import { type JsonLine, jsonLines, start } from '../helpers/cli.js'
import { expectValidLines } from '../helpers/schema.js'

const run = promisify(execFile)
const directory = mkdtempSync(join(tmpdir(), 'netkit-sink-'))
const path = (name: string) => join(directory, name)

const BODY = ['Subject: x', 'From: a@b.example', '', '.', '..dots', 'end', ''].join('\r\n')

describe('listen --smtp takes mail from', () => {
  let child: ChildProcessWithoutNullStreams
  let output = ''
  let port = 0
  const lines = (): JsonLine[] => jsonLines(output.slice(0, output.lastIndexOf('\n') + 1))
  const mails = () => lines().filter(({ type }) => type === 'mail')
  /** The one that comes after now: it is told before it is accepted, but a pipe lies between. */
  const nextMail = () => {
    const before = mails().length
    return async () => {
      await expect.poll(() => mails().length).toBe(before + 1)
      return mails()[before]
    }
  }
  const saved = () =>
    readdirSync(directory)
      .filter((name) => name.endsWith('.eml'))
      .map((name) => readFileSync(path(name), 'latin1'))

  beforeAll(async () => {
    writeFileSync(path('cert.pem'), CERTIFICATE)
    writeFileSync(path('key.pem'), PRIVATE_KEY)
    writeFileSync(path('mail'), BODY)
    const tls = ['--starttls', '--cert', path('cert.pem'), '--key', path('key.pem')]
    child = start(['listen', '0', '--json', '--smtp', '--save', directory, ...tls])
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString()
    })
    await vi.waitUntil(() => lines().length > 0, { timeout: 20_000 })
    port = Number(lines()[0]?.['port'])
  })
  afterAll(async () => {
    const gone = new Promise((resolve) => child.once('close', resolve))
    child.kill('SIGTERM')
    await gone
    rmSync(directory, { recursive: true })
    expectValidLines('listen', lines())
  })

  test('swaks', async () => {
    const next = nextMail()
    const envelope = ['--from', 'a@b.example', '--to', 'd@e.example,f@g.example']
    await run('swaks', ['--server', '127.0.0.1', '--port', String(port), ...envelope, '--data', `@${path('mail')}`])
    expect(await next()).toMatchObject({ from: 'a@b.example', to: ['d@e.example', 'f@g.example'], secure: false })
    expect(saved().at(-1)).toContain('\r\n.\r\n..dots\r\nend\r\n')
  })

  test('curl, over STARTTLS', async () => {
    const next = nextMail()
    const tls = ['--ssl-reqd', '--cacert', path('cert.pem')]
    const envelope = ['--mail-from', 'a@b.example', '--mail-rcpt', 'd@e.example', '-T', path('mail')]
    await run('curl', ['-sS', `smtp://localhost:${port}`, ...tls, ...envelope])
    expect(await next()).toMatchObject({ from: 'a@b.example', to: ['d@e.example'], secure: true })
  })

  test("python's smtplib, over STARTTLS", async () => {
    const next = nextMail()
    const script = `
import smtplib, ssl
server = smtplib.SMTP('localhost', ${port})
server.starttls(context=ssl.create_default_context(cafile='${path('cert.pem')}'))
server.sendmail('a@b.example', ['d@e.example'], open('${path('mail')}', 'rb').read())
server.quit()
`
    await run('/usr/bin/python3', ['-c', script])
    expect(await next()).toMatchObject({ from: 'a@b.example', secure: true })
  })

  test('and tells with which alert a client refuses the certificate', async () => {
    const script = `
import smtplib, ssl
server = smtplib.SMTP('localhost', ${port})
try: server.starttls(context=ssl.create_default_context())
except ssl.SSLError: pass
`
    await run('/usr/bin/python3', ['-c', script])
    const problems = () => lines().filter(({ type }) => type === 'problem')
    await expect.poll(() => problems().length).toBe(1)
    expect(problems()[0]).toMatchObject({ phase: 'tls', origin: 'tls', code: expect.stringContaining('ALERT') })
  })

  test('nodemailer, over STARTTLS, with attachment and UTF-8', async () => {
    const next = nextMail()
    const transport = nodemailer.createTransport({
      host: 'localhost',
      port,
      requireTLS: true,
      tls: { ca: CERTIFICATE },
    })
    const attachments = [{ filename: 'ü.bin', content: Buffer.from([1, 2, 3]) }]
    await transport.sendMail({
      from: 'Jörg <a@b.example>',
      to: 'd@e.example',
      subject: 'Grüße',
      text: 'über',
      attachments,
    })
    transport.close()
    const mail = await next()
    expect(mail).toMatchObject({
      text: expect.stringMatching(/^über\s*$/),
      secure: true,
      parts: [{ filename: 'ü.bin', sizeBytes: 3 }],
    })
    expect(mail?.['headers']).toContainEqual(['Subject', 'Grüße'])
  })
})

describe('listen --smtp with TLS and a login takes mail from', () => {
  const USER = 'me'
  const PASSWORD = 'open sesame'
  let child: ChildProcessWithoutNullStreams
  let output = ''
  let port = 0
  const mails = () => jsonLines(output.slice(0, output.lastIndexOf('\n') + 1)).filter(({ type }) => type === 'mail')
  let folder = ''

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'netkit-login-'))
    writeFileSync(join(folder, 'cert.pem'), CERTIFICATE)
    writeFileSync(join(folder, 'key.pem'), PRIVATE_KEY)
    writeFileSync(join(folder, 'mail'), BODY)
    writeFileSync(join(folder, 'pw'), `${PASSWORD}\n`)
    const tls = ['--starttls', '--cert', join(folder, 'cert.pem'), '--key', join(folder, 'key.pem')]
    const login = ['--auth', USER, '--password-file', join(folder, 'pw')]
    child = start(['listen', '0', '--json', '--smtp', ...tls, ...login])
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString()
    })
    await vi.waitUntil(() => output.includes('\n'), { timeout: 20_000 })
    port = Number(jsonLines(output)[0]?.['port'])
  })
  afterAll(async () => {
    const gone = new Promise((resolve) => child.once('close', resolve))
    child.kill('SIGTERM')
    await gone
    rmSync(folder, { recursive: true })
  })

  /** Each client sends one mail with the password that it is given. */
  const CLIENTS: [string, (password: string) => Promise<unknown>][] = [
    ...['PLAIN', 'LOGIN', 'CRAM-MD5'].map((mechanism): [string, (password: string) => Promise<unknown>] => [
      `swaks by ${mechanism}`,
      (password) => {
        const login = ['--auth', mechanism, '--auth-user', USER, '--auth-password', password]
        const envelope = ['--from', 'a@b.example', '--to', 'd@e.example', '--data', `@${join(folder, 'mail')}`]
        return run('swaks', ['--server', '127.0.0.1', '--port', String(port), '--tls', ...login, ...envelope])
      },
    ]),
    [
      'curl',
      (password) => {
        const tls = ['--ssl-reqd', '--cacert', join(folder, 'cert.pem'), '--user', `${USER}:${password}`]
        const envelope = ['--mail-from', 'a@b.example', '--mail-rcpt', 'd@e.example', '-T', join(folder, 'mail')]
        return run('curl', ['-sS', `smtp://localhost:${port}`, ...tls, ...envelope])
      },
    ],
    [
      "python's smtplib",
      (password) => {
        const script = `
import smtplib, ssl
server = smtplib.SMTP('localhost', ${port})
server.starttls(context=ssl.create_default_context(cafile='${join(folder, 'cert.pem')}'))
server.login('${USER}', '${password}')
server.sendmail('a@b.example', ['d@e.example'], open('${join(folder, 'mail')}', 'rb').read())
server.quit()
`
        return run('/usr/bin/python3', ['-c', script])
      },
    ],
    [
      'nodemailer',
      async (password) => {
        const auth = { user: USER, pass: password }
        const tls = { ca: CERTIFICATE }
        const transport = nodemailer.createTransport({ host: 'localhost', port, requireTLS: true, tls, auth })
        await transport.sendMail({ from: 'a@b.example', to: 'd@e.example', raw: BODY }).finally(() => transport.close())
      },
    ],
  ]

  test.each(CLIENTS)('%s, and not with a wrong password', async (_name, send) => {
    const before = mails().length
    await send(PASSWORD)
    await expect.poll(() => mails().length).toBe(before + 1)
    expect(mails().at(-1)).toMatchObject({ from: 'a@b.example', to: ['d@e.example'], secure: true, user: USER })
    expect(mails().at(-1)?.['text']).toContain('.\n..dots\nend')
    await expect(send('wrong')).rejects.toThrow()
    expect(mails().length).toBe(before + 1)
  })
})
