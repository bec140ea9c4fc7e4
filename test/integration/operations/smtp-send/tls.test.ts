import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { describe, expect, onTestFinished, test } from 'vitest'
import { CERTIFICATE, PRIVATE_KEY } from '../../../helpers/certificate.js'
import { mailServer } from '../../../helpers/scripted-server.js'
import { failureOf, ofType, options, send } from '../../../helpers/smtp.js'

const OFFERS_TLS = '250-scripted\r\n250-STARTTLS\r\n250 AUTH PLAIN LOGIN\r\n'
const trusting = { ca: CERTIFICATE, servername: 'localhost' }
const secret = 'opensesame-4711'
const auth = {
  credentials: { user: 'me', secret: { kind: 'password', password: secret } },
  mechanism: null,
  insecure: false,
} as const

/** A whole server with TLS, whose users are `me`. */
async function secureServer(more: SMTPServerOptions = {}): Promise<number> {
  const server = new SMTPServer({
    cert: CERTIFICATE,
    key: PRIVATE_KEY,
    authOptional: true,
    authMethods: ['PLAIN', 'LOGIN', 'CRAM-MD5'],
    logger: false,
    closeTimeout: 100,
    onAuth: ({ username, password, validatePassword }, _session, callback) => {
      const right = username === 'me' && (password === secret || validatePassword?.(secret) === true)
      if (right) callback(null, { user: username })
      else callback(Object.assign(new Error('no'), { responseCode: 535 }))
    },
    ...more,
  })
  server.on('error', () => {}) // handshakes that the tests break
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  onTestFinished(() => new Promise((resolve) => server.close(() => resolve())))
  const address = server.server.address()
  if (typeof address !== 'object' || address === null) throw new Error('no port')
  return address.port
}

describe('STARTTLS', () => {
  test.each(['auto', 'always'] as const)('%s: what follows goes through TLS', async (security) => {
    const sent = await send(options(await secureServer(), { security, tls: trusting }))
    expect(sent.outcome).toMatchObject({ ok: true, value: { secure: true, accepted: 1 } })
    expect(ofType(sent.events, 'tls')).toMatchObject([{ authorized: true, servername: 'localhost' }])
    const commands = ofType(sent.events, 'command').map(({ text, secure }) => `${secure ? 'tls ' : ''}${text}`)
    expect(commands.slice(0, 3)).toEqual(['EHLO client.example', 'STARTTLS', 'tls EHLO client.example'])
  })

  test('a certificate that nobody vouches for ends it; --insecure goes on and says why', async () => {
    const port = await secureServer()
    const sent = await send(options(port))
    expect(failureOf(sent)).toMatchObject({ origin: 'tls', phase: 'tls', code: 'DEPTH_ZERO_SELF_SIGNED_CERT' })
    expect(failureOf(sent).advice).toBe('verification')
    const lax = await send(options(port, { tls: { insecure: true } }))
    expect(lax.outcome.ok).toBe(true)
    expect(ofType(lax.events, 'tls')).toMatchObject([
      { authorized: false, authorizationError: 'DEPTH_ZERO_SELF_SIGNED_CERT' },
    ])
  })

  test('always does not go on without', async () => {
    const server = await mailServer()
    const sent = await send(options(server.port, { security: 'always' }))
    expect(failureOf(sent)).toMatchObject({ code: 'SMTP_NO_STARTTLS', origin: 'peer' })
    expect(server.heard).toEqual(['EHLO client.example', 'QUIT'])
  })

  test.each([false, true])('plaintext behind the go-ahead ends it (byte by byte: %s)', async (bytewise) => {
    const injected = `220 go ahead\r\n250-evil\r\n250 AUTH PLAIN\r\n`
    const server = await mailServer({ EHLO: OFFERS_TLS, STARTTLS: injected }, { bytewise })
    const sent = await send(options(server.port, { security: 'always', tls: { insecure: true }, auth }))
    const failed = failureOf(sent)
    // In one piece it is seen for what it is; a byte at a time it may run into the handshake and break that.
    expect(bytewise ? ['protocol', 'tls'] : ['protocol']).toContain(failed.phase)
    if (!bytewise) expect(failed.code).toBe('SMTP_STARTTLS_INJECTION')
    expect(server.bytes().toString('latin1')).not.toContain('AUTH')
    expect(server.heard.slice(0, 2)).toEqual(['EHLO client.example', 'STARTTLS'])
  })

  test('a server that never shakes hands', async () => {
    const server = await mailServer({ EHLO: OFFERS_TLS, STARTTLS: ['220 go ahead\r\n'] })
    const sent = await send(options(server.port, { replyTimeoutMs: 300 }))
    expect(failureOf(sent).origin).toMatch(/deadline|tls/)
  })
})

