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
