import { describe, expect, test } from 'vitest'
import { Dialogue } from '../../../../src/protocol/smtp/dialogue/dialogue.js'
import type { DialoguePlan, MessagePlan } from '../../../../src/protocol/smtp/dialogue/plan.js'
import type { DialogueResult } from '../../../../src/protocol/smtp/dialogue/result.js'
import { converse, drive, type Script, scripted, story } from './driver.js'

const to = (...addresses: string[]) => addresses.map((address) => ({ address }))
const message: MessagePlan = { from: 'a@b.c', to: to('d@e.f') }
const plan: DialoguePlan = { helo: 'me', messages: [message] }
const HELLO: readonly [string, string] = ['', '220 mx\r\n']
const EHLO = 'EHLO me\r\n'
const PIPELINING = '250-mx\r\n250 PIPELINING\r\n'
const OK = '250 ok\r\n'
const GO = '354 go\r\n'
const BYE = '221 bye\r\n'
const MAIL = 'MAIL FROM:<a@b.c>\r\n'
const RCPT = 'RCPT TO:<d@e.f>\r\n'
const CONTENT = 'hi\r\n.\r\n'

const statuses = (result: DialogueResult) => result.messages.map((m) => m.recipients.map((r) => r.code ?? r.status))

describe('round trips', () => {
  test('without PIPELINING every command waits', () => {
    const { result, transcript } = converse(
      plan,
      HELLO,
      [EHLO, '250 mx\r\n'],
      [MAIL, OK],
      [RCPT, OK],
      ['DATA\r\n', GO],
      [CONTENT, OK],
      ['QUIT\r\n', BYE],
    )
    expect(result).toMatchObject({ ok: true, problem: null, reached: 'quit', roundTrips: 7, secure: false })
    expect(story(transcript)).toBe(
      [
        '< 220 mx',
        '> EHLO me',
        '< 250 mx',
        '> MAIL FROM:<a@b.c>',
        '< 250 ok',
        '> RCPT TO:<d@e.f>',
        '< 250 ok',
        '> DATA',
        '< 354 go',
        '> message 0',
        '< 250 ok',
        '> QUIT',
        '< 221 bye',
      ].join('\n'),
    )
  })

  test('with PIPELINING one mail takes four, to however many', () => {
    const { result } = converse(
      { ...plan, messages: [{ ...message, to: to('d@e.f', 'g@h.i') }] },
      HELLO,
      [EHLO, PIPELINING],
      [`${MAIL}${RCPT}RCPT TO:<g@h.i>\r\nDATA\r\n`, OK + OK + OK + GO],
      [`${CONTENT}QUIT\r\n`, OK + BYE],
    )
    expect(result).toMatchObject({ ok: true, roundTrips: 4 })
    expect(statuses(result)).toEqual([['accepted', 'accepted']])
  })

  test('and each mail more takes one: the next envelope goes out behind the content', () => {
    const envelope = `${MAIL}${RCPT}DATA\r\n`
    const { result } = converse(
      { ...plan, messages: [message, message, message] },
      HELLO,
      [EHLO, PIPELINING],
      [envelope, OK + OK + GO],
      [CONTENT + envelope, OK + OK + OK + GO],
      [CONTENT + envelope, OK + OK + OK + GO],
      [`${CONTENT}QUIT\r\n`, OK + BYE],
    )
    expect(result).toMatchObject({ ok: true, roundTrips: 6 })
  })

  test('unless groups are not wanted', () => {
    const { result } = converse(
      { ...plan, pipelining: false },
      HELLO,
      [EHLO, PIPELINING],
      [MAIL, OK],
      [RCPT, OK],
      ['DATA\r\n', GO],
      [CONTENT, OK],
      ['QUIT\r\n', BYE],
    )
    expect(result.roundTrips).toBe(7)
  })
})

