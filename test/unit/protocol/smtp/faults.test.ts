import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { DialoguePlan } from '../../../../src/protocol/smtp/dialogue/plan.js'
import type { Stage } from '../../../../src/protocol/smtp/dialogue/stages.js'
import { drive } from './driver.js'
import { type Fault, VerbServer } from './verb-server.js'

const STAGES: readonly Stage[] = ['banner', 'ehlo', 'auth', 'mail', 'rcpt', 'data', 'message']
const FAULTS: readonly [string, Fault][] = [
  ['4xx', { say: '450 4.2.0 later\r\n' }],
  ['5xx', { say: '550 5.7.0 no\r\n' }],
  ['5xx in lines', { say: '550-5.7.0 no\r\n550-5.7.0 really\r\n550\r\n' }],
  ['421', { say: '421 4.3.2 closing\r\n' }],
  ['a close', 'drop'],
  ['silence', 'silence'],
  ['noise', { say: '\x16\x03\x01\r\n' }],
  ['mixed codes', { say: '250-a\r\n550 b\r\n' }],
  ['an odd code', { say: '399 hm\r\n' }],
]
const CODE: Record<string, string> = {
  '4xx': 'SMTP_450',
  '5xx': 'SMTP_550',
  '5xx in lines': 'SMTP_550',
  '421': 'SMTP_421',
  'a close': 'SMTP_CLOSED',
  silence: 'EAGAIN',
  noise: 'SMTP_PROTOCOL',
  'mixed codes': 'SMTP_PROTOCOL',
  'an odd code': 'SMTP_UNEXPECTED_REPLY',
}
const plan: DialoguePlan = {
  helo: 'me',
  auth: { credentials: { user: 'u', secret: { kind: 'password', password: 'pass' } }, insecure: true },
  messages: [{ from: 'a@b.c', to: [{ address: 'd@e.f' }, { address: 'g@h.i' }] }],
}

const matrix = [true, false].flatMap((pipelining) =>
  STAGES.flatMap((stage) => FAULTS.map(([name, fault]) => ({ pipelining, stage, name, fault }))),
)

describe('every fault at every stage', () => {
  test.each(matrix)('$name at $stage, pipelining $pipelining', ({ pipelining, stage, name, fault }) => {
    for (const byByte of [false, true]) {
      const server = new VerbServer(pipelining ? ['AUTH PLAIN', 'PIPELINING'] : ['AUTH PLAIN'], stage, fault)
      const { result, flights } = drive(plan, server, { byByte })
      expect(result.ok).toBe(false)
      expect(result.problem).toMatchObject({ code: CODE[name], stage })
      // The reply that is to blame is there to be shown, wherever there is one.
      expect(result.problem?.reply?.code ?? null).toBe(
        /^\d/.test(name) || name === 'an odd code' ? replyCode(fault) : null,
      )

      const refusal = name.startsWith('4xx') || name.startsWith('5xx')
      const statuses = result.messages[0]?.recipients.map(({ status }) => status)
      const [each] = new Set(statuses)
      if (refusal && ['rcpt', 'data', 'message'].includes(stage)) expect(statuses).toEqual(['refused', 'refused'])
      else if (name === '421' && stage === 'rcpt') expect(statuses).toEqual(['refused', 'not-reached'])
      else if (name === '421' && ['data', 'message'].includes(stage)) expect(statuses).toEqual(['refused', 'refused'])
      else expect([each, statuses]).toEqual([stage === 'message' ? 'unconfirmed' : 'not-reached', [each, each]])

      // A message goes out only where somebody is to get it, and QUIT wherever a server could hear it.
      expect(server.received).toEqual(stage === 'message' ? ['hi'] : [])
      const quits = flights.join('').endsWith('QUIT\r\n')
      const sentAhead = stage === 'message' && pipelining
      expect(quits).toBe(sentAhead || !(name === '421' || name === 'a close'))
    }
  })

  test('EHLO refused for good is followed by one HELO, not more', () => {
    const server = new VerbServer([], 'ehlo', { say: '500 what\r\n' })
    drive(plan, server)
    expect(server.verbs).toEqual(['EHLO', 'HELO', 'QUIT'])
  })

  test('one mechanism is tried, not all', () => {
    const server = new VerbServer(['AUTH LOGIN PLAIN'], 'auth', { say: '535 5.7.8 no\r\n' })
    const { result } = drive(plan, server)
    expect(server.verbs).toEqual(['EHLO', 'AUTH', 'QUIT'])
    expect(result).toMatchObject({ mechanism: null, problem: { code: 'SMTP_535', stage: 'auth' } })
  })

  test.each<[string, Fault]>([
    ['a close', 'drop'],
    ['silence', 'silence'],
    ['a refusal', { say: '500 no\r\n' }],
    ['noise', { say: 'bye\r\n' }],
  ])('%s in answer to QUIT changes nothing: the mail is with the server', (_name, fault) => {
    for (const capabilities of [['AUTH PLAIN'], ['AUTH PLAIN', 'PIPELINING']]) {
      const server = new VerbServer(capabilities, 'quit', fault)
      expect(drive(plan, server).result).toMatchObject({ ok: true, problem: null, reached: 'message' })
      expect(server.received).toEqual(['hi'])
    }
  })

  test('a server that says anything at any time: the dialogue ends, and claims no more than it was told', () => {
    const pieces = [
      '220 a\r\n',
      '250 b\r\n',
      '250-PIPELINING\r\n',
      '250 STARTTLS\r\n',
      '250 AUTH PLAIN\r\n',
      '354 c\r\n',
    ]
    const others = ['235 d\r\n', '334 \r\n', '450 e\r\n', '550 f\r\n', '421 g\r\n', '221 h\r\n', '\r\n', '25', 'x\r\n']
    const turn = fc.array(fc.constantFrom(...pieces, ...others), { maxLength: 5 }).map((parts) => parts.join(''))
    const turns = fc.array(turn, { maxLength: 12 })
    fc.assert(
      fc.property(turns, fc.boolean(), fc.boolean(), (says, byByte, lmtp) => {
        const left = [...says]
        const { result } = drive(
          { ...plan, auth: null, lmtp },
          { hear: () => ({ say: left.shift() ?? '', gone: left.length === 0 }) },
          { byByte },
        )
        const accepted = result.messages.flatMap(({ recipients }) => recipients).filter((r) => r.status === 'accepted')
        for (const { stage, reply } of accepted) {
          expect(stage).toBe('message')
          expect(String(reply?.code)).toMatch(/^2/)
        }
        expect(result.ok).toBe(accepted.length === 2)
        expect(result.problem === null).toBe(result.ok)
      }),
      { numRuns: 2000 },
    )
  })

  test('no fault at all', () => {
    const { result } = drive(plan, new VerbServer(['AUTH PLAIN', 'PIPELINING']))
    expect(result).toMatchObject({ ok: true, mechanism: 'PLAIN', roundTrips: 5 })
  })
})

function replyCode(fault: Fault): number | null {
  return typeof fault === 'string' ? null : Number(fault.say.slice(0, 3))
}
