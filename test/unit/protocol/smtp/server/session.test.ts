import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type ServerAction,
  type ServerPlan,
  type ServerRefusal,
  ServerSession,
  type SmtpServerEvent,
} from '../../../../../src/protocol/smtp/server/index.js'

const PLAN: ServerPlan = {
  name: 'sink.example',
  lmtp: false,
  starttls: false,
  tlsVersion: null,
  auth: null,
  maxSizeBytes: 1000,
}

type Judge = (stage: string, address: string | null) => ServerRefusal | null

/** A session to which everything is said at once, in pieces of so many bytes, and that is judged by a rule. */
function talk(said: string, plan: Partial<ServerPlan> = {}, judge: Judge = () => null, pieceBytes = 100_000) {
  const session = new ServerSession({ ...PLAN, ...plan })
  const actions: ServerAction[] = []
  const go = (event: SmtpServerEvent) => {
    for (let next: SmtpServerEvent | null = event; next; ) {
      const done: ServerAction[] = session.handle(next)
      next = null
      actions.push(...done)
      for (const action of done) {
        if (action.type === 'judge') next = { type: 'judged', refusal: judge(action.stage, action.address) }
        if (action.type === 'message') {
          const to = action.transaction.recipients.filter(({ replyCode }) => replyCode === 250)
          next = { type: 'taken', verdicts: to.map(({ address }) => action.refusal ?? judge('message', address)) }
        }
        if (action.type === 'start-tls') next = { type: 'secured', tlsVersion: 'TLSv1.3', droppedBytes: 0 }
      }
    }
  }
  go({ type: 'connected' })
  const bytes = Buffer.from(said)
  for (let at = 0; at < bytes.length; at += pieceBytes)
    go({ type: 'received', bytes: bytes.subarray(at, at + pieceBytes) })
  go({ type: 'ended' })
  const all = <T extends ServerAction['type']>(type: T) =>
    actions.filter((action): action is Extract<ServerAction, { type: T }> => action.type === type)
  const replies = all('send')
    .map(({ bytes }) => bytes.toString())
    .join('')
  const codes = [...replies.matchAll(/^(\d{3}) /gm)].map(([, code]) => Number(code))
  return { all, replies, codes, rules: all('deviation').map(({ rule }) => rule), actions }
}

const lines = (...all: string[]) => all.map((line) => `${line}\r\n`).join('')
const ENVELOPE = ['EHLO me.example', 'MAIL FROM:<a@b.example>', 'RCPT TO:<d@e.example>']

test('a mail, all of it in one go', () => {
  const { codes, all, replies } = talk(lines(...ENVELOPE, 'DATA', 'Subject: x', '', '..dot', '.', 'QUIT'))
  expect(codes).toEqual([220, 250, 250, 250, 354, 250, 221])
  const [message] = all('message')
  expect(Buffer.concat(message?.pieces ?? []).toString()).toBe('Subject: x\r\n\r\n.dot\r\n')
  expect(message?.transaction).toMatchObject({ helo: 'me.example', from: 'a@b.example' })
  for (const offer of ['PIPELINING', '8BITMIME', 'SMTPUTF8', 'ENHANCEDSTATUSCODES', 'DSN', 'SIZE 1000'])
    expect(replies).toMatch(new RegExp(`^250[- ]${offer}\r$`, 'm'))
  expect(all('close').length).toBe(1)
})

test('pieces of any size make no difference', () => {
  const said = lines(...ENVELOPE, 'NOOP', 'DATA', 'x', '.', 'MAIL FROM:<>', 'RSET', 'HELP', 'QUIT')
  const whole = talk(said)
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), (size) => {
      const cut = talk(said, {}, () => null, size)
      expect(cut.replies).toBe(whole.replies)
    }),
  )
})

describe.each([
  ['MAIL before EHLO', ['MAIL FROM:<a@b>'], 503],
  ['RCPT before MAIL', ['EHLO a.b', 'RCPT TO:<a@b>'], 503],
  ['DATA before RCPT', ['EHLO a.b', 'MAIL FROM:<a@b>', 'DATA'], 503],
  ['two senders', ['EHLO a.b', 'MAIL FROM:<a@b>', 'MAIL FROM:<a@b>'], 503],
  ['no brackets', ['EHLO a.b', 'MAIL FROM:a@b'], 501],
  ['no recipient', ['EHLO a.b', 'MAIL FROM:<a@b>', 'RCPT TO:<>'], 501],
  ['an unknown parameter', ['EHLO a.b', 'MAIL FROM:<a@b> FOO=1'], 555],
  ['a parameter of the other command', ['EHLO a.b', 'MAIL FROM:<a@b> NOTIFY=NEVER'], 555],
  ['a parameter twice', ['EHLO a.b', 'MAIL FROM:<a@b> SIZE=1 SIZE=2'], 501],
  ['a size that is none', ['EHLO a.b', 'MAIL FROM:<a@b> SIZE=x'], 501],
  ['too great a size', ['EHLO a.b', 'MAIL FROM:<a@b> SIZE=1001'], 552],
  ['8-bit without SMTPUTF8', ['EHLO a.b', 'MAIL FROM:<ü@b>'], 553],
  ['an unknown command', ['EHLO a.b', 'FOO'], 500],
  ['an empty line', ['EHLO a.b', ''], 500],
  ['EHLO without a name', ['EHLO'], 501],
  ['LHLO', ['LHLO a.b'], 500],
  ['STARTTLS where there is none', ['EHLO a.b', 'STARTTLS'], 500],
  ['AUTH where there is none', ['EHLO a.b', 'AUTH PLAIN'], 500],
])('%s', (_what, said, code) => {
  test(`is ${code}, and told`, () => {
    const { codes, all } = talk(lines(...said))
    expect(codes.at(-1)).toBe(code)
    expect(all('refused').at(-1)).toMatchObject({ replyCode: code, cutsOff: false })
  })
})