describe('recipients', () => {
  const three = { ...plan, messages: [{ ...message, to: to('a@x.y', 'b@x.y', 'c@x.y') }] }
  const RCPTS = ['a', 'b', 'c'].map((name) => `RCPT TO:<${name}@x.y>\r\n`)
  const [A = '', B = '', C = ''] = RCPTS

  test('some refused: the others get the mail', () => {
    const { result } = converse(
      three,
      HELLO,
      [EHLO, PIPELINING],
      [`${MAIL}${RCPTS.join('')}DATA\r\n`, `${OK}550 5.1.1 no\r\n${OK}452 4.5.3 later\r\n${GO}`],
      [`${CONTENT}QUIT\r\n`, OK + BYE],
    )
    expect(statuses(result)).toEqual([['SMTP_550', 'accepted', 'SMTP_452']])
    expect(result).toMatchObject({ ok: false, problem: { kind: 'refused', code: 'SMTP_550', stage: 'rcpt' } })
    expect(result.messages[0]?.recipients[0]).toMatchObject({ stage: 'rcpt', reply: { enhancedCode: '5.1.1' } })
  })

  test('all refused, one by one: no DATA', () => {
    const no = '550 no\r\n'
    const { result } = converse(
      three,
      HELLO,
      [EHLO, '250 mx\r\n'],
      [MAIL, OK],
      [A, no],
      [B, no],
      [C, no],
      ['QUIT\r\n', BYE],
    )
    expect(statuses(result)).toEqual([['SMTP_550', 'SMTP_550', 'SMTP_550']])
  })

  test('all refused in a group, DATA too: no message', () => {
    const group = `${MAIL}${RCPT}DATA\r\n`
    const { result } = converse(
      plan,
      HELLO,
      [EHLO, PIPELINING],
      [group, `${OK}550 no\r\n554 no\r\n`],
      ['QUIT\r\n', BYE],
    )
    expect(statuses(result)).toEqual([['SMTP_550']])
    expect(result.problem?.stage).toBe('rcpt')
  })

  test('all refused in a group, yet DATA is taken: a lone dot', () => {
    const group = `${MAIL}${RCPT}DATA\r\n`
    const script: Script = [HELLO, [EHLO, PIPELINING], [group, `${OK}550 no\r\n${GO}`]]
    const { result, transcript } = converse(plan, ...script, ['.\r\nQUIT\r\n', `554 none\r\n${BYE}`])
    expect(statuses(result)).toEqual([['SMTP_550']])
    expect(story(transcript)).not.toContain('message 0')
    expect(converse(plan, ...script, ['.\r\nQUIT\r\n', OK + BYE]).result.ok).toBe(false)
  })

  test('the sender refused: nobody was reached, whatever the group is told', () => {
    const group = `${MAIL}${RCPT}DATA\r\n`
    const { result } = converse(
      plan,
      HELLO,
      [EHLO, PIPELINING],
      [group, '550 who?\r\n503 no\r\n503 no\r\n'],
      ['QUIT\r\n', BYE],
    )
    expect(statuses(result)).toEqual([['not-reached']])
    expect(result).toMatchObject({ ok: false, problem: { code: 'SMTP_550', stage: 'mail' } })
  })

  test('LMTP answers for each accepted recipient', () => {
    const { result } = converse(
      { ...three, lmtp: true },
      HELLO,
      ['LHLO me\r\n', PIPELINING],
      [`${MAIL}${RCPTS.join('')}DATA\r\n`, `${OK}${OK}550 no\r\n${OK}${GO}`],
      [`${CONTENT}QUIT\r\n`, `${OK}452 full\r\n${BYE}`],
    )
    expect(statuses(result)).toEqual([['accepted', 'SMTP_550', 'SMTP_452']])
    expect(result.messages[0]?.recipients.map(({ stage }) => stage)).toEqual(['message', 'rcpt', 'message'])
  })

  test('LMTP with nobody accepted has nothing to say to a lone dot', () => {
    const group = `${MAIL}${RCPT}DATA\r\n`
    const { result } = converse(
      { ...plan, lmtp: true },
      HELLO,
      ['LHLO me\r\n', PIPELINING],
      [group, `${OK}550 no\r\n${GO}`],
      ['.\r\nQUIT\r\n', BYE],
    )
    expect(result).toMatchObject({ reached: 'quit', problem: { code: 'SMTP_550' } })
  })

  test('a connection lost amid the LMTP replies leaves the rest in doubt', () => {
    const two = { ...plan, lmtp: true, messages: [{ ...message, to: to('a@x.y', 'b@x.y') }] }
    const { result } = converse(
      two,
      HELLO,
      ['LHLO me\r\n', '250 mx\r\n'],
      [MAIL, OK],
      [A, OK],
      [B, OK],
      ['DATA\r\n', GO],
      [CONTENT, OK],
      ['', null],
    )
    expect(statuses(result)).toEqual([['accepted', 'unconfirmed']])
    expect(result.problem).toMatchObject({ kind: 'lost', code: 'SMTP_CLOSED', stage: 'message' })
  })
})