describe('TLS at once', () => {
  test('the greeting is secure already', async () => {
    const port = await secureServer({ secure: true })
    const sent = await send(options(port, { security: 'implicit', tls: trusting }))
    expect(sent.outcome.ok).toBe(true)
    expect(ofType(sent.events, 'reply')[0]).toMatchObject({ stage: 'banner', secure: true })
  })

  test('a server that speaks plaintext there', async () => {
    const server = await mailServer()
    const sent = await send(options(server.port, { security: 'implicit' }))
    expect(failureOf(sent)).toMatchObject({ origin: 'tls', phase: 'tls' })
  })

  test('a handshake that never ends is bounded', async () => {
    const silent = await mailServer({ banner: { do: 'silence' } })
    const reach = { family: undefined, sourceAddress: undefined, sourcePort: undefined, timeoutMs: 300 }
    const sent = await send(options(silent.port, { security: 'implicit', reach }))
    expect(failureOf(sent)).toMatchObject({ origin: 'deadline', phase: 'tls' })
  })
})

describe('AUTH', () => {
  test.each(['PLAIN', 'LOGIN', 'CRAM-MD5'] as const)(
    '%s logs in, and the secret is nowhere to be read',
    async (mechanism) => {
      const sent = await send(options(await secureServer(), { tls: trusting, auth: { ...auth, mechanism } }))
      expect(sent.outcome).toMatchObject({ ok: true, value: { mechanism } })
      const told = JSON.stringify(sent.events)
      expect(told).not.toContain(secret)
      expect(told).not.toContain(Buffer.from(secret).toString('base64'))
      expect(told).not.toContain(Buffer.from(`\0me\0${secret}`).toString('base64'))
      expect(ofType(sent.events, 'command').some(({ elided }) => elided)).toBe(true)
    },
  )

  test('a wrong password is offered once', async () => {
    const wrong = {
      ...auth,
      credentials: { ...auth.credentials, secret: { kind: 'password', password: 'nonsense' } },
    } as const
    const sent = await send(options(await secureServer(), { tls: trusting, auth: wrong }))
    expect(failureOf(sent)).toMatchObject({ code: 'SMTP_535', origin: 'peer' })
    expect(ofType(sent.events, 'command').filter(({ text }) => text.startsWith('AUTH')).length).toBe(1)
  })

  test('not in plaintext, unless that is asked for', async () => {
    const server = await mailServer({ EHLO: '250-x\r\n250 AUTH PLAIN\r\n' })
    const sent = await send(options(server.port, { auth }))
    expect(failureOf(sent)).toMatchObject({ code: 'SMTP_AUTH_INSECURE', origin: 'expectation' })
    expect(server.heard).toEqual(['EHLO client.example', 'QUIT'])
    const open = await send(options(server.port, { auth: { ...auth, insecure: true } }))
    expect(open.outcome.ok).toBe(true)
  })

  test('a server that echoes the secret does not get it on the screen', async () => {
    const echo = Buffer.from(`\0me\0${secret}`).toString('base64')
    const server = await mailServer({
      EHLO: '250-x\r\n250 AUTH PLAIN\r\n',
      AUTH: `500 what is AUTH PLAIN ${echo}?\r\n`,
    })
    const sent = await send(options(server.port, { auth: { ...auth, insecure: true } }))
    expect(failureOf(sent).code).toBe('SMTP_500')
    expect(JSON.stringify([sent.events, failureOf(sent).message])).not.toContain(echo)
  })
})
