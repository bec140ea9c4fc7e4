import { deadlineFailure, type Failure, fromFileError } from '../../core/failure.js'
import { hint, SILENT_DATAGRAMS } from '../../core/hint.js'
import type { OperationContext } from '../../core/operation.js'
import { pause } from '../../core/settle.js'
import type { Channel, ConversationEnd, ConversationOptions } from '../../net/stream/channel.js'
import { IdleWatch } from '../../net/stream/idle-watch.js'
import { Stream } from '../../net/stream/stream.js'
import { fileSender } from '../../net/syscall/send-file.js'
import { createCrlfEncoder } from '../../protocol/line-endings.js'
import type { OutputFile } from '../shared/output-file.js'
import { TextExpectations } from './expectations.js'
import type { Recording } from './recording.js'
import type { SessionMode } from './session-types.js'
import { targetName } from './target.js'
import type { ConnectEvent, ConnectReachOptions, HostPort } from './types.js'

/** How long a peer may take to begin its answer, in milliseconds, before we say that we are done. */
const LINGER_MS = 2000
/** Hardly a question that waits for an answer is longer. */
const ONE_WAY_BYTES = 1_048_576
const OPENING_BYTES = 4096
/** The request line of HTTP (RFC 9112 section 3), whose answer may take its time. */
const REQUEST = /^(?:[A-Z]{1,20} \S+ HTTP\/1\.\d|GET \/\S*)\r?\n/
const NEVER = new Promise<void>(() => {})
/** After the last expectation was met: for the peer's FIN, which is a courtesy then. */
const FAREWELL_MS = 1000
/** After UDP answers: that no more come. */
const DATAGRAM_QUIET_MS = 1000

interface TalkParts {
  readonly target: HostPort
  readonly mode: SessionMode
  readonly reach: ConnectReachOptions
  readonly context: OperationContext<ConnectEvent>
  /** Takes what comes instead of the mode's output. */
  readonly output: OutputFile | null
  readonly recording: Recording | null
  readonly start: (options: ConversationOptions) => Channel
}

/** What is said over an open channel, by the steps or by the input. */
export class Talk {
  readonly #parts: TalkParts
  readonly #channel: Channel
  readonly #expectations: TextExpectations | null
  readonly #encode: (bytes: Uint8Array) => Uint8Array
  /** How many have been received. */
  #pieces = 0
  #heard: () => void = () => {}
  #spoke = false
  /** How what was said began. */
  #opening = Buffer.alloc(0)
  #peerEnded = false
  /** Of the pieces, those that came before what was sent last: none of them answers it. */
  #heardBefore = 0
  /** The last step was an expectation, and it was met: how the peer leaves then changes nothing. */
  #allMet = false