describe('several messages', () => {
  const two = { ...plan, messages: [message, { from: '', to: to('x@y.z') }] }

  test('a transaction that came to nothing is reset before the next', () => {
    const { result } = converse(
      two,
      HELLO,
      [EHLO, '250 mx\r\n'],
      [MAIL, OK],
      [RCPT, '550 no\r\n'],
      ['RSET\r\n', OK],
      ['MAIL FROM:<>\r\n', OK],
      ['RCPT TO:<x@y.z>\r\n', OK],
      ['DATA\r\n', GO],
      [CONTENT, OK],
      ['QUIT\r\n', BYE],
    )
    expect(statuses(result)).toEqual([['SMTP_550'], ['accepted']])
  })

  test('with PIPELINING the reset is part of the group', () => {
    const { result } = converse(
      two,
      HELLO,
      [EHLO, PIPELINING],
      [`${MAIL}${RCPT}DATA\r\n`, `${OK}${OK}451 busy\r\n`],
      ['RSET\r\nMAIL FROM:<>\r\nRCPT TO:<x@y.z>\r\nDATA\r\n', OK + OK + OK + GO],
      [`${CONTENT}QUIT\r\n`, OK + BYE],
    )
    expect(statuses(result)).toEqual([['SMTP_451'], ['accepted']])
    expect(result.messages[0]?.problem).toMatchObject({ stage: 'data', code: 'SMTP_451' })
  })

  test('a refused content does not keep the next from going', () => {
    const { result } = converse(
      two,
      HELLO,
      [EHLO, PIPELINING],
      [`${MAIL}${RCPT}DATA\r\n`, OK + OK + GO],
      [`${CONTENT}MAIL FROM:<>\r\nRCPT TO:<x@y.z>\r\nDATA\r\n`, `554 spam\r\n${OK}${OK}${GO}`],
      [`${CONTENT}QUIT\r\n`, OK + BYE],
    )
    expect(statuses(result)).toEqual([['SMTP_554'], ['accepted']])
  })

  test('421 ends it: what was answered counts, the rest is not reached, no QUIT', () => {
    const { result } = converse(
      two,
      HELLO,
      [EHLO, PIPELINING],
      [`${MAIL}${RCPT}DATA\r\n`, OK + OK + GO],
      [`${CONTENT}MAIL FROM:<>\r\nRCPT TO:<x@y.z>\r\nDATA\r\n`, `${OK}421 4.3.2 closing\r\n`],
    )
    expect(statuses(result)).toEqual([['accepted'], ['not-reached']])
    expect(result.problem).toMatchObject({ code: 'SMTP_421', stage: 'mail' })
  })
})

describe('hello', () => {
  test.each(['500 what?\r\n', '502 no\r\n', '550 no\r\n'])('HELO after %j', (no) => {
    const { result } = converse(
      { ...plan, quitAfter: 'ehlo' },
      HELLO,
      [EHLO, no],
      ['HELO me\r\n', OK],
      ['QUIT\r\n', BYE],
    )
    expect(result).toMatchObject({ ok: true, reached: 'quit', capabilities: { pipelining: false } })
  })

  test('no HELO after 4xx', () => {
    const { result } = converse(plan, HELLO, [EHLO, '451 later\r\n'], ['QUIT\r\n', BYE])
    expect(result.problem).toMatchObject({ code: 'SMTP_451', stage: 'ehlo' })
  })

  test('no HELO after a silence: QUIT goes out, and nobody waits for an answer', () => {
    const { result, flights } = drive(plan, scripted(HELLO, [EHLO, '']))
    expect(result.problem).toMatchObject({ kind: 'timeout', code: 'EAGAIN', stage: 'ehlo' })
    expect(flights).toEqual([EHLO, 'QUIT\r\n'])
  })

  test('no HELO in LMTP', () => {
    const lmtp = { ...plan, lmtp: true }
    const { result } = converse(lmtp, HELLO, ['LHLO me\r\n', '500 what?\r\n'], ['QUIT\r\n', BYE])
    expect(result.problem).toMatchObject({ code: 'SMTP_500' })
  })

  test.each([
    ['554 go away\r\n', 'SMTP_554', ['QUIT\r\n']],
    ['421 later\r\n', 'SMTP_421', []],
    ['250 what\r\n', 'SMTP_UNEXPECTED_REPLY', ['QUIT\r\n']],
    ['SSH-2.0-x\r\n', 'SMTP_PROTOCOL', ['QUIT\r\n']],
    ['noise\r\n220 mx\r\n', 'SMTP_PROTOCOL', ['QUIT\r\n']],
    ['220 mx\r\n250 early\r\n', 'SMTP_UNSOLICITED', ['QUIT\r\n']],
    ['220 mx\r\n25', 'SMTP_UNSOLICITED', ['QUIT\r\n']],
  ])('the greeting %j is %s', (greeting, code, flights) => {
    const talk = drive(plan, { hear: (flight) => (flight === null ? { say: greeting } : { say: BYE }) })
    expect(talk.result.problem).toMatchObject({ code })
    expect(talk.flights).toEqual(flights)
  })

  test('a greeting cut off', () => {
    const { result } = drive(plan, { hear: () => ({ say: '220-mx\r\n22', gone: true }) })
    expect(result.problem).toMatchObject({ kind: 'lost', stage: 'banner' })
    expect(result.problem?.message).toContain('10 bytes of an unfinished reply')
  })
})

