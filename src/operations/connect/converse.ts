import { deadlineFailure, type Failure, fromNodeError } from '../../core/failure.js'
import type { OperationContext } from '../../core/operation.js'
import { fail, type Outcome, ok } from '../../core/outcome.js'
import type { Channel, SessionEnd, SessionOptions } from '../../net/channel.js'
import { DatagramSession } from '../../net/datagram.js'
import { Session } from '../../net/session.js'
import { fileSender } from '../../net/syscall/send-file.js'
import { createCrlfEncoder } from '../../protocol/line-endings.js'
import { Expectations } from './expectations.js'
import { type FileSink, openFileSink } from './files.js'
import { open } from './open.js'
import { openDatagram } from './open-datagram.js'
import { Recording } from './recording.js'
import type { SessionMode, SessionSummary } from './session-types.js'
import { targetName } from './target.js'
import type { ConnectEvent, ConnectedEvent, HostPort, ReachOptions } from './types.js'
import { pause } from './wait.js'

/** After the last expectation was met: for the peer's FIN, which is a courtesy then. */
const FAREWELL_MS = 1000
/** After UDP answers: that no more come. */
const DATAGRAM_QUIET_MS = 1000

/**
 * One conversation from connect to close. Succeeds where both sides closed in order, or where all steps were taken;
 * fails for a reset, silence, an unmet expectation, and over UDP where nobody answered. The value is null where no
 * connection came about.
 */
export async function converse(
  target: HostPort,
  mode: SessionMode,
  reach: ReachOptions,
  context: OperationContext<ConnectEvent>,
): Promise<Outcome<SessionSummary>> {
  const started = performance.now()
  const elapsed = () => performance.now() - started
  const files: FileSink[] = []
  const openFile = (path: string | null, argument: string): FileSink | Failure | null => {
    const file = path === null ? null : openFileSink(path, argument)
    if (file === null) return null
    if ('failure' in file) return file.failure
    files.push(file)
    return file
  }
  const outputFile = openFile(mode.outputFile, '--output')
  if (outputFile && 'code' in outputFile) return fail(outputFile, elapsed())
  const recordFile = openFile(mode.recordFile, '--record')
  if (recordFile && 'code' in recordFile) return fail(recordFile, elapsed())

  const talk = (connected: ConnectedEvent, start: (options: SessionOptions) => Channel) => {
    context.emit(connected)
    const recording = recordFile && new Recording(recordFile)
    return new Talk({ target, mode, reach, context, output: outputFile ?? mode.output, recording, start }).run()
  }
  let end: SessionEnd
  if (mode.transport === 'udp') {
    const opened = await openDatagram(target, reach, context)
    if (!opened.ok) return fail(opened.failure, elapsed())
    const { socket, connected } = opened.value
    end = await talk(connected, (options) => new DatagramSession(socket, options))
  } else {
    const opened = await open(target, mode, reach, context)
    if (!opened.ok) return fail(opened.failure, elapsed())
    const { socket, connected } = opened.value
    end = await talk(connected, (options) => new Session(socket, options))
  }

  let { failure } = end
  for (const file of files) {
    await file.close().catch((error: unknown) => {
      failure ??= fromNodeError(error, 'write')
    })
  }
  const { bytesIn, bytesOut, reason, closedBy, closeNotify } = end
  const state =
    mode.transport === 'tcp' ? null : reason === 'refused' ? 'closed' : bytesIn > 0 ? 'open' : 'open|filtered'
  const summary: SessionSummary = { bytesIn, bytesOut, reason, closedBy, closeNotify, state }
  context.emit({ type: 'closed', ...summary, elapsedMs: end.elapsedMs })
  return failure ? fail(failure, elapsed(), summary) : ok(summary, elapsed())
}

interface TalkParts {
  readonly target: HostPort
  readonly mode: SessionMode
  readonly reach: ReachOptions
  readonly context: OperationContext<ConnectEvent>
  readonly output: SessionMode['output']
  readonly recording: Recording | null
  readonly start: (options: SessionOptions) => Channel
}

/** What is said over an open channel, by the steps or by the input. */
class Talk {
  readonly #parts: TalkParts
  readonly #channel: Channel
  readonly #expectations: Expectations | null
  readonly #encode: (bytes: Uint8Array) => Uint8Array
  /** How many have been received. */
  #pieces = 0
  #heard: () => void = () => {}
  /** The last step was an expectation, and it was met: how the peer leaves then changes nothing. */
  #allMet = false

