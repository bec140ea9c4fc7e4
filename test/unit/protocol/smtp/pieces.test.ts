import { describe, expect, test } from 'vitest'
import type { DialoguePlan } from '../../../../src/protocol/smtp/dialogue/plan.js'
import { drive, type Script, type Server, scripted } from './driver.js'
import { BYE, CONTENT, EHLO, GO, HELLO, MAIL, message, OK, PIPELINING, plan, RCPT, to } from './phrases.js'

const two: DialoguePlan = { ...plan, messages: [{ ...message, to: to('d@e.f', 'g@h.i') }] }
const GROUP = `${MAIL}${RCPT}RCPT TO:<g@h.i>\r\nDATA\r\n`
const base64 = (text: string) => Buffer.from(text).toString('base64')
const login: DialoguePlan = {
  ...plan,
  auth: { credentials: { user: 'me', secret: { kind: 'password', password: 'hunter22' } }, insecure: true },
}

const DIALOGUES: [string, DialoguePlan, Script][] = [
  [
    'one by one',
    plan,
    [
      HELLO,
      [EHLO, '250 mx\r\n'],
      [MAIL, OK],
      [RCPT, '250\r\n'],
      ['DATA\r\n', GO],
      [CONTENT, '250-a\r\n250 b\r\n'],
      ['QUIT\r\n', BYE],
    ],
  ],
  [
    'in groups, partly refused',
    two,
    [
      HELLO,
      [EHLO, PIPELINING],
      [GROUP, `${OK}550-5.1.1 no\r\n550 5.1.1 really\r\n${OK}${GO}`],
      [`${CONTENT}QUIT\r\n`, OK + BYE],
    ],
  ],
  [
    'TLS on the way',
    { ...plan, quitAfter: 'tls' },
    [
      HELLO,
      [EHLO, '250-mx\r\n250 STARTTLS\r\n'],
      ['STARTTLS\r\n', '220 go\r\n'],
      [EHLO, PIPELINING],
      ['QUIT\r\n', BYE],
    ],
  ],
  [
    'a login',
    { ...login, quitAfter: 'auth' },
    [
      HELLO,
      [EHLO, '250-mx\r\n250 AUTH LOGIN\r\n'],
      ['AUTH LOGIN\r\n', `334 ${base64('User:')}\r\n`],
      [`${base64('me')}\r\n`, `334 ${base64('Password:')}\r\n`],
      [`${base64('hunter22')}\r\n`, '235 welcome\r\n'],
      ['QUIT\r\n', BYE],
    ],
  ],
  [
    'LF alone, and a lone code',
    plan,
    [
      ['', '220-a\n220\n'],
      [EHLO, '250 mx\n'],
      [MAIL, '250\n'],
      [RCPT, OK],
      ['DATA\r\n', '354\n'],
      [CONTENT, OK],
      ['QUIT\r\n', '221\n'],
    ],
  ],
]

test.each(DIALOGUES)('%s: wherever what the server says is cut, it comes to the same', (_what, given, script) => {
  const whole = drive(given, scripted(...script))
  const longest = Math.max(...script.map(([, says]) => says?.length ?? 0))
  for (let cutAt = 1; cutAt < longest; cutAt++) expect(drive(given, scripted(...script), { cutAt })).toEqual(whole)
})

/** A server with a mind about each recipient and about DATA. */
function server(pipelining: boolean, accepts: readonly boolean[], data: string, heard: string[]): Server {
  return {
    hear(flight) {
      if (flight === null) return { say: '220 mx\r\n' }
      let said = ''
      let asked = 0
      for (const line of flight.split('\r\n').slice(0, -1)) {
        heard.push(line)
        const verb = line.split(' ', 1)[0]
        if (verb === 'EHLO') said += pipelining ? PIPELINING : '250 mx\r\n'
        else if (verb === 'RCPT') said += accepts[Number(/r(\d)@/.exec(line)?.[1] ?? asked++)] ? OK : '550 5.1.1 no\r\n'
        else if (verb === 'DATA') said += data
        else if (verb === 'QUIT') said += BYE
        else if (verb === 'MAIL' || verb === 'RSET' || line === '.') said += OK
      }
      return { say: said }
    },
  }
}

describe('whoever of three recipients is accepted', () => {
  const people = ['r0@x.y', 'r1@x.y', 'r2@x.y']
  const cases = [true, false].flatMap((pipelining) =>
    [GO, '451 4.3.0 later\r\n', '554 5.5.1 no\r\n'].flatMap((data) =>
      Array.from({ length: 8 }, (_, bits) => ({
        pipelining,
        data,
        accepts: [0, 1, 2].map((i) => (bits & (1 << i)) !== 0),
      })),
    ),
  )

  test.each(cases)('$accepts, DATA $data, pipelining $pipelining', ({ pipelining, data, accepts }) => {
    const heard: string[] = []
    const given = { ...plan, messages: [{ ...message, to: to(...people) }] }
    const { result } = drive(given, server(pipelining, accepts, data, heard))
    const some = accepts.includes(true)
    const taken = some && data === GO
    expect(result.messages[0]?.recipients.map(({ status }) => status)).toEqual(
      accepts.map((accepted) => (accepted && taken ? 'accepted' : 'refused')),
    )
    expect(result.ok).toBe(taken && !accepts.includes(false))
    // The content goes out where it is wanted by somebody; a server that wants it for nobody gets a dot alone.
    expect(heard.filter((line) => line === 'hi').length).toBe(taken ? 1 : 0)
    expect(heard.filter((line) => line === '.').length).toBe(data === GO && (taken || pipelining) ? 1 : 0)
    // Without PIPELINING nobody asks for DATA in vain.
    expect(heard.includes('DATA')).toBe(some || pipelining)
    expect(heard.at(-1)).toBe('QUIT')
  })

  test('a mail after one that came to nothing begins anew with RSET', () => {
    const heard: string[] = []
    const nobody = { ...message, to: to('r0@x.y') }
    const somebody = { ...message, to: to('r1@x.y') }
    const { result } = drive({ ...plan, messages: [nobody, somebody] }, server(false, [false, true, true], GO, heard))
    expect(heard.map((line) => line.split(' ')[0])).toEqual([
      ...['EHLO', 'MAIL', 'RCPT', 'RSET', 'MAIL', 'RCPT', 'DATA', 'hi', '.', 'QUIT'],
    ])
    expect(result.messages.map(({ recipients }) => recipients[0]?.status)).toEqual(['refused', 'accepted'])
  })
})