describe('STARTTLS', () => {
  const PLAIN_EHLO = '250-mx\r\n250-STARTTLS\r\n250-PIPELINING\r\n250 8BITMIME\r\n'
  const check = { ...plan, quitAfter: 'tls' } as const

  test('EHLO again, and nothing of the first counts', () => {
    const { result, transcript } = converse(
      check,
      HELLO,
      [EHLO, PLAIN_EHLO],
      ['STARTTLS\r\n', '220 go\r\n'],
      [EHLO, '250-mx\r\n250 DSN\r\n'],
      ['QUIT\r\n', BYE],
    )
    expect(result).toMatchObject({
      ok: true,
      secure: true,
      capabilities: { dsn: true, pipelining: false, startTls: false },
    })
    expect(story(transcript)).toContain('< 220 go\n= TLS\n> EHLO me')
    expect(transcript.map((item) => item.what === 'reply' && item.secure)).toContain(true)
  })

  test.each([
    ['a reply', '220 go\r\n250 injected\r\n'],
    ['a part of one', '220 go\r\n2'],
    ['a line break', '220 go\r\n\r\n'],
    ['noise', '220 go\r\nnoise\r\n'],
  ])('%s slipped in behind the 220 ends it at once', (_what, says) => {
    for (const byByte of [false, true]) {
      const server = scripted(HELLO, [EHLO, PLAIN_EHLO], ['STARTTLS\r\n', says])
      // Byte by byte the handshake is still under way when the rest arrives.
      const handshake = { type: 'bytes', bytes: Buffer.from(says.slice(8)) } as const
      const { result, flights } = drive(check, server, { byByte, ...(byByte ? { handshake } : {}) })
      expect(result.problem).toMatchObject({ kind: 'protocol', code: 'SMTP_STARTTLS_INJECTION', stage: 'starttls' })
      expect(result.secure).toBe(false)
      expect(flights.at(-1)).toBe('STARTTLS\r\n')
    }
  })

  test('not offered: auto goes on, always does not, never does not ask', () => {
    const bare: Script = [HELLO, [EHLO, '250 mx\r\n'], ['QUIT\r\n', BYE]]
    expect(converse(check, ...bare).result).toMatchObject({ ok: true, secure: false })
    expect(converse({ ...check, startTls: 'always' }, ...bare).result.problem?.code).toBe('SMTP_NO_STARTTLS')
    const never = converse({ ...check, startTls: 'never' }, HELLO, [EHLO, PLAIN_EHLO], ['QUIT\r\n', BYE])
    expect(never.result).toMatchObject({ ok: true, secure: false })
  })

  test('refused: auto goes on, always does not', () => {
    const script: Script = [HELLO, [EHLO, PLAIN_EHLO], ['STARTTLS\r\n', '454 no\r\n'], ['QUIT\r\n', BYE]]
    expect(converse(check, ...script).result).toMatchObject({ ok: true, secure: false })
    const always = converse({ ...check, startTls: 'always' }, ...script)
    expect(always.result.problem).toMatchObject({ code: 'SMTP_454', stage: 'starttls' })
  })

  test.each([
    [{ type: 'lost', code: 'CERT_HAS_EXPIRED' } as const, { kind: 'lost', code: 'CERT_HAS_EXPIRED', stage: 'tls' }],
    [{ type: 'timeout' } as const, { kind: 'timeout', code: 'EAGAIN', stage: 'tls' }],
  ])('a handshake that ends in %j', (handshake, problem) => {
    const server = scripted(HELLO, [EHLO, PLAIN_EHLO], ['STARTTLS\r\n', '220 go\r\n'])
    const { result, flights } = drive(check, server, { handshake })
    expect(result.problem).toMatchObject(problem)
    expect(flights.at(-1)).toBe('STARTTLS\r\n')
  })

  test('a server that is gone after the handshake leaves no capabilities behind', () => {
    const server = scripted(HELLO, [EHLO, PLAIN_EHLO], ['STARTTLS\r\n', '220 go\r\n'], [EHLO, null])
    expect(drive(check, server).result).toMatchObject({
      secure: true,
      capabilities: null,
      problem: { code: 'SMTP_CLOSED' },
    })
  })

  test('over TLS from the beginning nobody asks for it', () => {
    const { result } = drive(check, scripted(HELLO, [EHLO, PLAIN_EHLO], ['QUIT\r\n', BYE]), { secure: true })
    expect(result).toMatchObject({ ok: true, secure: true })
  })
})

