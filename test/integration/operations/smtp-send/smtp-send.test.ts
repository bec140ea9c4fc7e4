import { describe, expect, test } from 'vitest'
import { CLOSE, type MailScript, mailServer, RESET, SILENCE } from '../../../helpers/scripted-server.js'
import { dataOf, envelopeTo, failureOf, ofType, options, send } from '../../../helpers/smtp.js'
import { listening, refusingPort } from '../../../helpers/sockets.js'

const STATUSES = (sent: Awaited<ReturnType<typeof send>>) =>
  ofType(sent.events, 'recipient').map(({ address, status }) => `${address} ${status}`)

const PLAIN_EHLO = '250-scripted\r\n250 8BITMIME\r\n'

describe('a mail that is taken', () => {
  test.each([
    ['with PIPELINING', {}],
    ['without', { EHLO: PLAIN_EHLO }],
    ['by a server that knows HELO only', { EHLO: '500 what?\r\n' }],
    ['with bare replies', { MAIL: '250\r\n', RCPT: '250\r\n', DATA: '354\r\n', message: '250\r\n', QUIT: '221\r\n' }],
    ['with LF alone at line ends', { MAIL: '250 fine\n', message: '250-a\n250 b\n' }],
  ] satisfies [string, MailScript][])('%s', async (_what, script) => {
    for (const bytewise of [false, true]) {
      const server = await mailServer(script, { bytewise })
      const sent = await send(options(server.port))
      expect(sent.outcome).toMatchObject({ ok: true, value: { accepted: 1, reached: 'quit', secure: false } })
      expect(server.messages.map(String)).toEqual(['Subject: hi\r\n\r\nhello\r\n'])
      expect(server.heard.at(-1)).toBe('QUIT')
      expect(STATUSES(sent)).toEqual(['d@e.example accepted'])
    }
  })

  test('one group of commands is one round trip', async () => {
    const server = await mailServer()
    const { outcome } = await send(options(server.port, { envelope: envelopeTo('d@e.example', 'f@g.example') }))
    // The greeting, EHLO, the envelope, the message with QUIT.
    expect(outcome.value?.roundTrips).toBe(4)
    expect(server.heard).toEqual([
      'EHLO client.example',
      'MAIL FROM:<a@b.example> SIZE=22',
      'RCPT TO:<d@e.example>',
      'RCPT TO:<f@g.example>',
      'DATA',
      'QUIT',
    ])
  })

  test('again and again on one connection: one round trip each', async () => {
    const server = await mailServer()
    const { outcome, events } = await send(options(server.port, { repeat: 50 }))
    expect(outcome).toMatchObject({ ok: true, value: { accepted: 50, mails: 50, roundTrips: 53 } })
    expect(server.messages.length).toBe(50)
    expect(server.heard.filter((line) => line.startsWith('EHLO')).length).toBe(1)
    const mails = ofType(events, 'reply').filter(({ stage }) => stage === 'message')
    expect(mails.map(({ mail }) => mail)).toEqual(Array.from({ length: 50 }, (_, i) => i + 1))
  })

  test('LMTP: one answer for each recipient', async () => {
    const server = await mailServer({ message: '250 2.0.0 a\r\n550 5.2.2 full\r\n' })
    const sent = await send(options(server.port, { lmtp: true, envelope: envelopeTo('d@e.example', 'f@g.example') }))
    expect(failureOf(sent)).toMatchObject({ code: 'PARTIAL', origin: 'expectation' })
    expect(STATUSES(sent)).toEqual(['d@e.example accepted', 'f@g.example refused'])
  })

  test('what was said stands in the events in order, with a time that never goes back', async () => {
    const server = await mailServer()
    const { events } = await send(options(server.port))
    const said = events.flatMap((event) =>
      event.type === 'command' || event.type === 'reply' || event.type === 'content'
        ? [`${event.type} ${event.stage}`]
        : [],
    )
    expect(said).toEqual([
      ...['reply banner', 'command ehlo', 'reply ehlo', 'command mail', 'command rcpt', 'command data', 'reply mail'],
      ...['reply rcpt', 'reply data', 'content message', 'command quit', 'reply message', 'reply quit'],
    ])
    const times = events.flatMap((event) => ('atMs' in event ? [event.atMs] : []))
    expect(times).toEqual([...times].sort((a, b) => a - b))
  })
})

