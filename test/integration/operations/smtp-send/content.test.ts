import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SMTPServer } from 'smtp-server'
import { describe, expect, onTestFinished, test } from 'vitest'
import { UsageError } from '../../../../src/core/usage-error.js'
import type { MailContent } from '../../../../src/operations/smtp-send/index.js'
import { mailServer } from '../../../helpers/scripted-server.js'
import { dataOf, envelopeTo, failureOf, ofType, options, send } from '../../../helpers/smtp.js'

interface Mail {
  readonly from: string
  readonly to: readonly string[]
  readonly bytes: Buffer
}

/** smtp-server as another's idea of what arrives: dots undone, bytes kept. */
async function sink(): Promise<{ port: number; mails: Mail[] }> {
  const mails: Mail[] = []
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    logger: false,
    closeTimeout: 100,
    onData(stream, session, callback) {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope
        mails.push({
          from: mailFrom === false ? '' : (mailFrom?.address ?? ''),
          to: rcptTo.map(({ address }) => address),
          bytes: Buffer.concat(chunks),
        })
        callback()
      })
    },
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  onTestFinished(() => new Promise((resolve) => server.close(() => resolve())))
  const address = server.server.address()
  if (typeof address !== 'object' || address === null) throw new Error('no port')
  return { port: address.port, mails }
}

const crlf = (bytes: Buffer) => {
  const lines = Buffer.from(bytes.toString('latin1').replace(/\r\n|\r|\n/g, '\r\n'), 'latin1')
  if (lines.length === 0) return lines
  return lines.subarray(-2).toString() === '\r\n' ? lines : Buffer.concat([lines, Buffer.from('\r\n')])
}

const HEAD = 'Subject: x\r\n\r\n'
const BODIES: [string, Buffer][] = [
  ['dots', Buffer.from(`${HEAD}.\r\n..\r\n.a\r\n\r\n.\r\n`)],
  ['a dot at the very beginning', Buffer.from('.\r\n.\r\n')],
  ['long lines', Buffer.from(`${HEAD}${'y'.repeat(200_000)}\r\n`)],
  ['no final newline', Buffer.from(`${HEAD}end`)],
  ['LF alone', Buffer.from('Subject: x\n\na\nb\n.\nc\n')],
  ['CR alone', Buffer.from('Subject: x\r\ra\rb\r.\rc\r')],
  ['NUL', Buffer.from(`${HEAD}a\0b\r\n`)],
  ['8-bit', Buffer.concat([Buffer.from(HEAD), Buffer.from([0xff, 0xfe, 0x80, 0xe4, 0x0d, 0x0a])])],
  ['every byte', Buffer.concat([Buffer.from(HEAD), Buffer.from(Array.from({ length: 256 }, (_, i) => i))])],
]

describe('a given message arrives as it was meant', () => {
  test.each(BODIES)('%s', async (_what, bytes) => {
    const { port, mails } = await sink()
    const { outcome } = await send(options(port, { content: dataOf(bytes) }))
    expect(outcome.ok).toBe(true)
    expect(mails[0]?.bytes.equals(crlf(bytes))).toBe(true)
  })

  test('nothing at all is misuse, not a message', async () => {
    const { port, mails } = await sink()
    await expect(send(options(port, { content: dataOf('') }))).rejects.toThrow(UsageError)
    expect(mails).toEqual([])
  })

  test('34 MB of random bytes, to a reader that is slower than we are', async () => {
    const { port, mails } = await sink()
    const bytes = Buffer.concat([Buffer.from(HEAD), randomBytes(34_000_000)])
    const { outcome } = await send(options(port, { content: dataOf(bytes) }))
    expect(outcome.ok).toBe(true)
    expect(mails[0]?.bytes.equals(crlf(bytes))).toBe(true)
  })
})

const COMPOSED: Extract<MailContent, { kind: 'compose' }> = {
  kind: 'compose',
  from: { name: 'Jürgen', address: 'a@b.example' },
  to: [{ name: null, address: 'd@e.example' }],
  cc: [],
  subject: 'Grüße',
  text: { kind: 'bytes', bytes: Buffer.from('.dot\nüber\n') },
  html: null,
  headers: [],
  attachments: [],
}

/** Header fields by name, folded lines joined. */
function fields(message: Buffer): Map<string, string> {
  const head = message
    .subarray(0, message.indexOf('\r\n\r\n'))
    .toString()
    .replace(/\r\n[ \t]+/g, ' ')
  return new Map(
    head
      .split('\r\n')
      .map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 2)]),
  )
}

