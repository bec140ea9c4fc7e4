import { createHash, createHmac, pbkdf2Sync } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Credentials, MECHANISMS, type MechanismName } from '../../../../src/protocol/smtp/auth/sasl.js'
import type { DialoguePlan } from '../../../../src/protocol/smtp/dialogue/plan.js'
import { converse, drive, type Server, scripted, story } from './driver.js'

const HELLO = ['', '220 mx\r\n'] as const
const base64 = (text: string) => Buffer.from(text).toString('base64')

function planFor(credentials: Credentials, mechanism: MechanismName | null = null): DialoguePlan {
  return { helo: 'me', auth: { credentials, mechanism, insecure: true }, quitAfter: 'auth' }
}
const tim: Credentials = { user: 'tim', secret: { kind: 'password', password: 'tanstaaf' } }

describe('AUTH in the dialogue', () => {
  test('PLAIN: one line', () => {
    const { result, transcript } = converse(
      planFor(tim),
      HELLO,
      ['EHLO me\r\n', '250-mx\r\n250 AUTH PLAIN\r\n'],
      [`AUTH PLAIN ${base64('\0tim\0tanstaaf')}\r\n`, '235 ok\r\n'],
      ['QUIT\r\n', '221 bye\r\n'],
    )
    expect(result).toMatchObject({ ok: true, mechanism: 'PLAIN' })
    expect(story(transcript)).toContain('> AUTH PLAIN [elided]\n')
  })

  test('LOGIN: question and answer', () => {
    const { transcript } = converse(
      planFor(tim),
      HELLO,
      ['EHLO me\r\n', '250-mx\r\n250 AUTH LOGIN\r\n'],
      ['AUTH LOGIN\r\n', `334 ${base64('Username:')}\r\n`],
      [`${base64('tim')}\r\n`, `334 ${base64('Password:')}\r\n`],
      [`${base64('tanstaaf')}\r\n`, '235 welcome tim\r\n'],
      ['QUIT\r\n', '221 bye\r\n'],
    )
    expect(story(transcript)).toContain('> [elided]\n< 235 welcome tim')
  })

  test('a long initial response goes out when the server asks for it', () => {
    const long: Credentials = { user: 'tim', secret: { kind: 'password', password: 'x'.repeat(500) } }
    const { result } = converse(
      planFor(long),
      HELLO,
      ['EHLO me\r\n', '250-mx\r\n250 AUTH PLAIN\r\n'],
      ['AUTH PLAIN\r\n', '334 \r\n'],
      [`${base64(`\0tim\0${'x'.repeat(500)}`)}\r\n`, '235 ok\r\n'],
      ['QUIT\r\n', '221 bye\r\n'],
    )
    expect(result.ok).toBe(true)
  })

  test.each([
    ['no base64', '334 ***\r\n'],
    ['several lines', '334-YQ==\r\n334 YQ==\r\n'],
  ])('a challenge of %s is answered by giving up', (_what, challenge) => {
    const { result } = converse(
      planFor(tim),
      HELLO,
      ['EHLO me\r\n', '250-mx\r\n250 AUTH CRAM-MD5\r\n'],
      ['AUTH CRAM-MD5\r\n', challenge],
      ['*\r\n', '501 cancelled\r\n'],
      ['QUIT\r\n', '221 bye\r\n'],
    )
    expect(result.problem).toMatchObject({ kind: 'protocol', code: 'SMTP_AUTH_PROTOCOL' })
  })

  test('SCRAM-SHA-256 against a server that knows the password', () => {
    const salt = Buffer.from('salt of this server')
    let authMessage = ''
    const server: Server = {
      hear(flight) {
        if (flight === null) return { say: '220 mx\r\n' }
        if (flight.startsWith('EHLO')) return { say: '250-mx\r\n250 AUTH PLAIN SCRAM-SHA-256\r\n' }
        if (flight === 'QUIT\r\n') return { say: '221 bye\r\n' }
        if (flight === '\r\n') return { say: '235 ok\r\n' }
        const message = Buffer.from(flight.trim().split(' ').at(-1) ?? '', 'base64').toString()
        if (flight.startsWith('AUTH')) {
          const first = `r=${/r=(.*)$/.exec(message)?.[1]}more,s=${salt.toString('base64')},i=4096`
          authMessage = `${message.slice(3)},${first},`
          return { say: `334 ${base64(first)}\r\n` }
        }
        const [, withoutProof = '', proof = ''] = /^(.*),p=(.*)$/.exec(message) ?? []
        authMessage += withoutProof
        const hmac = (key: Buffer, text: string) => createHmac('sha256', key).update(text).digest()
        const salted = pbkdf2Sync('tanstaaf', salt, 4096, 32, 'sha256')
        const clientKey = hmac(salted, 'Client Key')
        const signature = hmac(createHash('sha256').update(clientKey).digest(), authMessage)
        const expected = Buffer.from(clientKey.map((byte, i) => byte ^ (signature[i] ?? 0))).toString('base64')
        if (proof !== expected) return { say: '535 no\r\n' }
        return { say: `334 ${base64(`v=${hmac(hmac(salted, 'Server Key'), authMessage).toString('base64')}`)}\r\n` }
      },
    }
    expect(drive(planFor(tim), server).result).toMatchObject({ ok: true, mechanism: 'SCRAM-SHA-256', roundTrips: 6 })
    const wrong: Credentials = { user: 'tim', secret: { kind: 'password', password: 'wrong' } }
    expect(drive(planFor(wrong), server).result.problem).toMatchObject({ code: 'SMTP_535' })
  })

  test('a server that accepts before it has proved itself is not believed', () => {
    const server: Server = {
      hear: (flight) => {
        if (flight === null) return { say: '220 mx\r\n' }
        if (flight.startsWith('EHLO')) return { say: '250-mx\r\n250 AUTH SCRAM-SHA-256\r\n' }
        return { say: flight.startsWith('AUTH') ? '235 come in\r\n' : '221 bye\r\n' }
      },
    }
    const { result, flights } = drive(planFor(tim), server)
    expect(result).toMatchObject({ mechanism: null, problem: { kind: 'protocol', code: 'SMTP_AUTH_UNVERIFIED' } })
    expect(flights.at(-1)).toBe('QUIT\r\n')
  })

  test('a token refused with a reason is acknowledged, and the refusal told', () => {
    const token: Credentials = { user: 'u@x.y', secret: { kind: 'token', token: 'abcdef' } }
    const { result } = converse(
      planFor(token),
      HELLO,
      ['EHLO me\r\n', '250-mx\r\n250 AUTH OAUTHBEARER\r\n'],
      [
        `AUTH OAUTHBEARER ${base64('n,a=u@x.y,\x01auth=Bearer abcdef\x01\x01')}\r\n`,
        `334 ${base64('{"status":"x"}')}\r\n`,
      ],
      ['AQ==\r\n', '535 no\r\n'],
      ['QUIT\r\n', '221 bye\r\n'],
    )
    expect(result.problem).toMatchObject({ code: 'SMTP_535' })
  })

  test('not without TLS, unless that is allowed', () => {
    const plan = { ...planFor(tim), auth: { credentials: tim } }
    const script = [HELLO, ['EHLO me\r\n', '250-mx\r\n250 AUTH PLAIN\r\n'], ['QUIT\r\n', '221 bye\r\n']] as const
    expect(converse(plan, ...script).result.problem).toMatchObject({ kind: 'policy', code: 'SMTP_AUTH_INSECURE' })
    const secure = scripted(
      script[0],
      script[1],
      [`AUTH PLAIN ${base64('\0tim\0tanstaaf')}\r\n`, '235 ok\r\n'],
      script[2],
    )
    expect(drive(plan, secure, { secure: true }).result.ok).toBe(true)
  })

  test.each([
    ['250 mx\r\n', null],
    ['250-mx\r\n250 AUTH GSSAPI\r\n', null],
    ['250-mx\r\n250 AUTH PLAIN\r\n', 'LOGIN' as const],
  ])('%j has nothing that fits', (hello, mechanism) => {
    const { result } = converse(planFor(tim, mechanism), HELLO, ['EHLO me\r\n', hello], ['QUIT\r\n', '221 bye\r\n'])
    expect(result.problem).toMatchObject({ kind: 'unsupported', code: 'SMTP_NO_AUTH', stage: 'auth' })
  })
})

