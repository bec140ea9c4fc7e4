import type { Writable } from 'node:stream'

/**
 * What to wait for when a stream of Node's takes no more for now: until there is room again, or it is gone. It is
 * listened to once, however often and by however many it is waited for.
 */
export function roomIn(stream: Writable): () => Promise<void> {
  let waiting: Promise<void> | null = null
  let wake = () => {}
  const tell = () => {
    waiting = null
    wake()
  }
  stream.on('drain', tell).on('close', tell)
  return () => {
    if (stream.destroyed) return Promise.resolve()
    waiting ??= new Promise((resolve) => {
      wake = resolve
    })
    return waiting
  }
}
