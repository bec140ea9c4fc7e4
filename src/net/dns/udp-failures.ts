import { type Endpoint, formatEndpoint } from '../../core/address/endpoint.js'
import { abortFailure, deadlineFailure, type Failure, fromNodeError } from '../../core/failure.js'
import { zoneHint } from '../connect/zone-hint.js'
import type { Sending } from './exchange.js'
import { otherMessages } from './other-messages.js'

/** Why a question over UDP got no answer from one server. */
export class UdpFailures {
  readonly #endpoint: Endpoint
  readonly #name: string

  constructor(address: string, port: number) {
    this.#endpoint = { host: address, address, port, path: null }
    this.#name = formatEndpoint(address, port)
  }

  silent({ dropped, repeats }: Sending): Failure {
    const again = repeats === 0 ? '' : `, though asked ${repeats + 1} times`
    const others = otherMessages(dropped, 'datagram')
    const text = `${this.#name} did not answer over UDP in the time allowed${again}${others}`
    return deadlineFailure('read', text, { endpoint: this.#endpoint, syscall: 'recv' })
  }

  interrupted(): Failure {
    return abortFailure('read', `asking ${this.#name} was interrupted`, { endpoint: this.#endpoint })
  }

  /** Of what a socket says. */
  of(error: Error): Failure {
    const { syscall } = error as NodeJS.ErrnoException
    const phase = syscall === 'bind' || syscall === 'connect' ? syscall : syscall === 'send' ? 'write' : 'read'
    const base = fromNodeError(error, phase, { endpoint: this.#endpoint })
    const hint = zoneHint(base.code, this.#endpoint.host ?? '')
    return { ...base, message: `asking ${this.#name} over UDP failed: ${base.message}`, hint: hint ?? base.hint }
  }
}
