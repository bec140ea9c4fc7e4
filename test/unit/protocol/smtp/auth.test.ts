import { describe, expect, test } from 'vitest'
import { UsageError } from '../../../../src/core/usage-error.js'
import {
  checkCredentials,
  chooseMechanism,
  parseMechanism,
  saslClient,
} from '../../../../src/protocol/smtp/auth/mechanism.js'
import type { Credentials, MechanismName, SaslClient } from '../../../../src/protocol/smtp/auth/sasl.js'
import { saslPrep } from '../../../../src/protocol/smtp/auth/saslprep.js'
import { bytes } from './helpers.js'

const withPassword = (user: string, password: string, authorizeAs?: string): Credentials => ({
  user,
  secret: { kind: 'password', password },
  ...(authorizeAs === undefined ? {} : { authorizeAs }),
})
const withToken = (user: string, token: string): Credentials => ({
  user,
  secret: { kind: 'token', token, host: 'server.example.com', port: 143 },
})

const first = (client: SaslClient) => client.initialResponse && Buffer.from(client.initialResponse).toString()
function answer(client: SaslClient, challenge: string): string {
  const step = client.respond(bytes(challenge))
  return 'response' in step ? Buffer.from(step.response).toString() : `gives up: ${step.giveUp}`
}

describe('mechanisms', () => {
  test('PLAIN (RFC 4616 section 4)', () => {
    expect(first(saslClient('PLAIN', withPassword('tim', 'tanstaaftanstaaf')))).toBe('\0tim\0tanstaaftanstaaf')
    expect(first(saslClient('PLAIN', withPassword('Kurt', 'xipj3plmq', 'Ursel')))).toBe('Ursel\0Kurt\0xipj3plmq')
  })

  test('LOGIN', () => {
    const client = saslClient('LOGIN', withPassword('tim', 'secret'))
    expect(client.initialResponse).toBeNull()
    expect([answer(client, 'Username:'), answer(client, 'whatever')]).toEqual(['tim', 'secret'])
    expect(answer(client, 'more?')).toMatch(/^gives up/)
  })

  test('CRAM-MD5 (RFC 2195 section 2)', () => {
    const client = saslClient('CRAM-MD5', withPassword('tim', 'tanstaaftanstaaf'))
    expect(answer(client, '<1896.697170952@postoffice.reston.mci.net>')).toBe('tim b913a602c7eda7a495b4e6e7334d3890')
    expect(answer(client, 'again')).toMatch(/^gives up/)
  })

  const NONCE = 'rOprNGfwEbeRWgbNEkqO'
  const SERVER_FIRST = `r=${NONCE}%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`
  const SERVER_FINAL = 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4='
  const scram = () => saslClient('SCRAM-SHA-256', withPassword('user', 'pencil'), NONCE)

  test('SCRAM-SHA-256 (RFC 7677 section 3)', () => {
    const client = scram()
    expect(first(client)).toBe(`n,,n=user,r=${NONCE}`)
    expect(answer(client, SERVER_FIRST)).toBe(
      `c=biws,r=${NONCE}%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=`,
    )
    expect(client.complete).toBe(false)
    expect(answer(client, SERVER_FINAL)).toBe('')
    expect(client.complete).toBe(true)
  })

  test.each([
    ['no SCRAM', 'hello'],
    ['a nonce of its own', SERVER_FIRST.replace(NONCE, 'somebody-else')],
    ['our nonce, not extended', `r=${NONCE},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`],
    ['too few iterations', SERVER_FIRST.replace('4096', '4095')],
    ['iterations without end', SERVER_FIRST.replace('4096', '4294967296')],
    ['an extension that must be understood', `m=x,${SERVER_FIRST}`],
    ['no salt', SERVER_FIRST.replace(/s=[^,]*/, 's=')],
  ])('SCRAM gives up on %s', (_what, message) => {
    expect(answer(scram(), message)).toMatch(/^gives up/)
  })

  test.each([SERVER_FINAL.replace('6rri', '7rri'), 'v=', 'e=invalid-proof', '', 'v=6rri'])(
    'a server that ends with %j has proved nothing',
    (final) => {
      const client = scram()
      answer(client, SERVER_FIRST)
      expect(answer(client, final)).toMatch(/^gives up/)
      expect(client.complete).toBe(false)
    },
  )

  test('SCRAM escapes names and states the authorization identity', () => {
    expect(first(saslClient('SCRAM-SHA-256', withPassword('a=b,c', 'x', 'd,e'), 'n'))).toBe('n,a=d=2Ce,n=a=3Db=2Cc,r=n')
  })

  test('OAUTHBEARER (RFC 7628 section 4.1)', () => {
    const token = 'vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg=='
    const client = saslClient('OAUTHBEARER', withToken('user@example.com', token))
    expect(Buffer.from(client.initialResponse ?? []).toString('base64')).toBe(
      'bixhPXVzZXJAZXhhbXBsZS5jb20sAWhvc3Q9c2VydmVyLmV4YW1wbGUuY29tAXBvcnQ9MTQzAWF1dGg9QmVhcmVyIHZGOWRmdDRxbVRjMk52YjNSbGNrQmhiSFJoZG1semRHRXVZMjl0Q2c9PQEB',
    )
    expect(client.complete).toBe(true)
    expect(answer(client, '{"status":"invalid_token"}')).toBe('\x01')
    expect(client.complete).toBe(false)
    expect(answer(client, 'more')).toMatch(/^gives up/)
  })

  test('XOAUTH2', () => {
    const client = saslClient(
      'XOAUTH2',
      withToken('someuser@example.com', 'ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg'),
    )
    expect(Buffer.from(client.initialResponse ?? []).toString('base64')).toBe(
      'dXNlcj1zb21ldXNlckBleGFtcGxlLmNvbQFhdXRoPUJlYXJlciB5YTI5LnZGOWRmdDRxbVRjMk52YjNSbGNrQmhkSFJoZG1semRHRXVZMjl0Q2cBAQ==',
    )
    expect(answer(client, '{"status":"400"}')).toBe('')
  })
})

