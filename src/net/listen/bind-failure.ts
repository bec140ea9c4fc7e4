import { closeSync, existsSync, openSync, unlinkSync } from 'node:fs'
import { dirname } from 'node:path'
import { type Endpoint, formatEndpoint } from '../../core/address/endpoint.js'
import { type Failure, failure, fromFileError, fromNodeError } from '../../core/failure.js'
import { hint } from '../../core/hint.js'
import { type PortProtocol, whoHolds } from './port-holder.js'

/** Of socket(2): there was nothing to bind yet. */
const NO_SOCKET: readonly string[] = ['EMFILE', 'ENFILE', 'EAFNOSUPPORT', 'EPROTONOSUPPORT']

/** bind(2) or listen(2) said no: what was asked for, who is in the way, and what would do. */
export function bindFailure(error: unknown, endpoint: Endpoint, transport: PortProtocol): Failure {
  const { address, port, path } = endpoint
  if (path !== null) return pathFailure(error, path, endpoint)
  const base = fromBindError(error, { endpoint, origin: 'os' })
  const message = `cannot listen on ${formatEndpoint(address ?? '', port ?? 0)}: ${base.message}`
  if (base.code === 'EADDRINUSE' && port !== null) {
    const holder = whoHolds(transport, address ?? '', port)
    if (holder === null)
      return { ...base, message, ...hint('another program listens there: choose another port, or 0 for a free one') }
    const name = holder.name === null ? 'a process that this user may not see' : `${holder.name} (pid ${holder.pid})`
    return {
      ...base,
      message: `${message}; ${name} holds it`,
      ...hint('end it, choose another port, or 0 for a free one'),
    }
  }
  if (base.code === 'EACCES' && port !== null && port < 1024) {
    const text = `ports below 1024 need privilege: choose a higher port, or allow it (setcap cap_net_bind_service=+ep on the node binary, or sysctl net.ipv4.ip_unprivileged_port_start=${port})`
    return { ...base, message, ...hint(text) }
  }
  return { ...base, message }
}

/** The general words for EACCES speak of ports. */
function pathFailure(error: unknown, path: string, endpoint: Endpoint): Failure {
  const base = fromFileError(trueErrno(error, path), `cannot listen on unix:${path}`, { endpoint, origin: 'os' })
  const barren = base.code === 'ENOENT' && existsSync(dirname(path))
  const hinted = barren ? hint('nothing can be made in that folder: choose another') : {}
  return { ...base, phase: 'bind', syscall: callThatFailed(base), ...hinted }
}

/** What Node's `listen` or `bind` failed with, under the name of the call that did. */
export function fromBindError(error: unknown, more: Partial<Failure>): Failure {
  const base = fromNodeError(error, 'bind', more)
  return { ...base, syscall: callThatFailed(base) }
}

/**
 * Node says `listen` for socket(2), bind(2) and listen(2) alike. listen(2) itself fails only with EADDRINUSE, and only
 * where somebody else begins to listen between our two calls: that cannot be told apart, and is bind's reason as well.
 */
function callThatFailed({ syscall, code }: Failure): string | null {
  if (syscall !== 'listen') return syscall
  return NO_SOCKET.includes(code) ? 'socket' : 'bind'
}

/** libuv makes EACCES of bind(2)'s ENOENT, as Windows has it; making a file there tells the two apart. */
function trueErrno(error: unknown, path: string): unknown {
  const { code, syscall } = error as NodeJS.ErrnoException
  if (code !== 'EACCES') return error
  try {
    closeSync(openSync(path, 'wx'))
    unlinkSync(path)
    return error // sockets alone are forbidden there
  } catch (found) {
    if ((found as NodeJS.ErrnoException).code !== 'ENOENT') return error
    return Object.assign(new Error('ENOENT', { cause: error }), { code: 'ENOENT', syscall })
  }
}

/** ENOTSUP where this Node cannot set SO_REUSEPORT: it came with 22.12 and 23.1. */
export function checkReusePort(endpoint: Endpoint, version = process.versions.node): Failure | null {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major > 23 || (major === 23 && minor >= 1) || (major === 22 && minor >= 12)) return null
  return failure({
    phase: 'bind',
    origin: 'os',
    code: 'ENOTSUP',
    endpoint,
    message: `this Node (${version}) cannot share a port: SO_REUSEPORT needs Node 22.12, or 23.1 and later`,
    ...hint('run netkit with a newer Node, or share no port', 'own-port'),
  })
}
