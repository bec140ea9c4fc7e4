import { createHmac } from 'node:crypto'
import type { SaslClient, SaslStep } from './sasl.js'

const TOO_MANY: SaslStep = { giveUp: 'the server asked for more than the mechanism has to say' }

/** PLAIN (RFC 4616). */
export function plain(user: string, password: string, authorizeAs: string): SaslClient {
  return {
    name: 'PLAIN',
    initialResponse: Buffer.from(`${authorizeAs}\0${user}\0${password}`),
    respond: () => TOO_MANY,
    complete: true,
  }
}

/** LOGIN (draft-murchison-sasl-login): the user, then the password, whatever words the server asks with. */
export function login(user: string, password: string): SaslClient {
  const answers = [password, user]
  return {
    name: 'LOGIN',
    initialResponse: null,
    respond() {
      const answer = answers.pop()
      return answer === undefined ? TOO_MANY : { response: Buffer.from(answer) }
    },
    complete: true,
  }
}

/** CRAM-MD5 (RFC 2195). */
export function cramMd5(user: string, password: string): SaslClient {
  let asked = false
  return {
    name: 'CRAM-MD5',
    initialResponse: null,
    respond(challenge) {
      if (asked) return TOO_MANY
      asked = true
      const digest = createHmac('md5', password).update(challenge).digest('hex')
      return { response: Buffer.from(`${user} ${digest}`) }
    },
    complete: true,
  }
}
