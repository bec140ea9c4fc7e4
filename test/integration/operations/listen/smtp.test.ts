import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Deadline } from '../../../../src/core/deadline.js'
import {
  type ListenEvent,
  type ListenOptions,
  listen,
  type MailEvent,
  type SmtpMode,
} from '../../../../src/operations/listen/index.js'
import { CERTIFICATE, PRIVATE_KEY } from '../../../helpers/certificate.js'
import { dataOf, envelopeTo, failureOf, ofType, options, send } from '../../../helpers/smtp.js'

const MODE: SmtpMode = {
  kind: 'smtp',
  lmtp: false,
  starttls: false,
  secure: false,
  auth: null,
  reject: [],
  delays: [],
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
  const failed = running.then((outcome) => {
    if (!outcome.ok) throw new Error(outcome.failure.code)
  })
  await Promise.race([expect.poll(up).toBeDefined(), failed])
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

/** Says lines to a server, each once the one before is answered, and returns what it said until it closed. */
async function dialogue(port: number, lines: readonly string[]): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  let said = ''
  const left = [...lines]
  for await (const chunk of socket) {
    said += chunk
    const next = /^\d{3} [^\n]*\n$/m.test(said.slice(said.lastIndexOf('\n', said.length - 2) + 1))
      ? left.shift()
      : undefined
    if (next !== undefined) socket.write(`${next}\r\n`)
  }
  return said
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
    ['connect', 'banner'],
    ['ehlo', 'ehlo'],
    ['starttls', 'starttls'],
    ['auth', 'auth'],
    ['mail', 'mail'],
    ['rcpt', 'rcpt'],
    ['data', 'data'],
    ['message', 'message'],
  ] as const)('says no at %s on purpose, for now or for good', async (stage, told) => {
    for (const code of [454, 554]) {
      const { port, mails } = await sink({
        starttls: stage === 'starttls',
        auth: stage === 'auth' ? { user: 'me', password: 'secret' } : null,
        reject: [{ stage, address: null, code }],
      })
      const security = stage === 'starttls' ? 'always' : 'auto'
      const auth = stage === 'auth' ? login('secret') : null
      const sent = await send(options(port, { security, tls: trusting, auth }))
      expect(failureOf(sent).code).toBe(`SMTP_${code}`)
      expect(ofType(sent.events, 'reply').find(({ unexpected }) => unexpected)).toMatchObject({ stage: told })
      expect((await mails()).map(({ replyCode }) => replyCode)).toEqual(stage === 'message' ? [code] : [])
    }
  })

  test.each([
    ['mail', 'a@b.example', 'a@b.example', true],
    ['mail', 'A@B.example', 'a@b.example', true],
    ['mail', 'z@b.example', 'a@b.example', false],
    ['rcpt', 'd@*', 'd@e.example', true],
    ['rcpt', '*@e.example', 'd@e.example', true],
    ['rcpt', '*', 'd@e.example', true],
    ['rcpt', '*@*.example', 'd@e.example', true],
    ['rcpt', 'd*d@e.example', 'd@e.example', false],
    ['rcpt', '*@example', 'd@e.example', false],
    ['rcpt', 'nobody@e.example', 'd@e.example', false],
  ] as const)('a rule for %s:%s and %s: %s', async (stage, address, _given, refused) => {
    const { port } = await sink({ reject: [{ stage, address, code: 554 }] })
    expect((await send(options(port))).outcome.ok).toBe(!refused)
  })

  test('thinks as long as it is told to at each stage', async () => {
    const delays = [{ stage: 'data', ms: 60_000 } as const, { stage: null, ms: 5 }]
    const { port } = await sink({ delays })
    const sent = await send(options(port, { pipelining: false, replyTimeoutMs: 2500 }))
    expect(failureOf(sent)).toMatchObject({ code: 'EAGAIN', origin: 'deadline' })
    expect(sent.outcome.value).toMatchObject({ reached: 'rcpt' })
  })

  test('LMTP', async () => {
    const { port } = await sink({ lmtp: true, reject: [{ stage: 'rcpt', address: 'f@g.example', code: 550 }] })
    const sent = await send(
      options(port, { lmtp: true, envelope: envelopeTo('d@e.example', 'f@g.example', 'h@i.example') }),
    )
    expect(ofType(sent.events, 'recipient').map(({ status }) => status)).toEqual(['accepted', 'refused', 'accepted'])
  })

  test('LMTP has a word for each recipient after the message, however often one is named', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'netkit-'))
    onTestFinished(() => rm(directory, { recursive: true }))
    const reject = [{ stage: 'message', address: 'f@*', code: 452 } as const]
    const { port, mails } = await sink({ lmtp: true, directory, reject })
    const to = ['d@e.example', 'f@g.example', 'd@e.example', 'h@i.example']
    const sent = await send(options(port, { lmtp: true, envelope: envelopeTo(...to) }))
    const statuses = ofType(sent.events, 'recipient').map(({ status, replyCode }) => [status, replyCode])
    expect(statuses).toEqual([
      ['accepted', 250],
      ['refused', 452],
      ['accepted', 250],
      ['accepted', 250],
    ])
    expect(await mails()).toMatchObject([{ to, replyCode: 250, refused: [{ address: 'f@g.example', replyCode: 452 }] }])
    expect((await readdir(directory)).length).toBe(1)
  })

  test('makes the folder to save in, and says of what is none that it is none', async () => {
    const above = await mkdtemp(join(tmpdir(), 'netkit-'))
    onTestFinished(() => rm(above, { recursive: true }))
    const directory = join(above, 'new', 'mails')
    const { port, mails } = await sink({ directory })
    expect((await send(options(port))).outcome.ok).toBe(true)
    const [mail] = await mails()
    expect(await readFile(mail?.path ?? '', 'latin1')).toBe('Subject: hi\r\n\r\nhello\r\n')
    await expect(sink({ directory: mail?.path ?? '' })).rejects.toThrow(/EEXIST|ENOTDIR/)
  })

  test('takes mails from many at once, each whole', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'netkit-'))
    onTestFinished(() => rm(directory, { recursive: true }))
    const { port, mails } = await sink({ directory })
    const texts = Array.from({ length: 40 }, (_, i) => `Subject: ${i}\r\n\r\n${'x'.repeat(i * 1000)}\r\n`)
    const sent = await Promise.all(texts.map((text) => send(options(port, { content: dataOf(text) }))))
    expect(sent.every(({ outcome }) => outcome.ok)).toBe(true)
    expect((await mails()).length).toBe(40)
    const names = await readdir(directory)
    const kept = await Promise.all(names.map((name) => readFile(join(directory, name), 'latin1')))
    expect(kept.sort()).toEqual([...texts].sort())
  })

  test('a message over the bound is refused: before it is sent, at MAIL, and at its end', async () => {
    const big = `Subject: x\r\n\r\n${'y'.repeat(2000)}\r\n`
    const { port, mails } = await sink({ maxSizeBytes: 1000 })
    expect(failureOf(await send(options(port, { content: dataOf(big) }))).code).toBe('SMTP_SIZE')
    const said = await dialogue(port, ['EHLO x', 'MAIL FROM:<a@b.example> SIZE=2000', 'QUIT'])
    expect(said).toMatch(/^552 5\.3\.4 /m)
    const liar = ['EHLO x', 'MAIL FROM:<a@b.example> SIZE=10', 'RCPT TO:<d@e.example>', 'DATA', `${big}.`, 'QUIT']
    expect(await dialogue(port, liar)).toMatch(/^354 [\s\S]*^552 5\.3\.4 /m)
    expect((await mails()).map(({ replyCode }) => replyCode)).toEqual([552])
  })

  test('a client that leaves in the middle of a message leaves no mail', async () => {
    const { port, mails } = await sink()
    const { outcome } = await send(options(port, { quitAfter: 'data', content: null }))
    expect(outcome.ok).toBe(true)
    expect(await mails()).toEqual([])
  })
})

