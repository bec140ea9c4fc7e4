import { lstat, unlink } from 'node:fs/promises'
import { connect } from 'node:net'
import { type Failure, failure } from '../../core/failure.js'
import { type Hinted, hint } from '../../core/hint.js'
import { bindFailure } from './bind-failure.js'

/** Longest path that fits sun_path with its NUL on every system that Node runs on (unix(7); macOS has 104). */
export const MAX_PATH_BYTES = process.platform === 'linux' ? 107 : 103

/**
 * Makes sure that a Unix socket can be bound at `path`: null where it can. A stale socket, which refuses connections,
 * is removed with `force` and a failure without; a live socket, and anything that is not a socket, always is one.
 */
export async function clearStaleSocket(path: string, force: boolean): Promise<Failure | null> {
  const endpoint = { host: null, address: null, port: null, path }
  const refuse = (code: string, why: string, hinted: Hinted) =>
    failure({
      phase: 'bind',
      origin: 'os',
      code,
      syscall: 'bind',
      endpoint,
      message: `cannot listen on unix:${path}: ${why}`,
      ...hinted,
    })
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) {
    return refuse(
      'ENAMETOOLONG',
      `the path of a Unix socket has at most ${MAX_PATH_BYTES} bytes here`,
      hint('choose a shorter path'),
    )
  }
  const found = await lstat(path).catch((error: NodeJS.ErrnoException) => error)
  if (found instanceof Error) {
    if (found.code === 'ENOENT' || found.code === 'ENOTDIR') return null // bind(2) itself tells the rest
    return bindFailure(found, endpoint, 'tcp')
  }
  if (!found.isSocket())
    return refuse('EEXIST', 'there is a file of that name, and it is no socket', hint('choose another path'))
  if (await isAnswered(path)) return refuse('EADDRINUSE', 'somebody listens there', hint('choose another path'))
  if (!force)
    return refuse(
      'EADDRINUSE',
      'a stale socket is in the way',
      hint('nobody listens there: remove it', 'remove-socket'),
    )
  try {
    await unlink(path)
    return null
  } catch (error) {
    return bindFailure(error, endpoint, 'tcp')
  }
}

/** Only a refusal proves that nobody listens; a full queue (EAGAIN) or a forbidden socket may well be alive. */
function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path })
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', (error: NodeJS.ErrnoException) =>
      resolve(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT'),
    )
  })
}
