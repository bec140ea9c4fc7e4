import { describe, expect, it } from 'vitest'
import { exitCodeFor } from '../../../../src/cli/exit-code.js'
import { listening } from '../../../helpers/sockets.js'
import { ofType, optionsFor, type Ran, run } from './run.js'

const FIRST = 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\none'
const SECOND = 'HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n3\r\ntwo\r\n0\r\n\r\n'
const request = (line: string, rest = '\r\n') => `${line} HTTP/1.1\r\nHost: a\r\n${rest}`
const TWO = `${request('GET /1')}${request('GET /2')}`

/** A server that hears all of `text` and then sends the pieces, the next once the one before has gone out. */
async function ask(text: string, pieces: readonly string[], more: Parameters<typeof optionsFor>[1] = {}): Promise<Ran> {
  const { port } = await listening((socket) => {
    socket.setNoDelay(true)
    let heard = ''
    socket.on('data', (chunk: Buffer) => {
      heard += chunk.toString('latin1')
      if (heard !== text) return
      heard = ''
      const send = (index: number): void => {
        const piece = pieces[index]
        if (piece === undefined) socket.end()
        else socket.write(piece, () => setImmediate(() => send(index + 1)))
      }
      send(0)
    })
  })
  return run(optionsFor(port, { request: { kind: 'bytes', bytes: Buffer.from(text, 'latin1') }, ...more }))
}

const answers = ({ events }: Ran) =>
  ofType(events, 'response').map(({ sequence, statusCode }) => `${sequence} ${statusCode}`)

describe('requests behind one another in one file', () => {
  it.each([
    ['at once', [FIRST + SECOND]],
    ['one after the other', [FIRST, SECOND]],
    ['cut anywhere', [FIRST.slice(0, 9), FIRST.slice(9) + SECOND.slice(0, 5), SECOND.slice(5, -2), SECOND.slice(-2)]],
    ['byte by byte', [...(FIRST + SECOND)]],
  ])('each get their answer, in order: %s', async (_, pieces) => {
    for (const wire of [false, true]) {
      const ran = await ask(TWO, pieces, { strict: true, wire })
      expect(ran.outcome, JSON.stringify(ran.outcome)).toMatchObject({
        ok: true,
        value: { requests: 2, responses: 2, connections: 1, bodyBytes: 6, statusCode: 404 },
      })
      expect(answers(ran)).toEqual(['1 200', '2 404'])
      expect(ofType(ran.events, 'request').map(({ target }) => target)).toEqual(['/1', '/2'])
      expect(ofType(ran.events, 'timing').map(({ sequence }) => sequence)).toEqual([1, 2])
      expect(ofType(ran.events, 'anomaly')).toEqual([])
      const of = (sequence: number, type: 'body' | 'wire') =>
        ofType(ran.events, type).flatMap((event) => (event.sequence === sequence ? [Buffer.from(event.bytes)] : []))
      const parts = [1, 2].map((sequence) => Buffer.concat(of(sequence, wire ? 'wire' : 'body')).toString())
      expect(parts).toEqual(wire ? [FIRST, SECOND] : ['one', 'two'])
      // What is told of the first is told before the second begins.
      const order = ran.events.flatMap((event) =>
        event.type === 'response' || event.type === 'end' || event.type === 'timing' ? [event.sequence] : [],
      )
      expect(order).toEqual([1, 1, 1, 2, 2, 2])
    }
  })

  it('are each read by their own method and body', async () => {
    const text = `${request('HEAD /')}${request('PUT /', 'Expect: 100-continue\r\nContent-Length: 2\r\n\r\nok')}${request('GET /')}`
    const ran = await ask(text, [
      'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n',
      'HTTP/1.1 100 Continue\r\n\r\n',
      FIRST,
      SECOND,
    ])
    expect(ran.outcome, JSON.stringify(ran.outcome)).toMatchObject({ ok: true, value: { responses: 3 } })
    expect(answers(ran)).toEqual(['1 200', '2 200', '3 404'])
    expect(ofType(ran.events, 'informational').map(({ sequence }) => sequence)).toEqual([2])
    expect(ran.body).toBe('onetwo')
  })

  it('are as many again where they are repeated', async () => {
    const ran = await ask(TWO, [FIRST + SECOND], { count: 2 })
    expect(ran.outcome).toMatchObject({ ok: true, value: { requests: 4, responses: 4 } })
    expect(answers(ran)).toEqual(['1 200', '2 404', '3 200', '4 404'])
  })

  it('end with the one that asks to close, and a second answer is one too many', async () => {
    const text = `${request('GET /1', 'Connection: close\r\n\r\n')}${request('GET /2')}`
    const ran = await ask(text, [FIRST, SECOND])
    expect(ran.outcome).toMatchObject({ ok: true, value: { requests: 1, responses: 1 } })
    expect(ofType(ran.events, 'anomaly').map(({ rule }) => rule)).toEqual(['bytes-after-end'])
    expect(Buffer.concat(ofType(ran.events, 'rest').map(({ bytes }) => bytes)).toString()).toBe(SECOND)
  })

  it('of which one is not answered are a failure, and the other is shown', async () => {
    for (const first of [FIRST, FIRST.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n')]) {
      const ran = await ask(TWO, [first])
      expect(ran.outcome).toMatchObject({
        ok: false,
        failure: { code: 'PARTIAL' },
        value: { requests: 2, responses: 1 },
      })
      expect(exitCodeFor(ran.outcome)).toBe(1)
      expect(ran.body).toBe('one')
      expect(ofType(ran.events, 'anomaly')).toMatchObject([{ sequence: 2, rule: 'no-response' }])
      expect(ofType(ran.events, 'end').map(({ sequence, verdict }) => `${sequence} ${verdict}`)).toEqual([
        '1 complete',
        '2 incomplete',
      ])
    }
  })

  it('behind an answer that cannot be decoded are not answered, and what came is shown', async () => {
    const ran = await ask(TWO, ['HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\none', SECOND])
    expect(ran.outcome).toMatchObject({ ok: false, value: { requests: 2, responses: 1 } })
    const undecoded = ofType(ran.events, 'undecoded')
    expect(undecoded.every(({ sequence }) => sequence === 1)).toBe(true)
    expect(Buffer.concat(undecoded.map(({ bytes }) => bytes)).toString()).toBe(`one${SECOND}`)
  })
})