/** How the lines go in which a secret comes back: in a reply, in what is none, or cut off at so many characters from the end. */
type Manner = 'reply' | 'noise' | number

/** A server of the worst manners: it says every line of the client back to it, raw and decoded, and then refuses. */
function echo(mechanism: MechanismName, refuseAt: number, manner: Manner = 'reply'): Server {
  let turns = 0
  return {
    hear(flight) {
      if (flight === null) return { say: '220 mx\r\n' }
      if (flight.startsWith('EHLO')) return { say: `250-mx\r\n250 AUTH ${mechanism}\r\n` }
      if (flight === 'QUIT\r\n') return { say: '221 bye\r\n' }
      const line = flight.trimEnd()
      const decoded = Buffer.from(line.split(' ').at(-1) ?? '', 'base64')
        .toString('latin1')
        .replace(/[\r\n]/g, ' ')
      if (++turns < refuseAt && !flight.startsWith('*')) return { say: `334 ${base64('challenge')}\r\n` }
      if (manner === 'noise') return { say: `cannot read ${line}, nor ${decoded}\r\n` }
      if (manner !== 'reply') return { say: `535 cannot read ${line}`.slice(0, -manner || undefined), gone: true }
      return { say: `535-cannot read ${line}\r\n535 nor ${Buffer.from(decoded, 'latin1').toString()}\r\n` }
    },
  }
}

