import { type Endpoint, formatEndpoint } from '../../core/address/endpoint.js'
import type { Deadline } from '../../core/deadline.js'
import { abortFailure, deadlineFailure, type Failure, fromNodeError } from '../../core/failure.js'
import { hint, SILENT_DATAGRAMS } from '../../core/hint.js'
import { counted } from '../../core/text/digits.js'
import { zoneHint } from '../connect/zone.js'
import type { Sending } from './exchange.js'

const ELSEWHERE = hint(
  'the server has several addresses, or a NAT before it, and answers from another one than it was asked at: clients drop that',
)

/** Why a question over UDP got no answer from one server. */
export class UdpFailures {
  readonly #endpoint: Endpoint
  readonly #name: string

  constructor(address: string, port: number) {
    this.#endpoint = { host: address, address, port, path: null }
    this.#name = formatEndpoint(address, port)
  }

  /** `elsewhere`: who answered in the server's place. */
  silent({ dropped, repeats }: Sending, { inWords }: Deadline, elsewhere: string | null): Failure {
    const again = repeats === 0 ? '' : `, though asked ${repeats + 1} times`
    const others = otherMessages(dropped, 'datagram')
    const text = `${this.#name} did not answer over UDP in ${inWords}${again}${others}${elsewhere === null ? '' : `; ${elsewhere}, which was not asked, did`}`
    const hinted = elsewhere === null ? SILENT_DATAGRAMS : ELSEWHERE
    return deadlineFailure('read', text, { endpoint: this.#endpoint, syscall: 'recv', ...hinted })
  }

  interrupted(): Failure {
    return abortFailure('read', `asking ${this.#name} was interrupted`, { endpoint: this.#endpoint })
  }

  /** Of what a socket says. */
  of(error: Error): Failure {
    const { syscall } = error as NodeJS.ErrnoException
    const phase = syscall === 'bind' || syscall === 'connect' ? syscall : syscall === 'send' ? 'write' : 'read'
    const base = fromNodeError(error, phase, { endpoint: this.#endpoint })
    return {
      ...base,
      message: `asking ${this.#name} over UDP failed: ${base.message}`,
      ...zoneHint(base.code, this.#endpoint.host ?? ''),
    }
  }
}

/** What came while an answer was waited for: the end of a sentence, '' for nothing. */
export function otherMessages(count: number, what: 'datagram' | 'message'): string {
  return count === 0 ? '' : `; ${counted(count, what)} that did not answer the question came instead`
}
