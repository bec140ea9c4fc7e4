import type { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { exitCodeFor } from '../../../../src/cli/exit-code.js'
import { CERTIFICATE } from '../../../helpers/certificate.js'
import { listening } from '../../../helpers/sockets.js'
import { TLS_VERSIONS, tlsListening } from '../../../helpers/tls-server.js'
import { get, ofType, optionsFor, run } from './run.js'

const ANSWER = 'HTTP/1.1 413 Content Too Large\r\nContent-Length: 5\r\nConnection: close\r\n\r\nlarge'
const post = (sizeBytes: number) =>
  ({ ...get('POST'), body: Buffer.alloc(sizeBytes, 'x') }) as ReturnType<typeof optionsFor>['request']

/** How a server that has answered leaves what it has not read: it closes (a reset), says FIN first, or stays. */
const LEAVES: Readonly<Record<string, (socket: Socket, raw: Socket) => void>> = {
  'and closes': (_, raw) => raw.destroy(),
  'and says FIN, then closes': (socket, raw) => socket.end(() => raw.destroy()),
  'and stays': () => {},
}
const SIZES = [1_000_000, 20_000_000]
const TRANSPORTS = ['plain', ...TLS_VERSIONS] as const

describe('a server that answers early and reads no further', () => {
  for (const transport of TRANSPORTS) {
    for (const [how, leave] of Object.entries(LEAVES)) {
      for (const sizeBytes of SIZES) {
        it(`${how}: its answer to ${sizeBytes} bytes counts (${transport})`, async () => {
          const serve = (socket: Socket, raw: Socket) => {
            raw.setNoDelay(true)
            socket.once('data', () => {
              socket.pause()
              socket.write(ANSWER, () => leave(socket, raw))
            })
          }
          const port =
            transport === 'plain'
              ? (await listening((socket) => serve(socket, socket))).port
              : await tlsListening({ version: transport }, serve)
          const tls = transport === 'plain' ? null : { ca: CERTIFICATE, servername: 'localhost' }
          const { outcome, body, events } = await run(optionsFor(port, { tls, request: post(sizeBytes) }))
          expect(outcome, JSON.stringify(outcome)).toMatchObject({ ok: true, value: { statusCode: 413 } })
          expect(exitCodeFor(outcome)).toBe(0)
          expect(body).toBe('large')
          const [untaken] = ofType(events, 'untaken')
          if (how === 'and stays' && sizeBytes === SIZES[0]) return // the system has taken all of it
          expect(untaken?.sizeBytes).toBeGreaterThan(sizeBytes)
          expect(untaken?.sentBytes).toBeLessThanOrEqual(untaken?.sizeBytes ?? 0)
          if (how === 'and stays') expect(untaken).toMatchObject({ code: null })
          else expect(['ECONNRESET', 'EPIPE']).toContain(untaken?.code)
        })
      }
    }
  }

  it('is no such thing where it took all, or where there was nothing to take', async () => {
    const { port } = await listening((socket) => {
      let heardBytes = 0
      socket.on('data', (chunk: Buffer) => {
        heardBytes += chunk.length
        if (heardBytes > 1_000_000 || chunk.toString('latin1').startsWith('GET')) socket.end(ANSWER)
      })
    })
    for (const request of [post(1_000_000), get()]) {
      const { outcome, events } = await run(optionsFor(port, { request }))
      expect(outcome).toMatchObject({ ok: true, value: { statusCode: 413 } })
      expect(ofType(events, 'untaken')).toEqual([])
    }
  })
})