// Windows has no descriptor to ask.
test.runIf(process.platform !== 'win32')('a reset right behind a reply is one, and the reply counts', async () => {
  const says = ['250-hi\r\n250 PIPELINING\r\n', '250 2.1.0 fine\r\n']
  const { port } = await listening((socket) => {
    const turns = [...says]
    socket.write('220 hi\r\n')
    socket.on('data', () => {
      socket.write(turns.shift() ?? '')
      if (turns.length === 0) socket.resetAndDestroy()
    })
  })
  const sent = await send(options(port))
  expect(failureOf(sent)).toMatchObject({ code: 'ECONNRESET', origin: 'os' })
  expect(ofType(sent.events, 'reply').map(({ stage }) => stage)).toEqual(['banner', 'ehlo', 'mail'])
})

const VERBS = ['banner', 'EHLO', 'MAIL', 'RCPT', 'DATA', 'message'] as const

describe.each(VERBS)('trouble at %s', (verb) => {
  const quick = { replyTimeoutMs: 250 }
  const status = verb === 'message' ? 'unconfirmed' : 'not-reached'

  test('the server hangs up', async () => {
    const server = await mailServer({ [verb]: CLOSE })
    const sent = await send(options(server.port))
    expect(failureOf(sent)).toMatchObject({ code: 'SMTP_CLOSED', origin: 'peer', phase: 'read' })
    expect(STATUSES(sent)).toEqual([`d@e.example ${status}`])
  })

  test('the server resets', async () => {
    const server = await mailServer({ [verb]: RESET })
    const sent = await send(options(server.port, { pipelining: false }))
    // A reset before the first byte may already have overtaken the end of the connect.
    expect(failureOf(sent)).toMatchObject({ code: 'ECONNRESET', origin: 'os' })
    expect(failureOf(sent).message.match(/ECONNRESET/g)).toHaveLength(1)
    expect(STATUSES(sent)).toEqual([`d@e.example ${status}`])
  })

  test('the server says nothing', async () => {
    const server = await mailServer({ [verb]: SILENCE })
    const sent = await send(options(server.port, quick))
    expect(failureOf(sent)).toMatchObject({ code: 'EAGAIN', origin: 'deadline' })
    expect(STATUSES(sent)).toEqual([`d@e.example ${status}`])
  })

  test('the server begins a reply and never ends it, byte by byte', async () => {
    const server = await mailServer({ [verb]: `250-${'x'.repeat(200)}` }, { bytewise: true })
    const sent = await send(options(server.port, { ...quick, pipelining: false }))
    expect(failureOf(sent).origin).toBe('deadline')
  })

  test.each([421, 450, 451, 554, 550])('the server says %i', async (code) => {
    const server = await mailServer({ [verb]: `${code}-no\r\n${code} really\r\n`, HELO: `${code} no\r\n` })
    const sent = await send(options(server.port))
    expect(failureOf(sent)).toMatchObject({ code: `SMTP_${code}`, origin: 'peer', phase: 'read' })
    // Refused for its own sake, or with the mail; never reached where the server did not get so far.
    const named = verb === 'RCPT' || verb === 'DATA' || verb === 'message'
    expect(STATUSES(sent)).toEqual([`d@e.example ${named ? 'refused' : 'not-reached'}`])
  })

  test.each([
    ['two codes in one reply', '250-a\r\n550 b\r\n'],
    ['no reply at all', 'hello there\r\n'],
    ['a code that SMTP does not have', '999 x\r\n'],
  ])('%s', async (_what, reply) => {
    const server = await mailServer({ [verb]: reply })
    const sent = await send(options(server.port))
    expect(failureOf(sent)).toMatchObject({ code: 'SMTP_PROTOCOL', origin: 'peer', phase: 'protocol' })
    expect(sent.outcome.value?.accepted).toBe(0)
  })
})

