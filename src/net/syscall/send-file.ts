import { fstatSync } from 'node:fs'
import type { Socket } from 'node:net'
import { constants } from 'node:os'
import { descriptorOf } from '../stream/hooks.js'
import { importKoffi } from './koffi.js'
import { ARCHITECTURES } from './linux.js'

const { ECONNRESET } = constants.errno

/** A smaller file is on its way before koffi has been loaded. */
const WORTH_BYTES = 33_554_432
/** For each call, and for each turn of the event loop. */
const CALL_BYTES = 262_144
const TURN_BYTES = 2_097_152

/**
 * Has the system send from where the file stands, as far as the socket takes it at once, up to 2 MiB. That no more went
 * may be the end of the file or an error, which the next read and write will meet as well; all but a reset, which the
 * system tells once.
 */
export type FileSender = (socket: Socket) => { readonly sentBytes: number; readonly reset: Error | null }

/** sendfile(2) from an open file; null where there is none, or where it would not pay. Linux, with koffi. */
export async function fileSender(file: number): Promise<FileSender | null> {
  if (process.platform !== 'linux' || !ARCHITECTURES.includes(process.arch)) return null
  const stat = fstatSync(file)
  if (!stat.isFile() || stat.size < WORTH_BYTES) return null
  try {
    const koffi = await importKoffi()
    const sendfile = koffi.load(null).func('int64_t sendfile(int out, int in, int64_t *offset, size_t count)')
    return (socket) => {
      const out = descriptorOf(socket)
      let sentBytes = 0
      while (out !== null && sentBytes < TURN_BYTES) {
        const went = Number(sendfile(out, file, null, CALL_BYTES))
        if (went <= 0) return { sentBytes, reset: went < 0 && koffi.errno() === ECONNRESET ? resetError() : null }
        sentBytes += went
      }
      return { sentBytes, reset: null }
    }
  } catch {
    return null // koffi is optional: the bytes then go the way that all others go
  }
}

function resetError(): Error {
  return Object.assign(new Error('sendfile ECONNRESET'), {
    code: 'ECONNRESET',
    errno: -ECONNRESET,
    syscall: 'sendfile',
  })
}
