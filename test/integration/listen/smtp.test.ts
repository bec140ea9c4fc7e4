import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Deadline } from '../../../src/core/deadline.js'
import {
  type ListenEvent,
  type ListenOptions,
  listen,
  type MailEvent,
  type SmtpMode,
} from '../../../src/operations/listen/index.js'
import { CERTIFICATE, PRIVATE_KEY } from '../../helpers/certificate.js'
import { dataOf, envelopeTo, failureOf, ofType, options, send } from '../../helpers/smtp.js'

const MODE: SmtpMode = {
  kind: 'smtp',
  lmtp: false,
  starttls: false,
  secure: false,
  auth: null,
  reject: [],
  delayMs: 0,
  maxSizeBytes: 1 << 27,
  directory: null,
}

interface Sink {
  readonly port: number
  readonly events: readonly ListenEvent[]
  /** Ends listening and resolves to what was taken. */
  mails(): Promise<readonly MailEvent[]>
}

async function sink(mode: Partial<SmtpMode> = {}, more: Partial<ListenOptions> = {}): Promise<Sink> {
  const events: ListenEvent[] = []
  const controller = new AbortController()
  const running = listen(
    {
      target: { kind: 'tcp', host: '127.0.0.1', port: 0, ipv6Only: false, reusePort: false },
      mode: { ...MODE, ...mode },
      fault: null,
      tls:
        mode.secure || mode.starttls ? { certificate: { cert: CERTIFICATE, key: PRIVATE_KEY }, alpn: undefined } : null,
      count: Number.POSITIVE_INFINITY,
      maxConnections: undefined,
      backlog: undefined,
      idleTimeoutMs: null,
      allow: [],
      deny: [],
      input: null,
      ...more,
    },
    { signal: controller.signal, deadline: Deadline.never, emit: (event) => events.push(event) },
  )
  onTestFinished(async () => {
    controller.abort()
    await running
  })
  const up = () => events.find((event) => event.type === 'listening')
  await expect.poll(up).toBeDefined()
  const gone = () => events.filter(({ type }) => type === 'closed').length
  const came = () => events.filter(({ type }) => type === 'connection').length
  return {
    port: up()?.port ?? 0,
    events,
    mails: async () => {
      await expect.poll(() => came() > 0 && gone() === came()).toBe(true)
      return events.filter((event) => event.type === 'mail')
    },
  }
}

const trusting = { ca: CERTIFICATE, servername: 'localhost' }
const login = (password: string) =>
  ({ credentials: { user: 'me', secret: { kind: 'password', password } }, mechanism: null, insecure: true }) as const

