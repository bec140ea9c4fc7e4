import type { Endpoint } from '../../core/address/endpoint.js'
import type { Deadline } from '../../core/deadline.js'
import { abortFailure, deadlineFailure, type Failure, failure, fromNodeError } from '../../core/failure.js'
import { type Hinted, hint } from '../../core/hint.js'
import { UNANSWERED } from './message-stream.js'

export const MEDIA_TYPE = 'application/dns-message'

/** Of RST_STREAM, by their numbers (RFC 9113, section 7). */
const STREAM_ERRORS: Readonly<Record<number, string>> = {
  1: 'PROTOCOL_ERROR',
  2: 'INTERNAL_ERROR',
  3: 'FLOW_CONTROL_ERROR',
  7: 'REFUSED_STREAM',
  8: 'CANCEL',
  11: 'ENHANCE_YOUR_CALM',
  12: 'INADEQUATE_SECURITY',
  13: 'HTTP_1_1_REQUIRED',
}

/** Why a question over HTTPS got no answer from one server. */
export class HttpsFailures {
  readonly #endpoint: Endpoint
  readonly #authority: string
  readonly #url: string

  constructor(endpoint: Endpoint, authority: string, path: string) {
    this.#endpoint = endpoint
    this.#authority = authority
    this.#url = `https://${authority}${path}`
  }

  silent(deadline: Deadline): Failure {
    const text = `${this.#url} did not answer in ${deadline.inWords}`
    return deadlineFailure('read', text, { endpoint: this.#endpoint, deadline })
  }

  interrupted(): Failure {
    return abortFailure('read', `asking ${this.#url} was interrupted`, { endpoint: this.#endpoint })
  }

  tooLong(most: number): Failure {
    return this.#broke('EBADRESP', `${this.#url} sent more than ${most} bytes`, hint('no DNS message is that long'))
  }

  /** Why what follows a head is no DNS message; null where it may be one. */
  ofHead(status: number, type: string | undefined): Failure | null {
    if (status !== 200) {
      const text = `${this.#url} answered with HTTP status ${status}, not with a DNS message`
      return this.#broke(`HTTP_${status}`, text, statusHint(status))
    }
    if (type?.split(';')[0]?.trim().toLowerCase() === MEDIA_TYPE) return null
    const text = `${this.#url} answered with ${type ?? 'no media type'} instead of ${MEDIA_TYPE}`
    return this.#broke('EBADRESP', text, hint('that is an ordinary web page, or another protocol on the same path'))
  }

  /** Of a request that was lost with an error, or with the code of RST_STREAM: 0 for none. */
  ofLoss(why: Error | number, isAnswering = false): Failure {
    if (typeof why === 'number' && why !== 0) {
      const code = STREAM_ERRORS[why] ?? 'an error'
      return this.#unanswered(`reset the stream instead of answering: ${code} (${why}, RFC 9113, section 7)`)
    }
    // Node calls every early end a reset; a true one names the system call that told of it.
    if (typeof why === 'number' || ('code' in why && why.code === 'ECONNRESET' && !('syscall' in why))) {
      return this.#unanswered(
        `ended the connection ${isAnswering ? 'in the middle of an answer' : 'before it answered'}`,
      )
    }
    const base = fromNodeError(why, 'read', { endpoint: this.#endpoint })
    return { ...base, message: `asking ${this.#authority} over HTTPS failed: ${base.message}` }
  }

  #broke(code: string, message: string, hinted: Hinted): Failure {
    return failure({ phase: 'protocol', origin: 'peer', code, endpoint: this.#endpoint, message, ...hinted })
  }

  /** The same as for a connection over TLS that ends: it may be an idle one that was closed. */
  #unanswered(what: string): Failure {
    const message = `https://${this.#authority} ${what}`
    const endpoint = this.#endpoint
    return failure({ phase: 'read', origin: 'peer', code: 'EBADRESP', endpoint, message, ...UNANSWERED })
  }
}

/** Of a status that is not 200, as RFC 8484, section 4.2.1 and RFC 9110, section 15 have them. */
function statusHint(status: number): Hinted {
  if (status === 429 || status >= 500)
    return hint('the server is overloaded, limits its clients or is broken: ask later, or another one')
  if (status === 401 || status === 403)
    return hint('the server does not serve everybody: ask one that serves this network')
  if (status >= 300 && status < 400) return hint('it lies elsewhere: give the URL that the answer names', 'redirect')
  if (status === 413 || status === 415)
    return hint('the server does not take this question over HTTPS: ask over tls:// or UDP')
  return hint('check the path: most servers answer on /dns-query')
}
