import { pause } from '../../../core/settle.js'
import { UsageError } from '../../../core/usage-error.js'
import type { Responder } from '../responder.js'
import type { ReplayChunk } from '../types.js'

/** Plays the part of the peer in a recorded conversation: each chunk when it came, counted from the start. */
export function createReplay(chunks: readonly ReplayChunk[]): Responder {
  return {
    async serve(peer) {
      const started = performance.now()
      const play = async () => {
        for (const { atMs, bytes } of chunks) {
          const left = atMs - (performance.now() - started)
          if (left > 0) await pause(left, peer.signal) // looked at just below
          if (peer.signal.aborted || !(await peer.send(bytes))) return
        }
        peer.end()
      }
      const playing = play()
      for await (const _ of peer.received()) {
        // what this peer says changes nothing
      }
      await playing
    },
  }
}

/**
 * Reads what `connect --record` writes: JSON Lines with `atMs`, `direction` and `data` or `dataBase64`. Only what was
 * received is kept. `file` names it in messages. Throws UsageError that names file and line.
 */
export function parseRecording(text: string, argument: string, file: string): ReplayChunk[] {
  return text.split('\n').flatMap((line, index) => {
    if (line.trim() === '') return []
    const chunk = readChunk(line)
    if (chunk === null) {
      throw new UsageError(
        `${argument}: ${file}:${index + 1} is not {"atMs":MS,"direction":"sent"|"received","data":TEXT or "dataBase64":BASE64}`,
        argument,
      )
    }
    return chunk.direction === 'received' ? [{ atMs: chunk.atMs, bytes: chunk.bytes }] : []
  })
}

function readChunk(line: string): (ReplayChunk & { direction: 'sent' | 'received' }) | null {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return null
  }
  if (typeof value !== 'object' || value === null) return null
  const { atMs, direction, data, dataBase64 } = value as Record<string, unknown>
  if (typeof atMs !== 'number' || !(atMs >= 0) || (direction !== 'sent' && direction !== 'received')) return null
  if (typeof data === 'string') return { atMs, direction, bytes: Buffer.from(data) }
  if (typeof dataBase64 !== 'string' || !/^[A-Za-z0-9+/]*={0,2}$/.test(dataBase64)) return null
  return { atMs, direction, bytes: Buffer.from(dataBase64, 'base64') }
}