test.each(['"a b"@x.example', 'a@my_host', 'root', 'a@[127.0.0.1]', '"a>b\\"c"@d.e', 'postmaster', "o'x@y.z"])(
  'a recipient may be %s',
  (address) => {
    const { codes, all } = talk(lines('EHLO a.b', 'MAIL FROM:<>', `RCPT TO:<${address}>`, 'DATA', 'x', '.', 'QUIT'))
    expect(codes.at(-1)).toBe(221)
    expect(all('message')[0]?.transaction.recipients[0]?.address).toBe(address)
  },
)

describe('a transaction that comes to nothing', () => {
  const MAIL = ['EHLO a.b', 'MAIL FROM:<a@b> SIZE=5 BODY=8BITMIME', 'RCPT TO:<c@d> NOTIFY=NEVER', 'RCPT TO:<no@d>']
  const judge: Judge = (stage, address) => (stage === 'rcpt' && address === 'no@d' ? { code: 550, text: 'no' } : null)
  test.each([
    ['QUIT', ['QUIT'], 'quit', 0],
    ['RSET', ['RSET', 'QUIT'], 'reset', 0],
    ['EHLO', ['EHLO a.b', 'QUIT'], 'reset', 0],
    ['leaving', [], 'left', 0],
    ['leaving amid the message', ['DATA', 'abc'], 'left', 5],
    ['being cut off', ['GET / HTTP/1.1'], 'cut-off', 0],
  ] as const)('%s', (_what, more, how, sizeBytes) => {
    const { all } = talk(lines(...MAIL, ...more), {}, judge)
    expect(all('abandoned')).toMatchObject([
      {
        how,
        sizeBytes,
        transaction: {
          from: 'a@b',
          parameters: [
            ['SIZE', '5'],
            ['BODY', '8BITMIME'],
          ],
          recipients: [
            { address: 'c@d', parameters: [['NOTIFY', 'NEVER']], replyCode: 250 },
            { address: 'no@d', parameters: [], replyCode: 550 },
          ],
        },
      },
    ])
    expect(all('message')).toEqual([])
  })
})

test('LMTP: a reply for each recipient, however often one is named', () => {
  const judge: Judge = (stage, address) =>
    stage === 'message' && address === 'b@x' ? { code: 452, text: 'full' } : null
  const said = lines('LHLO a.b', 'MAIL FROM:<>', 'RCPT TO:<a@x>', 'RCPT TO:<b@x>', 'RCPT TO:<a@x>', 'DATA', '.', 'QUIT')
  expect(talk(said, { lmtp: true }, judge).codes).toEqual([220, 250, 250, 250, 250, 250, 354, 250, 452, 250, 221])
})

test('STARTTLS drops what came behind it and forgets what was said before', () => {
  const said = lines('EHLO a.b', 'MAIL FROM:<a@b>', 'STARTTLS', 'RSET', 'QUIT')
  const { codes, rules, all } = talk(said, { starttls: true })
  expect(codes).toEqual([220, 250, 250, 220])
  expect(rules).toContain('behind-starttls')
  expect(all('abandoned')).toMatchObject([{ how: 'reset' }])
})

test.each([
  ['bare-lf', 'NOOP\n'],
  ['helo-name', 'EHLO nodots\r\n'],
  ['path-space', lines('EHLO a.b', 'MAIL FROM: <a@b>')],
  ['parameter-not-offered', lines('HELO a.b', 'MAIL FROM:<a@b> SIZE=1')],
  ['pipelining-not-offered', lines('HELO a.b', 'NOOP')],
  ['pipelined-behind', lines('EHLO a.b', 'NOOP')],
  ['long-command', lines('EHLO a.b', `NOOP ${'x'.repeat(1500)}`)],
  ['content-bare-lf', lines(...ENVELOPE, 'DATA', 'a\nb', '.')],
  ['content-bare-cr', lines(...ENVELOPE, 'DATA', 'a\rb', '.')],
  ['content-long-line', lines(...ENVELOPE, 'DATA', 'x'.repeat(999), '.')],
  ['content-eight-bit', lines(...ENVELOPE, 'DATA', 'é', '.')],
  ['size-understated', lines('EHLO a.b', 'MAIL FROM:<a@b> SIZE=1', 'RCPT TO:<c@d>', 'DATA', 'abc', '.')],
  ['no-quit', lines('EHLO a.b')],
] as const)('deviation %s is told once', (rule, said) => {
  const { rules } = talk(said + said)
  expect(rules.filter((each) => each === rule)).toEqual([rule])
})

test('a client that keeps to the rules deviates nowhere', () => {
  const session = ['EHLO a.b', 'MAIL FROM:<a@b> SIZE=9', 'RCPT TO:<c@d>', 'DATA', 'abc\r\n.', 'QUIT']
  const { rules } = talk(lines(...session), {}, () => null, 1)
  expect(rules).toEqual([])
})

test('nothing that a client says costs more than its length', () => {
  const time = (repeat: number) => {
    const started = performance.now()
    talk(lines(...ENVELOPE, 'DATA') + '\r\n..'.repeat(repeat) + lines('', '.', 'QUIT'), { maxSizeBytes: 1 << 30 })
    talk('NOOP\r\n'.repeat(repeat / 10))
    talk('x'.repeat(repeat), {}, () => null, 100)
    return performance.now() - started
  }
  time(20_000)
  // Eight times as much takes about eight times as long: sixty-four would be its square.
  expect(time(400_000) / time(50_000)).toBeLessThan(40)
})
