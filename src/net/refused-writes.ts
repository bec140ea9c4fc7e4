import { writeSync } from 'node:fs'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { descriptorOf } from './socket-descriptor.js'
import { unacknowledgedBytes } from './unacknowledged.js'

const NOTHING = new Uint8Array()
const FIRST_PAUSE_MS = 1
/** Of the time waited so far: what can be known is known hardly later. */
const PAUSE_SHARE = 0.1
const LONGEST_PAUSE_MS = 100
/** A FIN is acknowledged as if it were one byte (RFC 9293 3.4). */
const FIN_BYTES = 1
const REFUSALS = ['EPIPE', 'ECONNRESET']
/** There EPIPE says that we said FIN, and no more. */
const BEHIND_FIN = ['ECONNRESET']

export interface RefusalWatch {
  /** To be called at the peer's end, where no reset was behind it. */
  peerEnded(): void
  /** Nobody wants to know any more: what is waited for is given up. */
  giveUp(): void
}

/**
 * Tells of data that a peer refused which had closed before: its system answers it with a reset. Behind the peer's FIN
 * no read shows that, nor does shutdown(2), whose ENOTCONN Node keeps to itself. A write of nothing does: EPIPE before
 * our FIN, ECONNRESET behind it (tcp(7) of Linux). Asked at the peer's end, before our FIN, and when both are done,
 * where 'close' waits for what is still on its way as long as `patienceMs` never pass without an acknowledgement. A
 * reset behind data that was acknowledged takes nothing away, and is not told.
 *
 * Over TLS such a reset is the rule: it is the answer to our closure alert where the peer has left. Behind the peer's
 * end the alert therefore waits until what was said before it is acknowledged or refused.
 * @param stream what is written to: the connection `raw` itself, or TLS over it
 * @returns null for what cannot be asked: Unix sockets, which show it to a read, and Windows
 */
export function watchForRefusal(
  stream: Socket,
  raw: Socket,
  patienceMs: number,
  refused: (error: Error) => void,
): RefusalWatch | null {
  if (raw.localPort === undefined || descriptorOf(raw) === null) return null
  const overTls = stream !== raw
  let isWanted = true
  const ask = (question: Pick<Question, 'behindBytes' | 'presumed' | 'tells'>) =>
    refusalOf(raw, { ...question, patienceMs, isWanted: () => isWanted })
  let acknowledgedBytes = 0
  const atRisk = () => stream.bytesWritten > acknowledgedBytes
  /** How much the connection was given before the closure alert. */
  let saidBytes = 0
  const { _final } = stream
  // This and _destroy are documented hooks of a stream; the socket's own do the work.
  stream._final = (done) => {
    const end = (error: Error | null) => {
      if (error) refused(error)
      saidBytes = raw.bytesWritten
      _final.call(stream, done)
    }
    const error = atRisk() ? errorOfWrite(raw) : null
    if (error || !overTls || !stream.readableEnded || !atRisk()) return end(error)
    void ask({ behindBytes: 0, presumed: true, tells: REFUSALS }).then((late) => {
      acknowledgedBytes = stream.bytesWritten // or told: the alert's own fate is none of ours
      end(late)
    })
  }
  let settled: Promise<void> | undefined
  const settle = async () => {
    const behindBytes = raw.bytesWritten - saidBytes + FIN_BYTES
    const error = await ask({ behindBytes, presumed: !overTls, tells: BEHIND_FIN })
    if (error) refused(error)
  }
  // What TLS runs over would else be closed, and could not be asked, while TLS waits for its reader.
  for (const each of new Set([stream, raw])) {
    const { _destroy } = each
    each._destroy = (error, done) => {
      const inOrder = error === null && each.readableEnded && each.writableFinished
      if (!inOrder || !atRisk()) return _destroy.call(each, error, done)
      each.setTimeout(0) // nobody is silent any more
      settled ??= settle()
      void settled.then(() => _destroy.call(each, null, done))
    }
  }
  return {
    peerEnded() {
      if (stream.writableEnded || !atRisk()) return
      const error = errorOfWrite(raw)
      if (error) return refused(error)
      const queued = patienceMs > 0 ? (unacknowledgedBytes(raw) ?? 0) : 0
      acknowledgedBytes = stream.bytesWritten - stream.writableLength - queued
    },
    giveUp() {
      isWanted = false
    },
  }
}

interface Question {
  readonly patienceMs: number
  /** At the end of what was sent: not what the question is about. */
  readonly behindBytes: number
  /** Whether a reset is taken for a refusal where nothing is known of acknowledgements. */
  readonly presumed: boolean
  readonly tells: readonly (string | undefined)[]
  readonly isWanted: () => boolean
}

/** The reset that met what was on its way, or null once all of it was acknowledged, or as far as one can wait. */
async function refusalOf(raw: Socket, question: Question): Promise<Error | null> {
  const { patienceMs, behindBytes, presumed, tells, isWanted } = question
  const started = performance.now()
  let onItsWay = presumed
  let leastBytes = Number.POSITIVE_INFINITY
  for (let until = started + patienceMs; ; ) {
    const left = patienceMs > 0 ? unacknowledgedBytes(raw) : null
    if (left !== null) onItsWay = left > behindBytes
    const error: NodeJS.ErrnoException | null = errorOfWrite(raw) ?? raw.errored
    if (onItsWay && error && tells.includes(error.code)) return error
    const now = performance.now()
    if (left === null || !onItsWay || now >= until || !isWanted()) return null
    if (left < leastBytes) until = now + patienceMs
    leastBytes = left
    await sleep(Math.min(Math.max(FIRST_PAUSE_MS, (now - started) * PAUSE_SHARE), LONGEST_PAUSE_MS))
  }
}

/** What the kernel has kept for whoever writes next; sends nothing where all is well. */
function errorOfWrite(socket: Socket): NodeJS.ErrnoException | null {
  const fd = descriptorOf(socket)
  if (fd === null) return null
  try {
    writeSync(fd, NOTHING)
    return null
  } catch (error) {
    const { code, errno } = error as NodeJS.ErrnoException
    if (!code || !REFUSALS.includes(code)) return null
    return Object.assign(new Error(`write ${code}`), { code, errno, syscall: 'write' })
  }
}