describe('recipients', () => {
  test.each([false, true])('some are refused, the others get it (pipelining %s)', async (pipelining) => {
    const server = await mailServer({ RCPT: ['250 2.1.5 ok\r\n', '550 5.1.1 no such user\r\n', '250 ok\r\n'] })
    const envelope = envelopeTo('a@x.example', 'b@x.example', 'c@x.example')
    const sent = await send(options(server.port, { envelope, pipelining }))
    expect(failureOf(sent)).toMatchObject({ code: 'PARTIAL', origin: 'expectation' })
    expect(failureOf(sent).message).toContain('b@x.example was refused: 550 5.1.1 no such user')
    expect(STATUSES(sent)).toEqual(['a@x.example accepted', 'b@x.example refused', 'c@x.example accepted'])
    expect(server.messages.length).toBe(1)
  })

  test.each([false, true])('all are refused: no message follows (pipelining %s)', async (pipelining) => {
    const server = await mailServer({ RCPT: '550 5.1.1 no\r\n', DATA: '503 5.5.1 nobody to send to\r\n' })
    const envelope = envelopeTo('a@x.example', 'b@x.example')
    const sent = await send(options(server.port, { envelope, pipelining }))
    expect(failureOf(sent)).toMatchObject({ code: 'SMTP_550', origin: 'peer' })
    expect(failureOf(sent).parts.length).toBe(2)
    expect(server.messages).toEqual([])
    expect(server.heard).toContain('QUIT')
  })

  test('the message is given to nobody where DATA is welcome although nobody was', async () => {
    const server = await mailServer({ RCPT: '550 5.1.1 no\r\n', message: '554 no recipients\r\n' })
    const sent = await send(options(server.port))
    expect(failureOf(sent).code).toBe('SMTP_550')
    expect(server.messages.map(String)).toEqual([''])
  })
})

describe('checks', () => {
  const EXPECTED = [
    ['connect', []],
    ['banner', ['QUIT']],
    ['ehlo', ['EHLO', 'QUIT']],
    ['tls', ['EHLO', 'QUIT']],
    ['auth', ['EHLO', 'QUIT']],
    ['mail', ['EHLO', 'MAIL', 'QUIT']],
    ['rcpt', ['EHLO', 'MAIL', 'RCPT', 'QUIT']],
    ['data', ['EHLO', 'MAIL', 'RCPT', 'DATA']],
  ] as const
  test.each(EXPECTED)('--quit-after %s says no more than %j', async (quitAfter, verbs) => {
    const server = await mailServer()
    const { outcome } = await send(options(server.port, { quitAfter, content: null }))
    expect(outcome).toMatchObject({ ok: true })
    expect(server.heard.map((line) => line.split(' ')[0])).toEqual(verbs)
    expect(server.messages).toEqual([])
  })

  test.each([
    ['rcpt', '550', true],
    ['rcpt', '5xx', true],
    ['rcpt', '5', true],
    ['rcpt', '5.7.1', true],
    ['rcpt', '250', false],
    ['rcpt', '5.1.1', false],
    ['mail', '250', false],
    ['quit', '221', false],
  ] as const)('expects %s=%s of a server that does not relay: %s', async (stage, code, holds) => {
    const server = await mailServer({ RCPT: '550 5.7.1 no relaying\r\n', EHLO: PLAIN_EHLO })
    const sent = await send(options(server.port, { quitAfter: 'rcpt', content: null, expectReply: [{ stage, code }] }))
    expect(sent.outcome.ok).toBe(holds)
    if (!holds && stage === 'rcpt') expect(failureOf(sent)).toMatchObject({ origin: 'expectation', code: 'SMTP_UNMET' })
    if (stage !== 'rcpt') expect(failureOf(sent).code).toBe('SMTP_550')
  })

  test('an expected reply does not hide that the server broke off', async () => {
    const server = await mailServer({ RCPT: '250 ok\r\n', DATA: CLOSE })
    const sent = await send(options(server.port, { expectReply: [{ stage: 'rcpt', code: '250' }] }))
    expect(failureOf(sent).code).toBe('SMTP_CLOSED')
    const refusing = await mailServer({ RCPT: '550 no\r\n', DATA: CLOSE })
    for (const [code, verdict] of [
      ['550', 'SMTP_CLOSED'],
      ['250', 'SMTP_UNMET'],
    ] as const) {
      const expecting = await send(options(refusing.port, { expectReply: [{ stage: 'rcpt', code }] }))
      expect(failureOf(expecting).code).toBe(verdict)
    }
  })
})

