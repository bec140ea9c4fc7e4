import { createServer } from 'node:net'
import { formatEndpoint } from '../../core/address/endpoint.js'
import type { Failure } from '../../core/failure.js'
import { fromBindError } from '../listen/bind-failure.js'
import type { ResolvedAddress } from './lookup.js'

/**
 * Whether this machine lets us send from an address, or from any, and a port, or from any: bind(2) to it. Resolves to
 * null, or to why not.
 */
export function checkSource(source: ResolvedAddress | undefined, port = 0): Promise<Failure | null> {
  const address = source?.address ?? null
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error) => {
      const failed = fromBindError(error, { endpoint: { host: null, address, port: port || null, path: null } })
      const from = address === null ? `port ${port}` : port === 0 ? address : formatEndpoint(address, port)
      resolve({ ...failed, message: `cannot send from ${from}: ${failed.message}` })
    })
    server.listen({ port, ...(address !== null && { host: address }) }, () => server.close(() => resolve(null)))
  })
}
