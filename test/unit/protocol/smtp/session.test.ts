import { describe, expect, test } from 'vitest'
import { Dialogue } from '../../../../src/protocol/smtp/dialogue/dialogue.js'
import type { DialoguePlan } from '../../../../src/protocol/smtp/dialogue/plan.js'
import { converse, drive, type Script, scripted, story } from './driver.js'
import { BYE, EHLO, GO, HELLO, MAIL, OK, PIPELINING, plan, RCPT, statuses } from './phrases.js'

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
    ['220 mx\r\n421 closing\r\n', 'SMTP_421', []],
    ['220 mx\r\n554 go away\r\n250 no\r\n', 'SMTP_554', ['QUIT\r\n']],
  ])('the greeting %j is %s', (greeting, code, flights) => {
    const talk = drive(plan, { hear: (flight) => (flight === null ? { say: greeting } : { say: BYE }) })
    expect(talk.result.problem).toMatchObject({ code })
    expect(talk.flights).toEqual(flights)
  })

  test('what a server says before it is asked is no answer, and told as such', () => {
    const { result } = drive(plan, { hear: () => ({ say: '220 mx\r\n421 closing\r\n', gone: true }) })
    expect(result.problem).toMatchObject({ kind: 'refused', code: 'SMTP_421', stage: 'ehlo' })
    expect(result.problem?.message).toBe('before EHLO the server said 421, unasked')
  })

  test.each([
    ['550 no\r\n', 'SMTP_550', 'HELO: the server closed the connection'],
    ['500 what?\r\n', 'SMTP_CLOSED', undefined],
  ])('EHLO is answered by %j, and HELO by a close: %s', (no, code, aftermath) => {
    const { result } = drive(plan, {
      hear: (flight) =>
        flight === null ? { say: '220 mx\r\n' } : flight === EHLO ? { say: no } : { say: '', gone: true },
    })
    expect(result.problem?.code).toBe(code)
    expect(result.problem?.aftermath?.message).toBe(aftermath)
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
