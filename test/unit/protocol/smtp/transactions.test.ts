import { describe, expect, test } from 'vitest'
import { converse, type Script, story } from './driver.js'
import { BYE, CONTENT, EHLO, GO, HELLO, MAIL, message, OK, PIPELINING, plan, RCPT, statuses, to } from './phrases.js'

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