describe('SASLprep (RFC 4013 section 3)', () => {
  test.each([
    ['I\u00adX', 'IX'],
    ['user', 'user'],
    ['USER', 'USER'],
    ['\u00aa', 'a'],
    ['\u2168', 'IX'],
    ['a\u00a0b', 'a b'],
    ['\u0627', '\u0627'],
  ])('%j', (text, prepared) => {
    expect(saslPrep(text)).toBe(prepared)
  })

  test.each(['\u0007', '\u06271', 'a\u202eb', '\ud800', '\u0627a\u0627', '\ue000'])('%j is prohibited', (text) => {
    expect(() => saslPrep(text)).toThrow(UsageError)
  })
})

describe('the choice', () => {
  const password = withPassword('u', 'p')
  const token = withToken('u', 't')
  test.each<[string[], Credentials, MechanismName | null, MechanismName | null]>([
    [['LOGIN', 'PLAIN', 'CRAM-MD5', 'SCRAM-SHA-256'], password, null, 'SCRAM-SHA-256'],
    [['LOGIN', 'PLAIN', 'CRAM-MD5'], password, null, 'CRAM-MD5'],
    [['LOGIN', 'PLAIN'], password, null, 'PLAIN'],
    [['LOGIN', 'XOAUTH2'], password, null, 'LOGIN'],
    [['XOAUTH2', 'OAUTHBEARER', 'PLAIN'], token, null, 'OAUTHBEARER'],
    [['XOAUTH2', 'PLAIN'], token, null, 'XOAUTH2'],
    [['XOAUTH2', 'GSSAPI'], password, null, null],
    [[], password, null, null],
    [['LOGIN', 'PLAIN'], password, 'LOGIN', 'LOGIN'],
    [['PLAIN'], password, 'LOGIN', null],
    [['LOGIN', 'CRAM-MD5', 'PLAIN'], withPassword('u', 'p', 'v'), null, 'PLAIN'],
    [['LOGIN'], withPassword('u', 'p', 'v'), null, null],
  ])('%j', (offered, credentials, wanted, expected) => {
    expect(chooseMechanism(offered, credentials, wanted)).toBe(expected)
  })

  test('by name, in any case', () => {
    expect(parseMechanism('scram-sha-256', 'auth-mechanism')).toBe('SCRAM-SHA-256')
    expect(() => parseMechanism('NTLM', 'auth-mechanism')).toThrow(UsageError)
  })
})

describe('credentials that no exchange can carry', () => {
  test.each<[string, Credentials, MechanismName | null]>([
    ['an empty user', withPassword('', 'hunter2'), null],
    ['a NUL in the user', withPassword('a\0b', 'hunter2'), null],
    ['a line break in the user', withPassword('a\r\nb', 'hunter2'), null],
    ['a long user', withPassword('x'.repeat(256), 'hunter2'), null],
    ['a control in the authorization identity', withPassword('a', 'hunter2', 'b\x01'), null],
    ['an empty password', withPassword('a', ''), null],
    ['a NUL in the password', withPassword('a', 'hunter2\0'), null],
    ['a line break in the password', withPassword('a', 'hunter2\n'), null],
    ['a password that SASLprep prohibits', withPassword('a', 'hunter2\u202e'), null],
    ['a long password', withPassword('a', 'hunter2'.repeat(2000)), null],
    ['a token with a separator', withToken('a', 'hunter2\x01'), null],
    ['a token with a space', withToken('a', 'hunter2 b'), null],
    ['a mechanism for tokens', withPassword('a', 'hunter2'), 'XOAUTH2'],
    ['a mechanism for passwords', withToken('a', 'hunter2'), 'PLAIN'],
    ['LOGIN on behalf of another', withPassword('a', 'hunter2', 'b'), 'LOGIN'],
    ['a token on behalf of another', { ...withToken('a', 'hunter2'), authorizeAs: 'b' }, null],
  ])('%s', (_what, credentials, wanted) => {
    expect(() => checkCredentials(credentials, wanted)).toThrow(UsageError)
    expect(() => checkCredentials(credentials, wanted)).toThrow(/^(?!.*hunter2)/s)
  })
})
