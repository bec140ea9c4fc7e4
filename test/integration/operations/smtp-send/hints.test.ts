import { describe, expect, test } from 'vitest'
import type { Failure } from '../../../../src/core/failure.js'
import { CLOSE, type MailScript, mailServer, RESET, SILENCE } from '../../../helpers/scripted-server.js'
import { failureOf, options, send } from '../../../helpers/smtp.js'
import { listening } from '../../../helpers/sockets.js'

/** What a mail to a server of that script fails with. */
async function failedAfter(script: MailScript, more: Parameters<typeof options>[1] = {}): Promise<Failure> {
  const server = await mailServer(script)
  return failureOf(await send(options(server.port, more)))
}

const hintAfter = async (...given: Parameters<typeof failedAfter>) => (await failedAfter(...given)).hint
const adviceAfter = async (...given: Parameters<typeof failedAfter>) => (await failedAfter(...given)).advice

describe('what is advised is of use there', () => {
  const quick = { replyTimeoutMs: 250 }

  test('a server that hangs up or speaks something else may want TLS, as long as it has not shown what it is', async () => {
    expect(await hintAfter({ banner: CLOSE })).toContain('hung up without a word')
    expect(await hintAfter({ banner: 'SSH-2.0-x\r\n' })).toContain('is it a mail server?')
    expect(await failedAfter({ banner: SILENCE }, quick)).toMatchObject({ code: 'EAGAIN', advice: 'tls' })
    expect(await failedAfter({ EHLO: SILENCE }, quick)).toMatchObject({ code: 'EAGAIN', advice: 'more-time' })
    expect(await hintAfter({ EHLO: CLOSE })).toBeNull()
    expect(await hintAfter({ EHLO: 'what\r\n' })).toBeNull()
    expect(await hintAfter({ MAIL: '25 foo\r\n' })).toBeNull()
    expect(await hintAfter({ MAIL: RESET }, { pipelining: false })).not.toContain('TLS')
  })

  test('a server that hangs up within its greeting did say something', async () => {
    const { port } = await listening((socket) => socket.end('421 4.7.0 too many'))
    expect(failureOf(await send(options(port)))).toMatchObject({ code: 'SMTP_CLOSED', hint: null })
  })

  test.each([
    ['closes', CLOSE, {}],
    ['resets', RESET, { pipelining: false }],
    ['is silent', SILENCE, quick],
  ])('a server that %s after the message may have taken it', async (_what, message, more) => {
    expect(await hintAfter({ message }, more)).toContain('may have been taken')
  })

  test('before a recipient was named a refusal is about client or sender', async () => {
    const hello = { EHLO: '500 what\r\n', HELO: '550 go away\r\n' }
    expect(await adviceAfter(hello)).toBe('client-name')
    expect(await adviceAfter({ EHLO: '550 5.7.1 go away\r\n', HELO: '550 5.7.1 go away\r\n' })).toBe('client-name')
    expect(await hintAfter({ banner: '550 go away\r\n' })).toContain('this client')
    expect(await adviceAfter({ MAIL: '550 no such sender\r\n' })).toBe('sender')
    expect(await adviceAfter({ MAIL: '550 5.1.1 no such sender\r\n' })).toBe('sender')
    expect(await hintAfter({ MAIL: '450 4.7.1 later\r\n' })).toContain('greylisting')
    expect(await hintAfter({ RCPT: '550 no such user\r\n' })).toContain('mailbox does not exist')
  })

  test.each([
    ['refuses', '550 go away\r\n', 'HELO was answered by 550'],
    ['closes', CLOSE, 'HELO: the server closed the connection'],
    ['is silent', SILENCE, 'HELO: no answer in time'],
    ['makes no sense', '354 go on\r\n', 'HELO was answered by 354'],
  ])('a server that %s at HELO is told of by that name', async (_what, HELO, message) => {
    const server = await mailServer({ EHLO: '500 what\r\n', HELO })
    expect(failureOf(await send(options(server.port, quick))).message).toContain(message)
  })

  test('8-bit data: what is sent whole is to be composed, what is attached to be encoded', async () => {
    const EHLO = '250 scripted\r\n'
    const data = { kind: 'data', source: { kind: 'bytes', bytes: Buffer.from('Subject: x\r\n\r\n\xe9\r\n') } } as const
    expect(await adviceAfter({ EHLO }, { content: data })).toBe('encode-body')
    const person = { name: null, address: 'a@b.example' }
    const empty = { from: person, to: [person], cc: [], subject: null, text: null, html: null, headers: [] }
    const attachments = [{ source: data.source, name: 'x.eml', type: null }]
    const advice = await adviceAfter({ EHLO }, { content: { kind: 'compose', ...empty, attachments } })
    expect(advice).toBe('encode-attachment')
    const encoded = [{ source: data.source, name: 'x.eml', type: 'application/octet-stream' }]
    const server = await mailServer({ EHLO })
    const sent = await send(options(server.port, { content: { kind: 'compose', ...empty, attachments: encoded } }))
    expect(sent.outcome.ok).toBe(true)
  })

  test.each([
    ['nonsense', 'this is no TLS\r\n'],
    ['its end', null],
  ])('a server that agrees to STARTTLS and answers the handshake with %s', async (_what, answer) => {
    const says = ['220 hi\r\n', '250-hi\r\n250 STARTTLS\r\n', '220 go\r\n']
    const { port } = await listening((socket) => {
      const turns = [...says]
      socket.write(turns.shift() ?? '')
      socket.on('data', () => {
        const turn = turns.shift() ?? answer
        if (turn === null) socket.end()
        else socket.write(turn)
      })
    })
    const failed = failureOf(await send(options(port, { tls: { insecure: true } })))
    expect(failed.phase).toBe('tls')
    expect(failed.advice).not.toBe('verification')
    expect(failed.hint).toMatch(/protocol|plain/)
  })
})
