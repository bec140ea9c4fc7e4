import { createServer } from 'node:net'
import { type Failure, fromNodeError } from '../core/failure.js'
import type { ResolvedAddress } from './lookup.js'

/** Whether an address is one of this machine's: bind(2) to it with any port. Resolves to null, or to why not. */
export function checkSource({ address }: ResolvedAddress): Promise<Failure | null> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error) => {
      const failed = fromNodeError(error, 'bind', { endpoint: { host: null, address, port: null, path: null } })
      resolve({ ...failed, message: `cannot send from ${address}: ${failed.message}` })
    })
    server.listen(0, address, () => server.close(() => resolve(null)))
  })
}