  constructor(parts: TalkParts) {
    const { mode, target, context, start } = parts
    this.#parts = parts
    this.#expectations = mode.steps.some(({ kind }) => kind === 'expect') ? new TextExpectations() : null
    this.#encode = mode.crlf ? createCrlfEncoder() : (bytes) => bytes
    this.#channel = start({
      name: targetName(target),
      idleMs: mode.idleMs,
      deadline: context.deadline,
      signal: context.signal,
      received: (bytes) => this.#received(bytes),
    })
  }

  /** Whether anything was sent, be it an empty datagram. */
  get spoke(): boolean {
    return this.#spoke
  }

  async run(): Promise<ConversationEnd> {
    const { mode } = this.#parts
    const channel = this.#channel
    const { direction = 'both', halfClose = 'auto' } = mode
    void channel.peerEnded.then(() => {
      this.#peerEnded = true
      mode.output?.end?.()
      if (mode.endsWithPeer || direction === 'receive' || halfClose === 'never') channel.halfClose()
    })
    const said = mode.steps.length > 0 ? this.#takeSteps() : direction === 'receive' ? NEVER : this.#sendInput()
    // An input that is still waiting (a terminal) must not hold the end of the conversation.
    const end = await Promise.race([channel.ended, said.then(() => channel.ended)])
    return this.#allMet && end.reason === 'reset' ? { ...end, failure: null } : end
  }

  #received(bytes: Uint8Array): Promise<void> | undefined {
    const { context, mode, output, recording } = this.#parts
    if (mode.direction === 'send') return undefined
    this.#pieces++
    this.#heard()
    context.emit({ type: 'data', direction: 'received', bytes })
    this.#expectations?.push(bytes)
    const written = output ? this.#kept(output.write(bytes)) : mode.output?.write(bytes)
    if (!recording) return written
    return Promise.all([written, this.#kept(recording.write('received', bytes))]).then(() => {})
  }

  #send(bytes: Uint8Array): Promise<void> | undefined {
    const { context, recording } = this.#parts
    const encoded = this.#encode(bytes)
    this.#spoke = true
    this.#heardBefore = this.#pieces
    if (this.#opening.length < OPENING_BYTES)
      this.#opening = Buffer.concat([this.#opening, encoded.subarray(0, OPENING_BYTES)])
    context.emit({ type: 'data', direction: 'sent', bytes: encoded })
    if (!recording) return this.#channel.write(encoded)
    return this.#kept(recording.write('sent', encoded)).then(() => this.#channel.write(encoded))
  }

  /** A file that takes no more ends the conversation. */
  async #kept(written: Promise<Failure | null>): Promise<void> {
    const failed = await written
    if (failed) this.#channel.end('error', failed)
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
      return channel.end('error', fromFileError(error, 'stdin: cannot read what was to be sent'))
    }
    await this.#sayFarewell(null)
    if (this.#parts.mode.transport === 'udp') await this.#awaitAnswers()
  }

  /**
   * Says that we are done (FIN; over TLS close_notify first). To many servers and proxies that is a farewell, for which
   * they drop an answer that is still to come; others wait for it before they answer. So it waits for the answer, no
   * longer than `patienceMs` for that of a request, and no time where what was sent is plainly all there is.
   */
  async #sayFarewell(patienceMs: number | null): Promise<void> {
    const { transport, halfClose = 'auto', direction, lingerMs } = this.#parts.mode
    const allowedMs = lingerMs ?? LINGER_MS
    const channel = this.#channel
    if (halfClose === 'never' && direction !== 'send') return
    const isRequest = REQUEST.test(this.#opening.toString('latin1'))
    if (halfClose === 'auto' && transport === 'tcp' && direction !== 'send' && (isRequest || !this.#isOneWay)) {
      const firstMs = isRequest && lingerMs === undefined ? patienceMs : allowedMs
      if (this.#pieces === this.#heardBefore) await this.#during(firstMs, this.#nextPiece())
      if (this.#pieces > this.#heardBefore) await this.#silence(allowedMs)
    }
    if (halfClose !== 'never') channel.halfClose()
    if (direction !== 'send' || transport === 'udp') return
    // For its refusal, if there is one: what else the peer does is nothing to whoever only sends.
    await this.#during(allowedMs)
    channel.end('done', null)
  }

  /** A large stream to a peer that has said nothing to it: a file, an archive, a backup. */
  get #isOneWay(): boolean {
    return this.#pieces === 0 && this.#channel.bytesOut >= ONE_WAY_BYTES
  }

  /** What brings on a large file between two pieces of it without looking at it; null where it must be looked at. */
  async #passedOn(): Promise<(() => void) | null> {
    const { unseenFile, crlf, recordFile, tls } = this.#parts.mode
    const channel = this.#channel
    if (unseenFile === null || crlf || tls || recordFile !== null || !(channel instanceof Stream)) return null
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
    if (this.#allMet) channel.halfClose()
    else await this.#sayFarewell(reach.timeoutMs)
    if (mode.transport === 'udp' && mode.steps.at(-1)?.kind === 'send') return this.#awaitAnswers()
    if (!this.#allMet) await this.#silence(reach.timeoutMs)
    if (mode.transport === 'tcp' && (this.#allMet || this.#peerEnded)) await this.#during(FAREWELL_MS)
    channel.end('done', null)
  }

  /** Over UDP only time can say that nobody answers, or that no more comes. */
  async #awaitAnswers(): Promise<void> {
    const { mode, reach, target } = this.#parts
    const channel = this.#channel
    if (mode.direction === 'send') return channel.end('done', null)
    if (this.#pieces === 0) await this.#during(mode.idleMs ?? reach.timeoutMs, this.#nextPiece())
    if (this.#pieces > 0) {
      await this.#silence(mode.idleMs ?? DATAGRAM_QUIET_MS)
      return channel.end('done', null)
    }
    const name = targetName(target)
    if (!this.#spoke) {
      const hinted = hint('a UDP port answers to what it is sent: send it a datagram', 'send')
      return channel.end(
        'idle',
        deadlineFailure('read', `nothing was sent to ${name}, and nothing came from it`, hinted),
      )
    }
    const message = `no answer from ${name} over UDP: open|filtered, silence does not say which`
    channel.end('idle', deadlineFailure('read', message, SILENT_DATAGRAMS))
  }

  /** Until nothing came for so long, or the channel is over. */
  async #silence(quietMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const quiet = new IdleWatch(quietMs, resolve)
      this.#heard = () => quiet.touch()
      const over = () => {
        quiet.stop()
        resolve()
      }
      void this.#channel.ended.then(over)
      void this.#channel.peerEnded.then(over)
    })
    this.#heard = () => {}
  }

  /** So long, or without bound; sooner where it is over. */
  async #during(ms: number | null, sooner?: Promise<void>): Promise<void> {
    const waking = new AbortController()
    const over = ms === null ? [] : [pause(ms, waking.signal)]
    await Promise.race([...over, this.#channel.ended, ...(sooner ? [sooner] : [])])
    waking.abort()
  }

  /** Once another has come, or none will. */
  #nextPiece(): Promise<void> {
    return new Promise((resolve) => {
      this.#heard = resolve
      void this.#channel.peerEnded.then(resolve)
    })
  }
}
