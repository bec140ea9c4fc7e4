import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { SmtpSendEvent, SmtpSendOptions } from '../../../../src/operations/smtp-send/index.js'
import { type MailServer, mailServer } from '../../../helpers/scripted-server.js'
import { dataOf, envelopeTo, failureOf, ofType, options, type Sent, send } from '../../../helpers/smtp.js'

const SMALL = 'Subject: hi\r\n\r\nhello\r\n'
/** More than the system holds for a peer that does not read. */
const HUGE = linesOf(300_000)

function linesOf(count: number): string {
  return `Subject: hi\r\n\r\n${`${'y'.repeat(70)}\r\n`.repeat(count)}`
}

const IMPLICIT = { security: 'implicit', tls: { insecure: true } } as const

type How = 'reset' | 'close'

/** Whether what belongs to that stage is written next, in the same turn. */
function isAt(event: SmtpSendEvent, stage: string): boolean {
  return (event.type === 'command' || event.type === 'content') && event.stage === stage
}

/** Sends to a server that says that and is gone, right before what belongs to the stage is written. */
async function sendTo(
  server: MailServer,
  { stage, words, how }: { readonly stage: string; readonly words: string; readonly how: How },
  more: Partial<SmtpSendOptions>,
): Promise<Sent> {
  let left = false
  return send(options(server.port, more), undefined, (event) => {
    if (left || !isAt(event, stage)) return
    left = true
    server.leave(words, how)
  })
}

const said = (sent: Sent) => ofType(sent.events, 'reply').map(({ replyCode, lines }) => `${replyCode} ${lines.join()}`)
const commands = (sent: Sent) => ofType(sent.events, 'command').map(({ text }) => text.split(' ')[0])
const statuses = (sent: Sent) => ofType(sent.events, 'recipient').map(({ status }) => status)

describe.each(['reset', 'close'] as const)('a server that says why and is gone by %s while we write', (how) => {
  test.each([
    ['ehlo', '421 4.3.2 not now', SMALL],
    ['mail', '421 4.3.2 not now', SMALL],
    ['rcpt', '554 5.7.1 go away', SMALL],
    ['data', '554 5.7.1 go away', SMALL],
    ['message', '554 5.7.1 go away', SMALL],
    ['message', '552 5.3.4 too big', HUGE],
    ['message', '421 4.4.2 out of patience', HUGE],
  ])('at %s: %s', async (stage, words, message) => {
    for (const pipelining of [false, true]) {
      for (const secure of [false, true]) {
        const server = await mailServer({}, { secure })
        const leaving = { stage, words: `${words}\r\n`, how }
        const given = { pipelining, content: dataOf(message), ...(secure && IMPLICIT) }
        const sent = await sendTo(server, leaving, given)
        expect(said(sent)).toContain(words)
        const code = `SMTP_${words.slice(0, 3)}`
        expect(failureOf(sent)).toMatchObject({ code, origin: 'peer', phase: 'read' })
        expect(failureOf(sent).message).toContain(words.slice(10))
      }
    }
  })

  test.each([
    ['mail', SMALL],
    ['message', SMALL],
    ['message', HUGE],
  ])('where it says nothing, that is told as what it is: at %s', async (stage, message) => {
    const server = await mailServer()
    const sent = await sendTo(server, { stage, words: '', how }, { content: dataOf(message) })
    const lost = { code: 'ECONNRESET', origin: 'os', phase: 'write', syscall: 'write' }
    expect(failureOf(sent)).toMatchObject(how === 'reset' ? lost : { code: 'SMTP_CLOSED', origin: 'peer' })
    if (how === 'reset' || message === HUGE) expect(statuses(sent)).toEqual(['not-reached'])
  })

  test.each([false, true])('amid a message that it has begun to take (TLS: %s)', async (secure) => {
    const server = await mailServer({}, { secure })
    const sending = send(options(server.port, { content: dataOf(HUGE), ...(secure && IMPLICIT) }))
    await expect.poll(() => server.bytes().includes('yyyy')).toBe(true)
    server.leave('552 5.3.4 too big\r\n', how)
    const sent = await sending
    expect(failureOf(sent)).toMatchObject({ code: 'SMTP_552', origin: 'peer' })
    expect(statuses(sent)).toEqual(['refused'])
  })

  test('what cut the message off was never said: neither QUIT nor the next mail', async () => {
    for (const repeat of [1, 3]) {
      const server = await mailServer()
      const leaving = { stage: 'message', words: '552 5.3.4 too big\r\n', how }
      const sent = await sendTo(server, leaving, { content: dataOf(HUGE), repeat })
      expect(commands(sent)).toEqual(['EHLO', 'MAIL', 'RCPT', 'DATA'])
      expect(ofType(sent.events, 'unanswered')).toEqual([])
      expect(statuses(sent)).toEqual(['refused', 'not-reached', 'not-reached'].slice(0, repeat))
    }
  })
})

test('half a reply in front of a reset is told as that', async () => {
  const server = await mailServer()
  const sent = await sendTo(server, { stage: 'message', words: '552-5.3.4 too', how: 'reset' }, {})
  expect(failureOf(sent)).toMatchObject({ code: 'ECONNRESET', origin: 'os' })
  expect(failureOf(sent).message).toContain('13 bytes of an unfinished reply')
  expect(ofType(sent.events, 'stray')).toMatchObject([{ rule: 'unfinished', sizeBytes: 13 }])
})

test('of several recipients those that were answered are told apart from those that were not', async () => {
  const server = await mailServer({ RCPT: ['250 2.1.5 ok\r\n', '550 5.1.1 no such user\r\n', { do: 'close' }] })
  const envelope = envelopeTo('a@x.example', 'b@x.example', 'c@x.example')
  const sent = await send(options(server.port, { envelope }))
  expect(failureOf(sent)).toMatchObject({ code: 'SMTP_550', origin: 'peer' })
  expect(failureOf(sent).message).toMatch(/no such user; RCPT: the (server closed the )?connection/)
  expect(statuses(sent)).toEqual(['not-reached', 'refused', 'not-reached'])
})

test('whatever it says, wherever, and however it goes: that is the verdict', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('ehlo', 'mail', 'rcpt', 'data', 'message'),
      fc.constantFrom(421, 450, 451, 452, 530, 550, 552, 554),
      fc.array(fc.stringMatching(/^[a-z .]{0,60}$/), { minLength: 1, maxLength: 4 }),
      fc.constantFrom<How>('reset', 'close'),
      fc.record({ pipelining: fc.boolean(), lmtp: fc.boolean(), repeat: fc.integer({ min: 1, max: 3 }) }),
      fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 40_000 })),
      async (stage, code, texts, how, more, lines) => {
        const server = await mailServer()
        const words = texts.map((text, i) => `${code}${i < texts.length - 1 ? '-' : ' '}${text}\r\n`).join('')
        const sent = await sendTo(server, { stage, words, how }, { ...more, content: dataOf(linesOf(lines)) })
        expect(failureOf(sent)).toMatchObject({ code: `SMTP_${code}`, origin: 'peer', phase: 'read' })
        expect(ofType(sent.events, 'reply').map(({ replyCode }) => replyCode)).toContain(code)
        expect(statuses(sent)).not.toContain('accepted')
      },
    ),
    { numRuns: 60 },
  )
})