describe('secrets', () => {
  const secret = fc.stringMatching(/^[A-Za-z0-9._~-]{8,40}$/)

  /** All of it as text, bytes too, so that a secret within a reply would be found. */
  function shown(value: unknown): string {
    if (value instanceof Uint8Array) return Buffer.from(value).toString('latin1')
    if (value instanceof Map) return shown([...value])
    return typeof value === 'object' && value !== null ? Object.values(value).map(shown).join('\n') : String(value)
  }

  test.each(MECHANISMS)('%s: whatever the server does, no secret gets into transcript or result', (mechanism) => {
    fc.assert(
      fc.property(secret, fc.integer({ min: 1, max: 3 }), (text, refuseAt) => {
        const token = mechanism === 'XOAUTH2' || mechanism === 'OAUTHBEARER'
        const kept: Credentials['secret'] = token
          ? { kind: 'token', token: text }
          : { kind: 'password', password: text }
        const talk = drive(planFor({ user: 'someone', secret: kept }, mechanism), echo(mechanism, refuseAt))
        const all = shown([talk.transcript, talk.result])
        const sent = talk.flights.join('')
        expect(sent).toContain(`AUTH ${mechanism}`)
        expect(all).toContain('535')
        expect(all).not.toContain(text)
        expect(all).not.toContain(base64(text).replace(/=+$/, ''))
        // Nor anything else that went out within AUTH, but for LOGIN's user and OAUTHBEARER's closing byte.
        for (const line of sent.split('\r\n').filter((each) => /^[A-Za-z0-9+/]{16,}=*$/.test(each)))
          expect(all).not.toContain(line)
        const digest = createHmac('md5', text).update('challenge').digest('hex')
        expect(all).not.toContain(digest)
      }),
      { numRuns: 50 },
    )
  })

  test.each(['PLAIN', 'LOGIN', 'XOAUTH2'] as const)('%s: nor where it comes back in what is no reply', (mechanism) => {
    const manner = fc.oneof(fc.constant('noise' as const), fc.integer({ min: 0, max: 12 }))
    fc.assert(
      fc.property(secret, manner, fc.integer({ min: 1, max: 3 }), (text, manner, refuseAt) => {
        const kept: Credentials['secret'] =
          mechanism === 'XOAUTH2' ? { kind: 'token', token: text } : { kind: 'password', password: text }
        const server = echo(mechanism, refuseAt, manner)
        const { transcript, flights } = drive(planFor({ user: 'someone', secret: kept }, mechanism), server)
        const all = shown(transcript)
        expect(transcript.map(({ what }) => what)).toContain('stray')
        expect(all).not.toContain(text)
        for (const line of flights.join('').split('\r\n')) {
          const secretPart = /[A-Za-z0-9+/]{16,}=*$/.exec(line)?.[0]
          // A beginning of 4 characters cannot be told from a word.
          if (secretPart) for (const most of [-12, -8, -1]) expect(all).not.toContain(secretPart.slice(0, most))
        }
      }),
      { numRuns: 50 },
    )
  })
})