test('a banner that comes late is waited for', async () => {
  const server = await mailServer({ banner: `220-${'slow '.repeat(40)}\r\n220 now\r\n` }, { bytewise: true })
  expect((await send(options(server.port))).outcome.ok).toBe(true)
})

test('nothing listens: every recipient is told, and the errno', async () => {
  const sent = await send(options(await refusingPort()))
  expect(failureOf(sent)).toMatchObject({ code: 'ECONNREFUSED', origin: 'os', phase: 'connect' })
  expect(STATUSES(sent)).toEqual(['d@e.example not-reached'])
})

test('an interrupt ends a wait at once, and says goodbye', async () => {
  const controller = new AbortController()
  const server = await mailServer({ MAIL: SILENCE, EHLO: PLAIN_EHLO })
  const running = send(options(server.port), controller.signal)
  await expect.poll(() => server.heard.length).toBe(2)
  controller.abort()
  expect(failureOf(await running)).toMatchObject({ origin: 'abort', code: 'ECANCELED' })
})

test('an interrupt amid the message never ends it: the server has nothing to accept', async () => {
  const controller = new AbortController()
  const server = await mailServer()
  const lines = `Subject: x\r\n\r\n${'y'.repeat(70)}\r\n`
  const content = dataOf(lines + `${'y'.repeat(70)}\r\n`.repeat(300_000))
  const running = send(options(server.port, { content }), controller.signal)
  await expect.poll(() => server.bytes().includes('yyyy')).toBe(true)
  controller.abort()
  const sent = await running
  expect(failureOf(sent)).toMatchObject({ origin: 'abort', code: 'ECANCELED' })
  expect(STATUSES(sent)).toEqual(['d@e.example not-reached'])
  await expect.poll(() => server.closed()).toBe(1)
  expect(server.messages).toEqual([])
  expect(server.heard.at(-1)).toBe('DATA')
})

test('what is missing is said before anything is sent of the mail', async () => {
  const server = await mailServer({ EHLO: '250-old\r\n250 SIZE 10\r\n' })
  const sent = await send(options(server.port))
  expect(failureOf(sent)).toMatchObject({ code: 'SMTP_SIZE', origin: 'peer' })
  expect(server.heard).toEqual(['EHLO client.example', 'QUIT'])
})

test('a server that repeats its replies while it gets the message breaks the protocol, and fills nothing', async () => {
  const answer = '250 again\r\n'.repeat(1000)
  const { port } = await listening((socket) => {
    socket.on('error', () => {})
    let heard = ''
    const turns = ['250 x\r\n', '250 ok\r\n', '250 ok\r\n', '354 go on\r\n']
    socket.write('220 hi\r\n')
    const flood = () => {
      while (!socket.destroyed && socket.write(answer));
      if (!socket.destroyed) socket.once('drain', flood)
    }
    // Of the message nothing is read: it would never be out.
    socket.on('data', (bytes) => {
      heard += bytes
      for (let turn = turns[0]; turn !== undefined && heard.includes('\n'); turn = turns[0]) {
        heard = heard.slice(heard.indexOf('\n') + 1)
        turns.shift()
        socket.write(turn)
      }
      if (turns.length > 0) return
      socket.pause()
      flood()
    })
  })
  const content = dataOf(`Subject: x\r\n\r\n${'x\r\n'.repeat(10_000_000)}`)
  const sent = await send(options(port, { content }))
  expect(failureOf(sent)).toMatchObject({ code: 'SMTP_UNSOLICITED', origin: 'peer', phase: 'protocol' })
  expect(ofType(sent.events, 'recipient').map(({ status }) => status)).not.toContain('accepted')
})