  constructor(parts: TalkParts) {
    const { mode, target, context, start } = parts
    this.#parts = parts
    this.#expectations = mode.steps.some(({ kind }) => kind === 'expect') ? new Expectations() : null
    this.#encode = mode.crlf ? createCrlfEncoder() : (bytes) => bytes
    this.#channel = start({
      name: targetName(target),
      idleMs: mode.idleMs,
      deadline: context.deadline,
      signal: context.signal,
      received: (bytes) => this.#received(bytes),
    })
  }

  async run(): Promise<SessionEnd> {
    const { mode } = this.#parts
    const channel = this.#channel
    if (mode.endsWithPeer) void channel.peerEnded.then(() => channel.halfClose())
    const said = mode.steps.length > 0 ? this.#takeSteps() : this.#sendInput()
    // An input that is still waiting (a terminal) must not hold the end of the conversation.
    const end = await Promise.race([channel.ended, said.then(() => channel.ended)])
    return this.#allMet && end.reason === 'reset' ? { ...end, failure: null } : end
  }

  #received(bytes: Uint8Array): Promise<void> | undefined {
    const { context, output, recording } = this.#parts
    this.#pieces++
    this.#heard()
    context.emit({ type: 'data', direction: 'received', bytes })
    this.#expectations?.push(bytes)
    const written = output?.write(bytes)
    const recorded = recording?.write('received', bytes)
    if (!recorded) return written
    return Promise.all([written, recorded]).then(() => {})
  }

  #send(bytes: Uint8Array): Promise<void> | undefined {
    const { context, recording } = this.#parts
    const encoded = this.#encode(bytes)
    context.emit({ type: 'data', direction: 'sent', bytes: encoded })
    const recorded = recording?.write('sent', encoded)
    return recorded ? recorded.then(() => this.#channel.write(encoded)) : this.#channel.write(encoded)
  }

  async #sendInput(): Promise<void> {
    const channel = this.#channel
    const pieces = this.#parts.mode.input[Symbol.asyncIterator]()
    void channel.ended.then(() => pieces.return?.())
    try {
      const passOn = await this.#passedOn()
      for (let coming = pieces.next(); ; ) {
        const { done, value } = await coming
        if (channel.over) return
        if (done) break
        const sent = this.#send(value)
        if (passOn) {
          await sent
          passOn()
        }
        coming = pieces.next() // read while the peer takes its time
        if (sent) await sent
      }
    } catch (error) {
      const failed = fromNodeError(error, 'options')
      return channel.end('error', { ...failed, message: `what was to be sent cannot be read: ${failed.message}` })
    }
    channel.halfClose()
    if (this.#parts.mode.transport === 'udp') await this.#awaitAnswers()
  }

  /** What brings on a large file between two pieces of it without looking at it; null where it must be looked at. */
  async #passedOn(): Promise<(() => void) | null> {
    const { unseenFile, crlf, recordFile, tls } = this.#parts.mode
    const channel = this.#channel
    if (unseenFile === null || crlf || tls || recordFile !== null || !(channel instanceof Session)) return null
    const send = await fileSender(unseenFile)
    return send && (() => channel.sendFile(send))
  }

  async #takeSteps(): Promise<void> {
    const { mode, reach, context } = this.#parts
    const channel = this.#channel
    for (const step of mode.steps) {
      if (step.kind === 'send') await this.#send(step.bytes)
      else {
        const started = performance.now()
        const met = await this.#expectations?.wait(step.pattern, reach.timeoutMs, context.deadline, channel)
        if (met === null || met === undefined) return
        if (typeof met !== 'string') return channel.end('expectation', met)
        const elapsedMs = performance.now() - started
        context.emit({ type: 'match', pattern: step.pattern.source, text: met, elapsedMs })
      }
      if (channel.over) return
    }
    this.#allMet = mode.steps.at(-1)?.kind === 'expect'
    channel.halfClose()
    if (mode.transport === 'udp' && mode.steps.at(-1)?.kind === 'send') return this.#awaitAnswers()
    if (mode.steps.at(-1)?.kind === 'send') await this.#silence(reach.timeoutMs)
    else if (mode.transport === 'tcp') await this.#during(FAREWELL_MS)
    channel.end('done', null)
  }

  /** Over UDP only time can say that nobody answers, or that no more comes. */
  async #awaitAnswers(): Promise<void> {
    const { mode, reach, target } = this.#parts
    const channel = this.#channel
    if (this.#pieces === 0) await this.#during(mode.idleMs ?? reach.timeoutMs, this.#nextPiece())
    if (this.#pieces > 0) {
      await this.#silence(mode.idleMs ?? DATAGRAM_QUIET_MS)
      return channel.end('done', null)
    }
    const message = `no answer from ${targetName(target)} over UDP: open|filtered, silence does not say which`
    channel.end('idle', deadlineFailure('read', message))
  }

  /** Until nothing came for so long, or the channel is over. */
  async #silence(quietMs: number): Promise<void> {
    for (let before = -1; before !== this.#pieces && !this.#channel.over; ) {
      before = this.#pieces
      await this.#during(quietMs, this.#nextPiece())
    }
  }

  async #during(ms: number, sooner?: Promise<void>): Promise<void> {
    const waking = new AbortController()
    await Promise.race([pause(ms, waking.signal), this.#channel.ended, ...(sooner ? [sooner] : [])])
    waking.abort()
  }

  #nextPiece(): Promise<void> {
    return new Promise((resolve) => {
      this.#heard = resolve
    })
  }
}
