import type { Deadline } from '../../core/deadline.js'
import { type Failure, failure } from '../../core/failure.js'
import { hint } from '../../core/hint.js'
import { formatDuration } from '../../core/text/duration.js'
import type { Channel } from '../../net/stream/channel.js'

/** What no pattern has matched yet; of more than this the oldest is forgotten. */
const MAX_TEXT = 1_048_576
/** How much of what came instead is told. */
const TOLD_CHARACTERS = 200

/** What came, as text in which patterns are looked for one after the other, each behind the last match. */
export class TextExpectations {
  readonly #decoder = new TextDecoder()
  #text = ''
  #look: () => void = () => {}

  push(bytes: Uint8Array): void {
    this.#text = (this.#text + this.#decoder.decode(bytes, { stream: true })).slice(-MAX_TEXT)
    this.#look()
  }

  /** The text that matched; why it never will; or null where the conversation ended for a reason of its own. */
  wait(pattern: RegExp, timeoutMs: number, deadline: Deadline, channel: Channel): Promise<string | Failure | null> {
    return new Promise((resolve) => {
      let settled = false
      const settle = (result: string | Failure | null) => {
        if (settled) return
        settled = true
        callOff()
        this.#look = () => {}
        resolve(result)
      }
      const look = () => {
        const found = pattern.exec(this.#text)
        if (!found) return
        this.#text = this.#text.slice(found.index + found[0].length)
        settle(found[0])
      }
      const callOff = deadline
        .within(timeoutMs)
        .onExpire(() => settle(this.#unmet(pattern, `within ${formatDuration(timeoutMs)}`)))
      this.#look = look
      look()
      void channel.peerEnded.then(() => settle(this.#unmet(pattern, 'before the peer closed')))
      void channel.ended.then(() => settle(null))
    })
  }

  #unmet(pattern: RegExp, when: string): Failure {
    const came = this.#text
    const told = came.length > TOLD_CHARACTERS ? `...${came.slice(-TOLD_CHARACTERS)}` : came
    const instead = came === '' ? 'nothing came' : `what came instead: ${JSON.stringify(told)}`
    return failure({
      phase: 'read',
      origin: 'expectation',
      code: 'EXPECTATION_UNMET',
      message: `${String(pattern)} was not found ${when}; ${instead}`,
      ...hint('patterns look at what came since the last match, line by line; allow each more time', 'more-time'),
    })
  }
}
