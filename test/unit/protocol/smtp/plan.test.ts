import { describe, expect, test } from 'vitest'
import { UsageError } from '../../../../src/core/usage-error.js'
import { Dialogue } from '../../../../src/protocol/smtp/dialogue/dialogue.js'
import type { DialoguePlan, MessagePlan } from '../../../../src/protocol/smtp/dialogue/plan.js'
import { QUIT_AFTER, STAGES, stageTimeoutMs } from '../../../../src/protocol/smtp/dialogue/stages.js'
import { converse, story } from './driver.js'

const message: MessagePlan = { from: 'a@b.c', to: [{ address: 'd@e.f' }] }
const plan: DialoguePlan = { helo: 'me', messages: [message] }
const withMessage = (more: Partial<MessagePlan>): DialoguePlan => ({ ...plan, messages: [{ ...message, ...more }] })

describe('injection: nothing is sent', () => {
  const BAD: readonly [string, string][] = [
    ['CR', 'x\ry'],
    ['LF', 'x\ny'],
    ['CRLF and a command', 'x\r\nRSET'],
    ['NUL', 'x\0y'],
    ['over-long', 'x'.repeat(1000)],
  ]
  const ARGUMENTS: readonly [string, (bad: string) => DialoguePlan][] = [
    ['helo', (bad) => ({ ...plan, helo: bad })],
    ['the local part of from', (bad) => withMessage({ from: `${bad}@b.c` })],
    ['the domain of from', (bad) => withMessage({ from: `a@${bad}` })],
    ['from in quotes', (bad) => withMessage({ from: `"${bad}"@b.c` })],
    ['the local part of to', (bad) => withMessage({ to: [{ address: 'd@e.f' }, { address: `${bad}@b.c` }] })],
    ['the domain of to', (bad) => withMessage({ to: [{ address: `a@${bad}` }] })],
    ['an address literal', (bad) => withMessage({ to: [{ address: `a@[x:${bad}]` }] })],
    ['envelope id', (bad) => withMessage({ envelopeId: bad })],
    ['original recipient', (bad) => withMessage({ to: [{ address: 'd@e.f', originalRecipient: `rfc822;${bad}` }] })],
    ['its type', (bad) => withMessage({ to: [{ address: 'd@e.f', originalRecipient: `${bad};` }] })],
    ['notify', (bad) => withMessage({ to: [{ address: 'd@e.f', dsnNotify: bad }] })],
    ['return', (bad) => withMessage({ dsnReturn: bad })],
    ['submitter', (bad) => withMessage({ submitter: `${bad}@b.c` })],
    ['user', (bad) => ({ ...plan, auth: { credentials: { user: bad, secret: { kind: 'password', password: 'p' } } } })],
    [
      'password',
      (bad) => ({
        ...plan,
        auth: { credentials: { user: 'u', secret: { kind: 'password', password: bad.repeat(9) } } },
      }),
    ],
    [
      'token',
      (bad) => ({ ...plan, auth: { credentials: { user: 'u', secret: { kind: 'token', token: bad.repeat(9) } } } }),
    ],
  ]

  test.each(ARGUMENTS.flatMap(([name, make]) => BAD.map(([what, bad]) => ({ name, what, make, bad }))))(
    '$what in $name',
    ({ make, bad }) => {
      expect(() => new Dialogue(make(bad))).toThrow(UsageError)
      expect(() => new Dialogue(make(bad))).toThrow(/^[^\r\n\0]+$/)
    },
  )

  test.each<[string, DialoguePlan]>([
    ['no message', { helo: 'me' }],
    ['no recipient', withMessage({ to: [] })],
    ['a negative size', withMessage({ sizeBytes: -1 })],
    ['a size that is no number', withMessage({ sizeBytes: Number.NaN })],
    ['no time', { ...plan, usualTimeoutMs: 0 }],
    ['a time that is no number', { ...plan, usualTimeoutMs: Number.NaN }],
  ])('%s', (_what, bad) => {
    expect(() => new Dialogue(bad)).toThrow(UsageError)
  })

  test('a check that ends early needs no message', () => {
    for (const quitAfter of QUIT_AFTER.slice(0, QUIT_AFTER.indexOf('mail'))) {
      expect(() => new Dialogue({ helo: 'me', quitAfter })).not.toThrow()
    }
    expect(() => new Dialogue({ ...withMessage({ to: [] }), quitAfter: 'mail' })).not.toThrow()
  })
})