describe('what a sink refuses is told', () => {
  const refusals = ({ events }: Sink) => events.filter((event) => event.type === 'refusal')

  test('recipients at RCPT, as an event and in the mail', async () => {
    const made = await sink({ reject: [{ stage: 'rcpt', address: 'bad*', code: 550 }] })
    const sent = await send(options(made.port, { envelope: envelopeTo('bad@x.example', 'd@e.example') }))
    expect(failureOf(sent).code).toBe('PARTIAL')
    const told = { id: 1, command: 'RCPT', argument: 'TO:<bad@x.example>', user: null, replyCode: 550, cutsOff: false }
    expect(await made.mails()).toMatchObject([
      { to: ['d@e.example'], replyCode: 250, refused: [{ address: 'bad@x.example', replyCode: 550 }] },
    ])
    expect(refusals(made)).toEqual([{ type: 'refusal', ...told, text: '5.1.1 rejected on purpose' }])
  })

  test('of the next mail on the same connection nobody was refused', async () => {
    const made = await sink({ reject: [{ stage: 'rcpt', address: 'bad*', code: 550 }] })
    const mail = (to: string) => [
      'MAIL FROM:<a@b.example>',
      `RCPT TO:<${to}>`,
      'RCPT TO:<d@e.example>',
      'DATA',
      'x\r\n.',
    ]
    await dialogue(made.port, ['EHLO x', ...mail('bad@x.example'), ...mail('f@g.example'), 'QUIT'])
    expect((await made.mails()).map(({ refused }) => refused.length)).toEqual([1, 0])
  })

  test('a failed login, by user and mechanism, without the password in any form', async () => {
    const made = await sink({ auth: { user: 'me', password: 'right' } })
    const base64 = (text: string) => Buffer.from(text).toString('base64')
    const plain = base64('\0me\0wrong-4711')
    const login = ['AUTH LOGIN', base64('me'), base64('wrong-4711')]
    const unknown = ['AUTH FOO', base64('wrong-4711')]
    await dialogue(made.port, ['EHLO x', `AUTH PLAIN ${plain}`, ...login, ...unknown, 'NOPE', 'QUIT'])
    await made.mails()
    expect(refusals(made)).toMatchObject([
      { command: 'AUTH', argument: 'PLAIN', user: 'me', replyCode: 535 },
      { command: 'AUTH', argument: 'LOGIN', user: 'me', replyCode: 535 },
      { command: 'AUTH', argument: 'FOO', user: null, replyCode: 504 },
      { command: 'AUTH', argument: '[elided]', user: null, replyCode: 500 },
      { command: 'AUTH', argument: '[elided]', replyCode: 500 },
    ])
    const all = JSON.stringify(made.events)
    for (const secret of ['wrong-4711', plain, base64('wrong-4711')]) expect(all).not.toContain(secret)
  })

  test('what is no command of SMTP, and the words of a reply, as they went over the wire', async () => {
    const made = await sink()
    const said = await dialogue(made.port, ['EHLO x', 'FooBar baz', 'QUIT'])
    await made.mails()
    const [refused] = refusals(made)
    expect(refused).toMatchObject({ command: 'FooBar', argument: 'baz', replyCode: 500 })
    expect(refused?.text).toMatch(/^5\.5\.\d /)
    expect(said).toContain(`500 ${refused?.text}`)
  })

  test.each([
    [
      'an HTTP client',
      ['GET / HTTP/1.1'],
      { command: 'GET', argument: '/ HTTP/1.1', text: '4.4.2 HTTP requests not allowed' },
    ],
    ['a line without end', [`EHLO ${'x'.repeat(100_000)}`], { command: null, argument: null }],
  ])('%s, whose session is cut off', async (_what, lines, told) => {
    const made = await sink()
    expect(await dialogue(made.port, lines)).toMatch(/^421 /m)
    await made.mails()
    expect(refusals(made)).toMatchObject([{ ...told, replyCode: 421, cutsOff: true }])
  })

  test('everybody, at the greeting', async () => {
    const made = await sink({ reject: [{ stage: 'connect', address: null, code: 554 }] })
    expect(failureOf(await send(options(made.port))).code).toBe('SMTP_554')
    await made.mails()
    expect(refusals(made)).toMatchObject([{ command: null, replyCode: 554, cutsOff: true }])
  })

  test('not twice, where a mail is refused at its end', async () => {
    const made = await sink({ reject: [{ stage: 'message', address: null, code: 554 }] })
    expect(failureOf(await send(options(made.port))).code).toBe('SMTP_554')
    expect(await made.mails()).toMatchObject([{ replyCode: 554 }])
    expect(refusals(made)).toEqual([])
  })
})
