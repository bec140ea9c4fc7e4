import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { describe, expect, it } from 'vitest'
import { exitCodeFor } from '../../../../src/cli/exit-code.js'
import { CERTIFICATE } from '../../../helpers/certificate.js'
import { TLS_VERSIONS, type TlsVersion, tlsListening } from '../../../helpers/tls-server.js'
import { ofType, optionsFor, type Ran, run } from './run.js'

const OK = 'HTTP/1.1 200 OK\r\n'

/** @param answer ends the connection, in order or not */
async function ask(version: TlsVersion, answer: (socket: TLSSocket, raw: Socket) => void): Promise<Ran> {
  const port = await tlsListening({ version }, (socket, raw) => {
    socket.once('data', () => answer(socket, raw))
  })
  return run(optionsFor(port, { tls: { ca: CERTIFICATE, servername: 'localhost', alpn: ['http/1.1'] } }))
}

for (const version of TLS_VERSIONS) {
  describe(`raw-http over ${version}`, () => {
    it('takes a body that ends with close_notify as complete', async () => {
      const { outcome, body, events } = await ask(version, (socket) => void socket.end(`${OK}\r\nall of it`))
      expect(outcome.ok, JSON.stringify(outcome)).toBe(true)
      expect(body).toBe('all of it')
      expect(ofType(events, 'anomaly')).toEqual([])
      expect(ofType(events, 'closed')).toEqual([{ type: 'closed', closeNotify: true }])
    })

    it('takes one that ends without as cut off, naming the rule', async () => {
      const { outcome, body, events } = await ask(version, (socket, raw) => {
        socket.write(`${OK}\r\nhalf of`, () => raw.end())
      })
      expect(body).toBe('half of')
      expect(outcome).toMatchObject({ ok: false, failure: { code: 'HTTP_NO_CLOSE_NOTIFY', phase: 'protocol' } })
      expect(exitCodeFor(outcome)).toBe(7)
      expect(ofType(events, 'anomaly')).toMatchObject([{ rule: 'no-close-notify', section: 'RFC 9112 9.8' }])
      expect(ofType(events, 'end')).toMatchObject([{ verdict: 'incomplete', reason: 'no-close-notify' }])
      expect(ofType(events, 'closed')).toEqual([{ type: 'closed', closeNotify: false }])
    })

    it('does not ask for it where the length or the last chunk says that all is there', async () => {
      for (const message of ['Content-Length: 2\r\n\r\nok', 'Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n']) {
        const { outcome, body, events } = await ask(version, (socket, raw) => {
          socket.write(`${OK}${message}`, () => raw.end())
        })
        expect(outcome.ok, JSON.stringify(outcome)).toBe(true)
        expect(body).toBe('ok')
        expect(ofType(events, 'anomaly')).toEqual([])
        expect(ofType(events, 'closed')).toEqual([{ type: 'closed', closeNotify: false }])
      }
    })

    it('names the truncation, not the alert, where the length says that more was to come', async () => {
      const { outcome } = await ask(version, (socket, raw) => {
        socket.write(`${OK}Content-Length: 9\r\n\r\nhalf of`, () => raw.end())
      })
      expect(outcome).toMatchObject({ ok: false, failure: { code: 'HTTP_TRUNCATED_BODY' } })
    })

    it('takes one that is reset as that', async () => {
      const { outcome } = await ask(version, (socket, raw) => {
        socket.write(`${OK}\r\nhalf of`, () => raw.resetAndDestroy())
      })
      expect(outcome).toMatchObject({ ok: false, failure: { code: 'ECONNRESET', phase: 'read' } })
    })
  })
}