describe('extensions', () => {
  function commands(more: Partial<MessagePlan>, capabilities: string, mail: string, rcpt: string) {
    return converse(
      { ...withMessage(more), quitAfter: 'rcpt' },
      ['', '220 mx\r\n'],
      ['EHLO me\r\n', `250-mx\r\n${capabilities}250 HELP\r\n`],
      [Buffer.from(`${mail}\r\n`).toString('latin1'), '250 ok\r\n'],
      [Buffer.from(`${rcpt}\r\n`).toString('latin1'), '250 ok\r\n'],
      ['QUIT\r\n', '221 bye\r\n'],
    )
  }
  const MAIL = 'MAIL FROM:<a@b.c>'
  const RCPT = 'RCPT TO:<d@e.f>'

  test.each<[string, Partial<MessagePlan>, string, string, string]>([
    ['SIZE', { sizeBytes: 7 }, '250-SIZE 7\r\n', `${MAIL} SIZE=7`, RCPT],
    ['SIZE without a limit', { sizeBytes: 7 }, '250-SIZE\r\n', `${MAIL} SIZE=7`, RCPT],
    ['no SIZE', { sizeBytes: 7 }, '', MAIL, RCPT],
    ['8BITMIME', { eightBit: true }, '250-8BITMIME\r\n', `${MAIL} BODY=8BITMIME`, RCPT],
    ['8BITMIME, not needed', {}, '250-8BITMIME\r\n', MAIL, RCPT],
    ['SMTPUTF8 for the header', { smtpUtf8: true }, '250-SMTPUTF8\r\n', `${MAIL} SMTPUTF8`, RCPT],
    [
      'SMTPUTF8 for a recipient',
      { to: [{ address: 'j\u00f6rg@b\u00fccher.example' }] },
      '250-SMTPUTF8\r\n',
      `${MAIL} SMTPUTF8`,
      'RCPT TO:<j\u00f6rg@b\u00fccher.example>',
    ],
    [
      'a domain in A-labels',
      { to: [{ address: 'd@b\u00fccher.example' }] },
      '',
      MAIL,
      'RCPT TO:<d@xn--bcher-kva.example>',
    ],
    [
      'DSN',
      {
        dsnReturn: 'hdrs',
        envelopeId: 'a b',
        to: [{ address: 'd@e.f', dsnNotify: 'success,delay', originalRecipient: 'rfc822;x+y@z.z' }],
      },
      '250-DSN\r\n',
      `${MAIL} RET=HDRS ENVID=a+20b`,
      `${RCPT} NOTIFY=SUCCESS,DELAY ORCPT=rfc822;x+2By@z.z`,
    ],
    ['the submitter', { submitter: 'x+y@z.z' }, '250-AUTH PLAIN\r\n', `${MAIL} AUTH=x+2By@z.z`, RCPT],
    ['no submitter known', { submitter: '' }, '250-AUTH PLAIN\r\n', `${MAIL} AUTH=<>`, RCPT],
    ['a submitter for a server without AUTH', { submitter: 'x@z.z' }, '', MAIL, RCPT],
  ])('%s', (_what, more, capabilities, mail, rcpt) => {
    expect(commands(more, capabilities, mail, rcpt).result.ok).toBe(true)
  })

  test.each<[string, Partial<MessagePlan>, string]>([
    ['SMTP_NO_8BITMIME', { eightBit: true }, '250 mx\r\n'],
    ['SMTP_NO_SMTPUTF8', { smtpUtf8: true }, '250 mx\r\n'],
    ['SMTP_NO_SMTPUTF8', { from: 'j\u00f6rg@b.c' }, '250-mx\r\n250 8BITMIME\r\n'],
    ['SMTP_NO_DSN', { envelopeId: 'x' }, '250 mx\r\n'],
    ['SMTP_NO_DSN', { to: [{ address: 'd@e.f', dsnNotify: 'never' }] }, '250 mx\r\n'],
    ['SMTP_SIZE', { sizeBytes: 8 }, '250-mx\r\n250 SIZE 7\r\n'],
  ])('%s: what the server lacks is said, and nothing begun', (code, more, hello) => {
    const { result } = converse(
      withMessage(more),
      ['', '220 mx\r\n'],
      ['EHLO me\r\n', hello],
      ['QUIT\r\n', '221 bye\r\n'],
    )
    expect(result).toMatchObject({ ok: false, problem: { kind: 'unsupported', code, stage: 'mail' } })
    expect(result.messages[0]?.recipients.map(({ status }) => status)).toEqual(['not-reached'])
  })

  test('an address in UTF-8 is in the transcript as it was meant', () => {
    const { transcript } = commands(
      { from: 'j\u00f6rg@b.c' },
      '250-SMTPUTF8\r\n',
      'MAIL FROM:<j\u00f6rg@b.c> SMTPUTF8',
      RCPT,
    )
    expect(story(transcript)).toContain('> MAIL FROM:<j\u00f6rg@b.c> SMTPUTF8')
  })
})

describe('times (RFC 5321 section 4.5.3.2)', () => {
  test.each([
    ['banner', 300_000, 5_000],
    ['mail', 300_000, 5_000],
    ['rcpt', 300_000, 5_000],
    ['data', 120_000, 2_000],
    ['block', 180_000, 3_000],
    ['message', 600_000, 10_000],
  ] as const)('%s', (stage, ms, scaledMs) => {
    expect(stageTimeoutMs(stage, null)).toBe(ms)
    expect(stageTimeoutMs(stage, 5_000)).toBe(scaledMs)
  })

  test('never nought', () => {
    for (const stage of STAGES) expect(stageTimeoutMs(stage, 0.1)).toBe(1)
  })
})
