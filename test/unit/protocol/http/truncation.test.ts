import { describe, expect, it } from 'vitest'
import type { EndReason } from '../../../../src/protocol/http/events.js'
import { ResponseDecoder } from '../../../../src/protocol/http/response/decoder.js'
import { bytes, decode, ends, rules } from './decoded.js'
import { CHUNKED_HEAD, head, LENGTH_5 } from './table/row.js'

const HELLO = `${head('200 OK', LENGTH_5)}hello`

describe('truncation', () => {
  const delimited: [name: string, wire: string, method: string][] = [
    ['length', HELLO, 'GET'],
    ['chunked with trailers', `${CHUNKED_HEAD}5;a="b"\r\nhello\r\n1\r\n!\r\n0\r\nA: b\r\n\r\n`, 'GET'],
    ['interim responses', `${head('100 Continue')}${head('103 Early Hints', 'Link: </>')}${HELLO}`, 'GET'],
    ['HEAD', head('200 OK', LENGTH_5), 'HEAD'],
    ['204', head('204 No Content'), 'GET'],
    ['304', head('304 Not Modified', 'ETag: "x"'), 'GET'],
    ['101', head('101 Switching Protocols', 'Upgrade: x'), 'GET'],
    ['CONNECT', head('200 OK'), 'CONNECT'],
    ['HTTP/1.0', `HTTP/1.0 200 OK\r\n${LENGTH_5}\r\n\r\nhello`, 'GET'],
  ]
  const reasons: EndReason[] = ['fin', 'no-close-notify', 'reset', 'timeout', 'abort']

  it.each(delimited)(
    '%s: complete when whole, incomplete when cut at any byte, whatever ended it',
    (_, wire, method) => {
      const whole = bytes(wire)
      for (const reason of reasons) {
        expect(decode([whole], method, reason).result).toBe('ok')
        for (let size = 0; size < whole.length; size++) {
          expect([size, decode([whole.subarray(0, size)], method, reason).result]).toEqual([size, 'incomplete'])
        }
      }
    },
  )

  it('read to the close: complete on FIN once the head is there, never otherwise', () => {
    const wire = bytes(`${head('200 OK')}hello`)
    const headBytes = head('200 OK').length
    for (const reason of reasons) {
      for (let size = 0; size <= wire.length; size++) {
        const complete = reason === 'fin' && size >= headBytes
        const { result } = decode([wire.subarray(0, size)], 'GET', reason)
        expect([reason, size, result]).toEqual([reason, size, complete ? 'ok' : 'incomplete'])
      }
    }
  })

  it.each<[EndReason, string[]]>([
    ['fin', ['truncated-body']],
    ['no-close-notify', ['truncated-body']],
    ['reset', []],
    ['timeout', []],
    ['abort', []],
  ])('%s: an anomaly only where the peer itself closed', (reason, expected) => {
    const decoder = new ResponseDecoder()
    decoder.expect({ method: 'GET' })
    decoder.push(bytes(HELLO.slice(0, -2)))
    const events = decoder.end(reason)
    expect(rules(events)).toEqual(expected)
    expect(ends(events)).toMatchObject([{ verdict: 'incomplete', stage: 'body', reason, bodyBytes: 3 }])
  })

  it('says by how much a body is short', () => {
    const decoder = new ResponseDecoder()
    decoder.expect({ method: 'GET' })
    decoder.push(bytes(HELLO.slice(0, -2)))
    expect(decoder.end('fin')[0]).toMatchObject({ anomaly: { text: expect.stringContaining('3 of 5 bytes') } })
  })

  it('wants the closure alert of TLS where only the close ends the body', () => {
    const decoder = new ResponseDecoder()
    decoder.expect({ method: 'GET' })
    decoder.push(bytes(head('200 OK')))
    expect(rules(decoder.end('no-close-notify'))).toEqual(['no-close-notify'])
  })
})