describe('a composed message', () => {
  test('has CRLF alone, Date and Message-ID, and is ASCII', async () => {
    const { port, mails } = await sink()
    await send(options(port, { content: COMPOSED }))
    const [mail] = mails
    const text = mail?.bytes.toString('latin1') ?? ''
    expect(text.replaceAll('\r\n', '')).not.toMatch(/[\r\n\x80-\xff]/)
    const head = fields(mail?.bytes ?? Buffer.alloc(0))
    expect(Number.isNaN(Date.parse(head.get('date') ?? ''))).toBe(false)
    expect(head.get('message-id')).toMatch(/^<[0-9a-f-]{36}@b\.example>$/)
    expect(head.get('subject')).toBe('=?UTF-8?Q?Gr=C3=BC=C3=9Fe?=')
    expect(head.get('from')).toBe('=?UTF-8?Q?J=C3=BCrgen?= <a@b.example>')
    expect(text).toContain('\r\n\r\n.dot\r\n=C3=BCber')
  })

  test('a 25 MB attachment comes out as it went in', async () => {
    const { port, mails } = await sink()
    const directory = await mkdtemp(join(tmpdir(), 'netkit-'))
    onTestFinished(() => rm(directory, { recursive: true }))
    const bytes = randomBytes(25 * 1024 * 1024)
    const path = join(directory, 'data.bin')
    await writeFile(path, bytes)
    const attachment = { source: { kind: 'file', path, argument: '--attach' }, name: path, type: null } as const
    const { outcome } = await send(options(port, { content: { ...COMPOSED, attachments: [attachment] } }))
    expect(outcome.ok).toBe(true)
    const text = mails[0]?.bytes.toString('latin1') ?? ''
    const at = text.indexOf('\r\n\r\n', text.indexOf('filename=data.bin')) + 4
    const end = text.indexOf('\r\n--', at)
    expect(Buffer.from(text.slice(at, end), 'base64').equals(bytes)).toBe(true)
  })

  test('copies differ in Message-ID and in nothing else', async () => {
    const { port, mails } = await sink()
    await send(options(port, { content: COMPOSED, repeat: 5 }))
    const ids = mails.map(({ bytes }) => fields(bytes).get('message-id'))
    expect(new Set(ids).size).toBe(5)
    const rest = mails.map(({ bytes }) => bytes.toString().replace(/^Message-ID:.*$/im, ''))
    expect(new Set(rest).size).toBe(1)
  })

  test('header fields of the user replace ours', async () => {
    const { port, mails } = await sink()
    const headers = [
      { name: 'Message-ID', value: '<mine@b.example>' },
      { name: 'Date', value: 'Thu, 01 Jan 1970 00:00:00 +0000' },
      { name: 'From', value: 'Boss <boss@b.example>' },
      { name: 'X-Odd-CASE', value: 'ü' },
    ]
    await send(options(port, { content: { ...COMPOSED, headers } }))
    const head = fields(mails[0]?.bytes ?? Buffer.alloc(0))
    expect(head.get('message-id')).toBe('<mine@b.example>')
    expect(head.get('date')).toBe('Thu, 01 Jan 1970 00:00:00 +0000')
    expect(head.get('from')).toBe('Boss <boss@b.example>')
    expect(head.get('x-odd-case')).toBe('=?UTF-8?B?w7w=?=')
  })

  test('an address with UTF-8 before the @ needs SMTPUTF8, and gets it', async () => {
    const server = await mailServer()
    const envelope = envelopeTo('jürgen@müller.example')
    const to = [{ name: null, address: 'jürgen@müller.example' }]
    const { outcome } = await send(options(server.port, { envelope, content: { ...COMPOSED, to } }))
    expect(outcome.ok).toBe(true)
    expect(server.heard[1]).toMatch(/^MAIL FROM:<a@b\.example> SIZE=\d+( BODY=8BITMIME)? SMTPUTF8$/)
    expect(server.heard[2]).toBe('RCPT TO:<jürgen@müller.example>')
  })

  test('a sender whose domain alone is international needs none: all of our header is ASCII', async () => {
    const server = await mailServer()
    const envelope = { ...envelopeTo('d@e.example'), from: 'a@müller.example' }
    const from = { name: 'Jörg', address: 'a@müller.example' }
    const { outcome } = await send(options(server.port, { envelope, content: { ...COMPOSED, from } }))
    expect(outcome.ok).toBe(true)
    expect(server.heard[1]).toMatch(/^MAIL FROM:<a@xn--mller-kva\.example> SIZE=\d+$/)
  })

  test('a header line that cannot be folded is misuse: nothing is sent', async () => {
    const server = await mailServer()
    const content = { ...COMPOSED, headers: [{ name: 'X-Long', value: 'x'.repeat(1000) }] }
    await expect(send(options(server.port, { content }))).rejects.toThrow(UsageError)
    expect(server.heard).toEqual([])
  })

  test('a file that cannot be read: nothing is sent', async () => {
    const server = await mailServer()
    const text = { kind: 'file', path: '/nowhere/at/all', argument: '--body' } as const
    const sent = await send(options(server.port, { content: { ...COMPOSED, text } }))
    expect(failureOf(sent)).toMatchObject({ code: 'ENOENT', phase: 'options', origin: 'os' })
    expect(server.bytes().length).toBe(0)
    expect(ofType(sent.events, 'recipient').map(({ status }) => status)).toEqual(['not-reached'])
  })
})
