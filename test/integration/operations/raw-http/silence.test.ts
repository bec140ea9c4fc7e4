import { describe, expect, it } from 'vitest'
import { exitCodeFor } from '../../../../src/cli/exit-code.js'
import { listening } from '../../../helpers/sockets.js'
import { answering, get, ofType, optionsFor, run } from './run.js'

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n'

describe('the time that an answer may take to begin', () => {
  it('ends a wait for a server that accepts and is silent, and says that it is connected', async () => {
    for (const more of [{ answerMs: 100 }, { idleMs: 100 }, { answerMs: 100, idleMs: 100 }]) {
      const { port } = await listening(() => {})
      const { outcome, events } = await run(optionsFor(port, more))
      if (outcome.ok) throw new Error('it was silent')
      expect(outcome.failure).toMatchObject({ code: 'EAGAIN', origin: 'deadline', phase: 'read' })
      expect(outcome.failure.message).toMatch(/is connected and did not begin to answer within 100 ms$/)
      expect(outcome.failure.advice).toBe('answerMs' in more ? 'more-time' : 'more-silence')
      expect(exitCodeFor(outcome)).toBe(4)
      expect(ofType(events, 'end')).toMatchObject([{ stage: 'start', reason: 'timeout' }])
    }
  })

  it('ends one for a server that never reads', async () => {
    const { port } = await listening((socket) => void socket.pause())
    const request = { ...get('POST'), body: Buffer.alloc(20_000_000) } as ReturnType<typeof get>
    const { outcome } = await run(optionsFor(port, { request, answerMs: 300 }))
    expect(outcome).toMatchObject({ ok: false, failure: { code: 'EAGAIN', phase: 'write' } })
    expect(outcome.ok ? '' : outcome.failure.message).toMatch(
      /is connected and took no more of the request for 300 ms$/,
    )
  })

  it('ends one for what is behind a 103, whose time is the waiting of the request', async () => {
    const port = await answering((socket) => void socket.write('HTTP/1.1 103 Early Hints\r\n\r\n'))
    const { outcome, events } = await run(optionsFor(port, { answerMs: 100 }))
    expect(exitCodeFor(outcome)).toBe(4)
    expect(ofType(events, 'informational')).toHaveLength(1)
    expect(ofType(events, 'timing')).toMatchObject([{ waitDoneMs: null, receiveMs: null }])
  })

  it('is no bound once it has begun, nor on an answer to another request', async () => {
    const port = await answering((socket) => {
      socket.write(OK)
      setTimeout(() => socket.write('ok'), 200)
    })
    const { outcome } = await run(optionsFor(port, { answerMs: 150, count: 2 }))
    expect(outcome, JSON.stringify(outcome)).toMatchObject({ ok: true, value: { responses: 2 } })
  })
})

describe('bytes that came before they were asked for', () => {
  it('are the answer, as far as they can be one', async () => {
    const { port } = await listening((socket) => void socket.end('SSH-2.0-x\r\n'))
    const { outcome, body } = await run(optionsFor(port))
    expect(outcome).toMatchObject({ ok: false, failure: { code: 'HTTP_HTTP_09' } })
    expect(body).toBe('SSH-2.0-x\r\n')
  })
})
