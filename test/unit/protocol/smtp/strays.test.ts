import { describe, expect, test } from 'vitest'
import type { TranscriptItem } from '../../../../src/protocol/smtp/dialogue/conversation.js'
import type { DialoguePlan } from '../../../../src/protocol/smtp/dialogue/plan.js'
import { drive, scripted, story, type Turn } from './driver.js'
import { BYE, EHLO, HELLO, OK, PIPELINING, plan } from './phrases.js'

const strays = (transcript: readonly TranscriptItem[]) =>
  transcript.flatMap((item) =>
    item.what === 'stray' ? [[item.stage, item.rule, Buffer.from(item.bytes).toString('latin1')]] : [],
  )

const from = (...turns: Turn[]) => ({ hear: () => turns.shift() ?? {} })

describe('what broke the protocol stands in the transcript', () => {
  test.each<[string, unknown[]]>([
    ['SSH-2.0-OpenSSH_9\r\n', [['banner', 'not-a-reply', 'SSH-2.0-OpenSSH_9\r\n']]],
    ['\x00\xff\n', [['banner', 'not-a-reply', '\x00\xff\n']]],
    ['HTTP/1.1 400 No\r\nServer: x\r\n\r\n', [['banner', 'not-a-reply', 'HTTP/1.1 400 No\r\nServer: x\r\n\r\n']]],
    ['2500 foo\r\n', [['banner', 'not-a-reply', '2500 foo\r\n']]],
    ['150 foo\r\n', [['banner', 'bad-code', '150 foo\r\n']]],
    [
      '220-hi\r\n250 three\r\n',
      [
        ['banner', 'unfinished', '220-hi\r\n'],
        ['banner', 'mixed-codes', '250 three\r\n'],
      ],
    ],
    ['220 hi\r\n250 extra\r\n', [['ehlo', 'unsolicited', '250 extra\r\n']]],
    ['220 hi\r\n25', [['ehlo', 'unsolicited', '25']]],
    [
      '220 hi\r\n250 extra\r\nnoise\r\n',
      [
        ['ehlo', 'unsolicited', '250 extra\r\n'],
        ['ehlo', 'not-a-reply', 'noise\r\n'],
      ],
    ],
    ['421 bye\r\n250 more\r\n', []],
  ])('%j', (greeting, expected) => {
    const server = { hear: (flight: string | null) => ({ say: flight === null ? greeting : BYE }) }
    const { transcript } = drive(plan, server, { latin1: true })
    expect(strays(transcript)).toEqual(expected)
  })

  test.each([
    ['a close', { say: '421 4.7.0 too many', gone: true }],
    ['silence', { say: '421 4.7.0 too many' }],
  ])('a reply that %s cuts', (_what, turn) => {
    const { transcript, result } = drive(plan, from(turn))
    expect(strays(transcript)).toEqual([['banner', 'unfinished', '421 4.7.0 too many']])
    expect(result.problem?.stage).toBe('banner')
  })

  test('with the good lines of its reply, wherever it comes; replies that were taken are not told twice', () => {
    const hello = '250-mx\r\n250-SIZE 5\r\n'
    for (const byByte of [false, true]) {
      const { transcript } = drive(plan, from({ say: '220 hi\r\n' }, { say: `${hello}250ok\r\n` }), { byByte })
      expect(strays(transcript)).toEqual([
        ['ehlo', 'unfinished', hello],
        ['ehlo', 'not-a-reply', '250ok\r\n'],
      ])
      expect(story(transcript)).toContain('< 220 hi')
    }
    const pipelined = from({ say: '220 hi\r\n' }, { say: PIPELINING }, { say: `${OK}25 foo\r\n` })
    expect(strays(drive(plan, pipelined).transcript)).toEqual([['rcpt', 'not-a-reply', '25 foo\r\n']])
  })

  test('a line without end: its first KiB, and how long it was', () => {
    const { transcript } = drive(plan, from({ say: 'x'.repeat(70_000) }))
    const item = transcript.find(({ what }) => what === 'stray')
    expect(item).toMatchObject({ rule: 'line-too-long', sizeBytes: 70_000, bytes: { length: 1024 } })
  })

  test.each([false, true])('plaintext behind the 220 of STARTTLS (bytewise %s)', (byByte) => {
    const server = scripted(
      HELLO,
      [EHLO, '250-mx\r\n250 STARTTLS\r\n'],
      ['STARTTLS\r\n', '220 go\r\n250 slipped in\r\n'],
    )
    const handshake = { type: 'bytes', bytes: Buffer.from('250 slipped in\r\n') } as const
    const { transcript } = drive(plan, server, { byByte, ...(byByte ? { handshake } : {}) })
    expect(strays(transcript)).toEqual([['starttls', 'plaintext', '250 slipped in\r\n']])
  })
})

describe('a QUIT without a reply', () => {
  const check: DialoguePlan = { ...plan, quitAfter: 'ehlo' }

  test.each([
    ['silence', {}, 'EAGAIN'],
    ['a close', { gone: true }, 'SMTP_CLOSED'],
  ])('%s is noted, and changes nothing', (_what, turn, code) => {
    const { transcript, result } = drive(check, from({ say: '220 hi\r\n' }, { say: '250 mx\r\n' }, turn))
    expect(result.ok).toBe(true)
    expect(transcript.at(-1)).toMatchObject({ what: 'unanswered', stage: 'quit', problem: { code } })
  })

  test('in one group with the message, too', () => {
    const hello = { say: PIPELINING }
    const turns = [{ say: '220 hi\r\n' }, hello, { say: `${OK}${OK}354 go\r\n` }, { say: OK, gone: true }]
    const { transcript, result } = drive(plan, from(...turns))
    expect(result.ok).toBe(true)
    expect(transcript.at(-1)).toMatchObject({ what: 'unanswered', problem: { code: 'SMTP_CLOSED' } })
  })

  test('one that was answered, or that nobody waits for, leaves no mark', () => {
    const answered = drive(check, from({ say: '220 hi\r\n' }, { say: '250 mx\r\n' }, { say: BYE, gone: true }))
    const gone = drive(plan, from({ say: '220 hi\r\n' }, { say: '250 mx\r\n' }, { gone: true }))
    for (const { transcript } of [answered, gone])
      expect(transcript.map(({ what }) => what)).not.toContain('unanswered')
  })
})
