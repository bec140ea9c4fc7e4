import { describe, expect, it } from 'vitest'
import { exitCodeFor } from '../../../../src/cli/exit-code.js'
import { CERTIFICATE, PRIVATE_KEY } from '../../../helpers/certificate.js'
import { TLS_VERSIONS, type TlsVersion, tlsListening } from '../../../helpers/tls-server.js'
import { get, ofType, optionsFor, type Ran, run } from './run.js'

/** Tells in a header which name was asked for, and in another who asked. */
function server(version: TlsVersion, ca?: string): Promise<number> {
  return tlsListening({ version, ...(ca !== undefined && { ca }) }, (socket) => {
    socket.once('data', () => {
      const name = 'servername' in socket && typeof socket.servername === 'string' ? socket.servername : 'none'
      const { subject } = socket.getPeerCertificate()
      socket.end(`HTTP/1.1 204 No Content\r\nName: ${name}\r\nClient: ${subject?.CN ?? 'none'}\r\n\r\n`)
    })
  })
}

const header = ({ events }: Ran, name: string) =>
  ofType(events, 'response')[0]?.headers.find(([each]) => each === name)?.[1]

describe('raw-http and the name of a TLS server', () => {
  it('asks an address for another name, verifies that one, and says Host as it was told', async () => {
    const port = await server('TLSv1.3')
    const defaults = { host: 'elsewhere.test', userAgent: 'netkit' }
    const request = { ...get(), defaults } as ReturnType<typeof get>
    const ran = await run(optionsFor(port, { request, tls: { ca: CERTIFICATE, servername: 'localhost' } }))
    expect(ran.outcome.ok, JSON.stringify(ran.outcome)).toBe(true)
    expect(header(ran, 'Name')).toBe('localhost')
    const [{ bytes } = { bytes: new Uint8Array() }] = ofType(ran.events, 'request')
    expect(Buffer.from(bytes).toString()).toContain('Host: elsewhere.test\r\n')
  })

  it('refuses a certificate for another name, and goes on where told to, saying why', async () => {
    const port = await server('TLSv1.3')
    const tls = { ca: CERTIFICATE, servername: 'elsewhere.test' }
    const refused = await run(optionsFor(port, { tls }))
    expect(refused.outcome).toMatchObject({ ok: false, failure: { code: 'ERR_TLS_CERT_ALTNAME_INVALID' } })
    expect(exitCodeFor(refused.outcome)).toBe(6)
    const insecure = await run(optionsFor(port, { tls: { ...tls, insecure: true } }))
    expect(insecure.outcome.ok).toBe(true)
    expect(header(insecure, 'Name')).toBe('elsewhere.test')
    expect(ofType(insecure.events, 'connected')).toMatchObject([
      { tls: { authorized: false, authorizationError: 'ERR_TLS_CERT_ALTNAME_INVALID' } },
    ])
  })
})

for (const version of TLS_VERSIONS)
  it(`raw-http shows a client certificate over ${version}, and fails where one is wanted and there is none`, async () => {
    const port = await server(version, CERTIFICATE)
    const tls = { ca: CERTIFICATE, servername: 'localhost' }
    const known = await run(optionsFor(port, { tls: { ...tls, cert: CERTIFICATE, key: PRIVATE_KEY } }))
    expect(known.outcome.ok, JSON.stringify(known.outcome)).toBe(true)
    expect(header(known, 'Client')).toBe('localhost')
    const unknown = await run(optionsFor(port, { tls }))
    expect(unknown.outcome.ok).toBe(false)
    expect(exitCodeFor(unknown.outcome)).not.toBe(0)
  })

describe('raw-http and a server that chooses HTTP/2, which was offered to it', () => {
  const tls = { ca: CERTIFICATE, servername: 'localhost', alpn: ['h2', 'http/1.1'] }

  it('sends nothing, and says that we offered it', async () => {
    let heardBytes = 0
    let tellClosed = () => {}
    const closed = new Promise<void>((resolve) => {
      tellClosed = resolve
    })
    const port = await tlsListening({ version: 'TLSv1.3', alpn: ['h2'] }, (socket) => {
      socket.on('data', (bytes) => {
        heardBytes += bytes.length
      })
      socket.on('close', () => tellClosed())
      socket.on('end', () => socket.end())
    })
    const { outcome, events } = await run(optionsFor(port, { tls }))
    await closed
    expect(heardBytes).toBe(0)
    expect(ofType(events, 'request')).toEqual([])
    expect(outcome).toMatchObject({
      ok: false,
      failure: { code: 'ALPN_NOT_HTTP1', origin: 'expectation', phase: 'tls', advice: 'alpn' },
    })
    expect(exitCodeFor(outcome)).toBe(1)
  })

  it('sends bytes that were given as they are', async () => {
    const port = await tlsListening({ version: 'TLSv1.3', alpn: ['h2'] }, (socket) => {
      socket.once('data', () => socket.end(Buffer.from([0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 100])))
    })
    const bytes = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
    const { outcome } = await run(optionsFor(port, { tls, request: { kind: 'bytes', bytes } }))
    expect(outcome).toMatchObject({ ok: false, failure: { code: 'HTTP_HTTP_09' } })
    expect(outcome).toMatchObject({ failure: { message: expect.stringContaining('the SETTINGS of HTTP/2 came') } })
  })

  it('asks one that chooses HTTP/1.1', async () => {
    const port = await tlsListening({ version: 'TLSv1.3', alpn: ['http/1.1'] }, (socket) => {
      socket.once('data', () => socket.end('HTTP/1.1 204 No Content\r\n\r\n'))
    })
    expect((await run(optionsFor(port, { tls }))).outcome.ok).toBe(true)
  })
})
