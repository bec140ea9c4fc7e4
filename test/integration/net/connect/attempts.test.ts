import { describe, expect, test } from 'vitest'
import type { Outcome } from '../../../../src/core/outcome.js'
import { folder } from '../../../helpers/folder.js'
import { session } from '../../../helpers/session.js'
import { options, send } from '../../../helpers/smtp.js'
import { listening, refusingPort } from '../../../helpers/sockets.js'
import { optionsFor, run } from '../../operations/raw-http/run.js'

/** No TLS, no HTTP and no SMTP. */
const babble = async () => (await listening((socket) => socket.end('babble\r\n'))).port
const reset = async () => (await listening((socket) => socket.once('data', () => socket.resetAndDestroy()))).port

function attemptsOf(outcome: Outcome<unknown>) {
  if (outcome.ok) throw new Error('it went well')
  return outcome.failure.attempts
}

describe('a failure behind the connection tells by which attempts it was made', () => {
  const OK = { address: '127.0.0.1', ok: true, code: null, errno: 0, origin: null, syscall: null }

  test.each([
    ['connect, TLS', babble, async (port: number) => (await session(port, { tls: {} })).outcome],
    ['connect, a reset', reset, async (port: number) => (await session(port, { input: 'x' })).outcome],
    ['raw-http, TLS', babble, async (port: number) => (await run(optionsFor(port, { tls: {} }))).outcome],
    ['raw-http, no HTTP', babble, async (port: number) => (await run(optionsFor(port, { strict: true }))).outcome],
    ['raw-http, a reset', reset, async (port: number) => (await run(optionsFor(port))).outcome],
    ['smtp-send, TLS', babble, async (port: number) => (await send(options(port, { security: 'implicit' }))).outcome],
    ['smtp-send, no SMTP', babble, async (port: number) => (await send(options(port))).outcome],
  ])('%s', async (_what, serve, outcomeAt) => {
    const port = await serve()
    expect(attemptsOf(await outcomeAt(port))).toMatchObject([{ ...OK, port }])
  })

  test('over UDP, where nobody listens', async () => {
    const port = await refusingPort()
    const { outcome } = await session(port, { transport: 'udp', input: 'x' })
    expect(attemptsOf(outcome)).toMatchObject([{ ...OK, port }])
  })
})

test('a Unix socket that is not there is one attempt, for every command', async () => {
  const path = folder()('nothing')
  const outcomes = [
    (await session({ host: `unix:${path}`, port: 0 })).outcome,
    (await run(optionsFor(0, { peer: { kind: 'unix', path } }))).outcome,
    (await send(options(0, { route: { kind: 'unix', path } }))).outcome,
  ]
  for (const outcome of outcomes) {
    const failed = { ok: false, code: 'ENOENT', origin: 'os', syscall: 'connect' }
    expect(attemptsOf(outcome)).toMatchObject([{ ...failed, address: `unix:${path}` }])
  }
})
