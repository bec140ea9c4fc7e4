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
