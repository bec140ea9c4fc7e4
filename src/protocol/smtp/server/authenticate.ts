import { randomBytes } from 'node:crypto'
import { type Claim, decodeResponse, readCramMd5, readLogin, readPlain, SERVER_MECHANISMS } from './credentials.js'
import type { ServerTalk } from './talk.js'
import type { ServerStep } from './wire.js'

/** RFC 4954 section 4: the client gave the exchange up. */
const CANCELLED = '*'

/** AUTH: one exchange, and whether it proved who is there. */
export function* authenticateClient(talk: ServerTalk, argument: string): ServerStep<void> {
  const { plan, wire } = talk
  if (plan.auth === null) return talk.refuse(500, 'command not recognized')
  if (talk.helo?.extended !== true) return talk.refuse(503, 'EHLO comes first')
  if (talk.user !== null) return talk.refuse(503, 'somebody has logged in already', { user: talk.user })
  if (talk.transaction !== null) return talk.refuse(503, 'not within a mail')
  if (talk.offersTls) return talk.refuse(538, 'STARTTLS comes first')
  const [name = '', initial = null] = argument.split(/ +/, 2)
  const mechanism = SERVER_MECHANISMS.find((known) => known === name.toUpperCase())
  if (mechanism === undefined) return talk.refuse(504, 'no such mechanism here')
  if (wire.hasMore) wire.deviates('pipelined-behind', 'AUTH')

  const claim = yield* exchange(talk, mechanism, initial)
  if (claim === null) return
  const refusal = yield* wire.judge('auth', claim.user)
  const { user } = claim
  if (refusal) return talk.refuse(refusal.code, refusal.text, { stage: 'auth', user })
  if (user !== plan.auth.user || !claim.proves(plan.auth.password))
    return talk.refuse(535, 'user or password is wrong', { user })
  talk.user = user
  talk.accept(235, '2.7.0', 'welcome')
}

/** Null where it was no exchange; that has been said. */
function* exchange(
  talk: ServerTalk,
  mechanism: (typeof SERVER_MECHANISMS)[number],
  initial: string | null,
): ServerStep<Claim | null> {
  const malformed = () => {
    talk.refuse(501, 'no such response', { enhanced: '5.5.2' })
    return null
  }
  switch (mechanism) {
    case 'PLAIN': {
      const response = yield* respond(talk, '', initial)
      return response && (readPlain(response) ?? malformed())
    }
    case 'LOGIN': {
      const user = yield* respond(talk, 'Username:', initial)
      const password = user && (yield* respond(talk, 'Password:', null))
      return user && password && readLogin(user, password)
    }
    case 'CRAM-MD5': {
      if (initial !== null) return malformed() // the server speaks first
      const challenge = `<${randomBytes(12).toString('hex')}@${talk.plan.name}>`
      const response = yield* respond(talk, challenge, null)
      if (response === null) return null
      return readCramMd5(response, challenge) ?? { user: response.toString().split(' ')[0] ?? '', proves: () => false }
    }
  }
}

/** One challenge and its response; null where there was none, which has been said. */
function* respond(talk: ServerTalk, challenge: string, initial: string | null): ServerStep<Buffer | null> {
  let text = initial
  if (text === null) {
    talk.wire.say(`334 ${Buffer.from(challenge).toString('base64')}\r\n`)
    text = yield* talk.wire.line()
  }
  if (text === CANCELLED) {
    talk.refuse(501, 'given up', { enhanced: '5.7.0' })
    return null
  }
  const response = text === null ? null : decodeResponse(text)
  if (response === null) talk.refuse(501, 'a response is Base64', { enhanced: '5.5.2' })
  return response
}