describe('ending early', () => {
  test.each<[NonNullable<DialoguePlan['quitAfter']>, string[]]>([
    ['connect', []],
    ['banner', ['QUIT\r\n']],
    ['ehlo', [EHLO, 'QUIT\r\n']],
    ['tls', [EHLO, 'QUIT\r\n']],
    ['auth', [EHLO, 'QUIT\r\n']],
    ['mail', [EHLO, `${MAIL}QUIT\r\n`]],
    ['rcpt', [EHLO, `${MAIL}${RCPT}QUIT\r\n`]],
    // After 354 only a lost connection keeps the message from being sent.
    ['data', [EHLO, `${MAIL}${RCPT}DATA\r\n`]],
  ])('after %s', (quitAfter, expected) => {
    const says = [EHLO, PIPELINING, `${MAIL}QUIT\r\n`, OK + BYE, `${MAIL}${RCPT}QUIT\r\n`, OK + OK + BYE]
    const replies = new Map([
      [null, '220 mx\r\n'],
      ['QUIT\r\n', BYE],
      [`${MAIL}${RCPT}DATA\r\n`, OK + OK + GO],
    ])
    for (let i = 0; i < says.length; i += 2) replies.set(says[i] ?? '', says[i + 1] ?? '')
    const { result, flights } = drive({ ...plan, quitAfter }, { hear: (flight) => ({ say: replies.get(flight) }) })
    expect(result).toMatchObject({ ok: true, problem: null })
    expect(flights).toEqual(expected)
    expect(statuses(result)).toEqual([[['rcpt', 'data'].includes(quitAfter) ? 'accepted' : 'not-reached']])
  })

  test('one by one, and a refusal is told', () => {
    const { result } = converse(
      { ...plan, quitAfter: 'rcpt' },
      HELLO,
      [EHLO, '250 mx\r\n'],
      [MAIL, OK],
      [RCPT, '550 no\r\n'],
      ['QUIT\r\n', BYE],
    )
    expect(result).toMatchObject({ ok: false, problem: { code: 'SMTP_550', stage: 'rcpt' } })
  })
})

describe('the caller gives up', () => {
  const abort = { type: 'abort', reason: 'interrupted' } as const

  test('before the connection is made: nothing is said', () => {
    const dialogue = new Dialogue(plan)
    expect(dialogue.handle(abort)).toEqual([{ type: 'close' }])
    expect(dialogue.result?.problem).toMatchObject({ kind: 'aborted', code: 'ECANCELED', stage: 'connect' })
  })

  test('while a reply is awaited: QUIT, and no waiting', () => {
    const dialogue = new Dialogue(plan)
    dialogue.handle({ type: 'connected', secure: false })
    expect(dialogue.handle(abort).map(({ type }) => type)).toEqual(['note', 'write', 'close'])
    expect(dialogue.result?.problem).toMatchObject({ kind: 'aborted', stage: 'banner' })
  })

  test('amid the content: nothing that could be read as a part of it', () => {
    const dialogue = new Dialogue(plan)
    dialogue.handle({ type: 'connected', secure: false })
    for (const say of ['220 mx\r\n', '250 mx\r\n', OK, OK, GO])
      dialogue.handle({ type: 'bytes', bytes: Buffer.from(say) })
    expect(dialogue.handle(abort)).toEqual([{ type: 'close' }])
    expect(dialogue.result && statuses(dialogue.result)).toEqual([['not-reached']])
  })

  test('an early refusal amid the content is told, though the connection breaks', () => {
    const dialogue = new Dialogue(plan)
    dialogue.handle({ type: 'connected', secure: false })
    const says = ['220 mx\r\n', '250 mx\r\n', OK, OK, GO, '552 too much\r\n']
    for (const say of says) dialogue.handle({ type: 'bytes', bytes: Buffer.from(say) })
    dialogue.handle({ type: 'lost', code: 'ECONNRESET' })
    expect(dialogue.result && statuses(dialogue.result)).toEqual([['SMTP_552']])
  })

  test('a connection that never comes about', () => {
    const dialogue = new Dialogue(plan)
    dialogue.handle({ type: 'lost', code: 'ECONNREFUSED' })
    expect(dialogue.result?.problem).toMatchObject({ kind: 'lost', code: 'ECONNREFUSED', stage: 'connect' })
  })
})
