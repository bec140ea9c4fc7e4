import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { SmtpMode } from '../../../../src/operations/listen/index.js'
import { startListening } from '../../../helpers/listen.js'

const MODE: SmtpMode = {
  kind: 'smtp',
  lmtp: false,
  starttls: false,
  secure: false,
  auth: null,
  reject: [],
  delays: [],
  maxSizeBytes: 1 << 27,
  directory: null,
}
const TLS = { certificate: null, alpn: undefined }

const startSink = (mode: Partial<SmtpMode> = {}) =>
  startListening({ mode: { ...MODE, ...mode }, tls: mode.starttls ? TLS : null, count: 1 })

function dial(port: number) {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  let said = ''
  socket.on('data', (bytes) => {
    said += bytes
  })
  socket.on('error', () => {})
  onTestFinished(() => void socket.destroy())
  return { socket, said: () => said }
}

/** Waits for the last line of a reply with this code. */
const replied = (client: { said: () => string }, code: number) =>
  expect.poll(client.said, { timeout: 5000 }).toMatch(new RegExp(`^${code} [^\\n]*\\n$`, 'm'))

const ENVELOPE = 'EHLO me.example\r\nMAIL FROM:<a@b.example> SIZE=3\r\nRCPT TO:<d@e.example> NOTIFY=NEVER\r\n'

test('a client that half-closes behind its message gets its answer', async () => {
  const sink = await startSink({ delays: [{ stage: 'message', ms: 50 }] })
  const client = dial(sink.port)
  client.socket.end(`${ENVELOPE}DATA\r\nhi\r\n.\r\n`)
  await once(client.socket, 'end')
  expect(client.said()).toMatch(/^354 [^\n]*\r\n250 [^\n]*\r\n$/m)
  expect((await sink.outcome).ok).toBe(true)
  expect(sink.all('mail')).toMatchObject([{ replyCode: 250, sizeBytes: 4 }])
  expect(sink.all('closed')).toMatchObject([{ reason: 'fin' }])
})

describe('what was seen of a mail that came to nothing is told before the end of its connection is', () => {
  test.each([
    ['QUIT', 'QUIT\r\n', 'quit', 0, (socket: Socket) => socket.end()],
    ['a sender that ends in DATA', 'DATA\r\nabc\r\n', 'left', 5, (socket: Socket) => socket.end()],
    ['a sender that dies in DATA', 'DATA\r\nabc\r\n', 'left', 5, (socket: Socket) => socket.resetAndDestroy()],
  ] as const)('%s', async (_what, more, outcome, sizeBytes, leave) => {
    const sink = await startSink()
    const client = dial(sink.port)
    client.socket.write(ENVELOPE + more)
    await replied(client, more === 'QUIT\r\n' ? 221 : 354)
    leave(client.socket)
    await sink.outcome
    expect(sink.all('transaction')).toMatchObject([
      {
        outcome,
        sizeBytes,
        from: 'a@b.example',
        to: ['d@e.example'],
        parameters: [['SIZE', '3']],
        recipients: [{ address: 'd@e.example', parameters: [['NOTIFY', 'NEVER']], replyCode: 250 }],
        tlsVersion: null,
      },
    ])
    expect(sink.all('mail')).toEqual([])
    const types = sink.events.map(({ type }) => type)
    expect(types.indexOf('transaction')).toBeLessThan(types.indexOf('closed'))
  })
})

describe('STARTTLS', () => {
  async function upgraded(sink: Awaited<ReturnType<typeof startSink>>, behind = '', trust = false) {
    const client = dial(sink.port)
    await replied(client, 220)
    client.socket.write(`EHLO me.example\r\nSTARTTLS\r\n${behind}`)
    await expect.poll(client.said).toMatch(/\n220 [^\n]*\n$/)
    client.socket.removeAllListeners('data')
    const secure = connectTls({ socket: client.socket, rejectUnauthorized: trust, servername: 'localhost' })
    secure.on('error', () => {})
    return secure
  }

  test('its version is told with the mail, and commands behind it are nobody’s', async () => {
    const sink = await startSink({ starttls: true })
    const secure = await upgraded(sink, 'RSET\r\nNOOP\r\n')
    let said = ''
    secure.on('data', (bytes) => {
      said += bytes
    })
    await once(secure, 'secureConnect')
    secure.write(`${ENVELOPE}DATA\r\nhi\r\n.\r\nQUIT\r\n`)
    await once(secure, 'end')
    secure.end()
    expect([...said.matchAll(/^(\d{3}) /gm)].map(([, code]) => code)).toEqual([
      '250',
      '250',
      '250',
      '354',
      '250',
      '221',
    ])
    await sink.outcome
    expect(sink.all('mail')).toMatchObject([{ secure: true, tlsVersion: 'TLSv1.3' }])
    expect(sink.all('deviation').map(({ rule }) => rule)).toContain('behind-starttls')
    expect(sink.all('closed')).toMatchObject([{ closeNotify: true }])
  })

  test('a client that refuses our certificate is told, as of TLS from the first byte', async () => {
    const sink = await startSink({ starttls: true })
    await upgraded(sink, '', true)
    const outcome = await sink.outcome
    const told = { phase: 'tls', origin: 'tls', code: expect.any(String) }
    expect(sink.all('problem')).toMatchObject([{ id: 1, ...told }])
    expect(outcome).toMatchObject({ ok: false, failure: told })
    expect(sink.all('closed')).toMatchObject([{ reason: 'error', code: sink.all('problem')[0]?.code }])
  })
})

test('faults strike mail too', async () => {
  const sink = await startListening({ mode: MODE, fault: { kind: 'reset', afterBytes: 20 } })
  const client = dial(sink.port)
  client.socket.write('EHLO me.example\r\n')
  await new Promise((resolve) => client.socket.once('close', resolve))
  expect(await sink.event('closed')).toMatchObject({ reason: 'fault', bytesOut: 20 })
})