describe('a mail sink', () => {
  test('shows envelope, decoded header, text and parts, and the connection leaves', async () => {
    const { port, mails } = await sink()
    const bytes = [
      'From: =?UTF-8?Q?J=C3=B6rg?= <a@b.example>',
      'Subject: =?UTF-8?B?R3LDvMOfZQ==?=',
      'Content-Type: multipart/mixed; boundary=x',
      '',
      '--x',
      'Content-Type: text/plain; charset=iso-8859-1',
      'Content-Transfer-Encoding: quoted-printable',
      '',
      '=FCber',
      '--x',
      'Content-Type: application/x-odd; name=a.bin',
      'Content-Transfer-Encoding: base64',
      '',
      'AQID',
      '--x--',
      '',
    ].join('\r\n')
    const { outcome } = await send(
      options(port, { content: dataOf(bytes), envelope: envelopeTo('d@e.example', 'f@g.example') }),
    )
    expect(outcome.ok).toBe(true)
    const [mail] = await mails()
    expect(mail).toMatchObject({
      from: 'a@b.example',
      to: ['d@e.example', 'f@g.example'],
      helo: 'client.example',
      replyCode: 250,
    })
    expect(mail?.headers.slice(0, 2)).toEqual([
      ['From', 'Jörg <a@b.example>'],
      ['Subject', 'Grüße'],
    ])
    expect(mail?.text?.trim()).toBe('über')
    expect(mail?.parts).toEqual([{ filename: 'a.bin', type: 'application/x-odd', sizeBytes: 3 }])
  })

  test('keeps each message byte for byte, and no half ones', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'netkit-'))
    onTestFinished(() => rm(directory, { recursive: true }))
    const { port, mails } = await sink({ directory })
    const bytes = Buffer.concat([
      Buffer.from('Subject: x\r\n\r\n.\r\n..\r\n'),
      Buffer.from([0, 0xff, 0x80, 0x0d, 0x0a]),
    ])
    await send(options(port, { content: dataOf(bytes), repeat: 20 }))
    expect((await mails()).length).toBe(20)
    const names = await readdir(directory)
    expect(names.length).toBe(20)
    for (const name of names) {
      expect(name).toMatch(/\.eml$/)
      expect((await readFile(join(directory, name))).equals(bytes)).toBe(true)
    }
  })

  test('a message that cannot be kept is not accepted', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'netkit-'))
    const { port, mails, events } = await sink({ directory })
    await rm(directory, { recursive: true })
    expect(failureOf(await send(options(port))).code).toBe('SMTP_451')
    expect((await mails())[0]).toMatchObject({ replyCode: 451, path: null })
    expect(events.some((event) => event.type === 'problem' && event.code === 'ENOENT')).toBe(true)
  })

  test.each(['starttls', 'secure'] as const)('with TLS (%s) and a login', async (how) => {
    const { port, mails } = await sink({ [how]: true, auth: { user: 'me', password: 'secret' } })
    const security = how === 'secure' ? 'implicit' : 'always'
    const sent = await send(options(port, { security, tls: trusting, auth: login('secret') }))
    expect(sent.outcome.ok).toBe(true)
    const wrong = await send(options(port, { security, tls: trusting, auth: login('wrong!') }))
    expect(failureOf(wrong).code).toBe('SMTP_535')
    const stranger = await send(options(port, { security, tls: trusting }))
    expect(failureOf(stranger).code).toBe('SMTP_530')
    expect(await mails()).toMatchObject([{ secure: true, user: 'me' }])
  })

  test.each([
    ['connect', null, 'SMTP_554'],
    ['mail', null, 'SMTP_554'],
    ['mail', 'a@b.example', 'SMTP_554'],
    ['rcpt', null, 'SMTP_554'],
    ['message', null, 'SMTP_554'],
    ['rcpt', 'nobody@e.example', null],
  ] as const)('says no at %s to %s on purpose', async (stage, address, code) => {
    const { port } = await sink({ reject: [{ stage, address, code: 554 }] })
    const sent = await send(options(port))
    if (code === null) expect(sent.outcome.ok).toBe(true)
    else expect(failureOf(sent).code).toBe(code)
  })

  test('LMTP', async () => {
    const { port } = await sink({ lmtp: true, reject: [{ stage: 'rcpt', address: 'f@g.example', code: 550 }] })
    const sent = await send(
      options(port, { lmtp: true, envelope: envelopeTo('d@e.example', 'f@g.example', 'h@i.example') }),
    )
    expect(ofType(sent.events, 'recipient').map(({ status }) => status)).toEqual(['accepted', 'refused', 'accepted'])
  })

  test('a message over the bound is refused', async () => {
    const { port } = await sink({ maxSizeBytes: 1000 })
    const big = dataOf(`Subject: x\r\n\r\n${'y'.repeat(2000)}\r\n`)
    expect(failureOf(await send(options(port, { content: big }))).code).toBe('SMTP_SIZE')
  })

  test('a client that leaves in the middle of a message leaves no mail', async () => {
    const { port, mails } = await sink()
    const { outcome } = await send(options(port, { quitAfter: 'data', content: null }))
    expect(outcome.ok).toBe(true)
    expect(await mails()).toEqual([])
  })
})
