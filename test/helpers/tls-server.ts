import type { Socket } from 'node:net'
import { createServer, type TLSSocket } from 'node:tls'
import { CERTIFICATE, PRIVATE_KEY } from './certificate.js'
import { listening } from './sockets.js'

export const TLS_VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const
export type TlsVersion = (typeof TLS_VERSIONS)[number]

/**
 * A TLS server on a free port of loopback, whose connections can be cut below TLS: `raw`.
 * @param ca PEM: demands a certificate that it signed
 * @param alpn what it offers
 */
export async function tlsListening(
  { version, ca, alpn }: { version: TlsVersion; ca?: string; alpn?: string[] },
  accept: (socket: TLSSocket, raw: Socket) => void,
): Promise<number> {
  const raws: Socket[] = []
  const server = createServer({
    ...{ cert: CERTIFICATE, key: PRIVATE_KEY, minVersion: version, maxVersion: version, allowHalfOpen: true },
    ...(alpn !== undefined && { ALPNProtocols: alpn }),
    ...(ca !== undefined && { ca, requestCert: true, rejectUnauthorized: true }),
  })
  server.on('secureConnection', (socket) => {
    socket.on('error', () => {})
    const raw = raws.find(({ remotePort }) => remotePort === socket.remotePort)
    if (raw) accept(socket, raw)
  })
  server.on('tlsClientError', () => {}) // clients that are refused are part of the tests
  const { port } = await listening((raw) => {
    raws.push(raw)
    server.emit('connection', raw)
  })
  return port
}
