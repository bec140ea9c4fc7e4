import { chooseMechanism, saslClient } from '../auth/mechanism.js'
import { type Credentials, type MechanismName, type SaslClient, secretText } from '../auth/sasl.js'
import type { Capabilities } from '../capabilities.js'
import { authCancel, authCommand, authResponse } from '../command.js'
import type { Reply } from '../reply.js'
import type { DialogueSteps } from './conversation.js'
import type { DialoguePlan } from './plan.js'
import { DialogueStop, policy, protocolError, refused, unsupported } from './problem.js'
import type { DialogueWire } from './wire.js'

/** AUTH (RFC 4954) with one mechanism: a refusal is final, the password is not offered a second time in another form. */
export function* authenticate(
  wire: DialogueWire,
  auth: NonNullable<DialoguePlan['auth']>,
  capabilities: Capabilities,
): DialogueSteps<MechanismName> {
  if (!wire.secure && !auth.insecure) {
    throw new DialogueStop(
      policy('auth', 'SMTP_AUTH_INSECURE', 'no AUTH without TLS, unless plaintext is explicitly allowed'),
    )
  }
  const name = chooseMechanism(capabilities.auth, auth.credentials, auth.mechanism ?? null)
  if (name === null) throw new DialogueStop(noMechanism(capabilities.auth.length > 0, auth.mechanism ?? null))
  const client = saslClient(name, auth.credentials)
  hide(wire, auth.credentials, client)

  const { command, carriesResponse } = authCommand(name, client.initialResponse)
  let unsent = carriesResponse ? null : client.initialResponse
  let reply = yield* wire.ask('auth', command)
  while (reply.code === 334) {
    const response = unsent ?? (yield* answer(wire, client, reply))
    unsent = null
    // LOGIN's first answer is the user's name: no secret, and a word that replies are full of.
    if (Buffer.from(response).toString() !== auth.credentials.user) wire.secrets.add(response)
    reply = yield* wire.ask('auth', authResponse(response))
  }
  if (reply.code >= 400) throw new DialogueStop(refused('auth', reply))
  if (!client.complete) {
    const message = `the server accepts before ${name} is complete`
    throw new DialogueStop(protocolError('auth', 'SMTP_AUTH_UNVERIFIED', message))
  }
  return name
}

/** The response to a challenge; an exchange that cannot go on is cancelled first. */
function* answer(wire: DialogueWire, client: SaslClient, reply: Reply): DialogueSteps<Uint8Array> {
  const challenge = decodeChallenge(reply)
  const step = challenge === null ? { giveUp: 'the challenge of the server is no base64' } : client.respond(challenge)
  if ('response' in step) return step.response
  yield* wire.ask('auth', authCancel())
  throw new DialogueStop(protocolError('auth', 'SMTP_AUTH_PROTOCOL', `${client.name}: ${step.giveUp}`))
}

function decodeChallenge(reply: Reply): Uint8Array | null {
  const text = Buffer.from(reply.lines[0] ?? [])
    .toString('latin1')
    .trim()
  const valid = reply.lines.length === 1 && text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text)
  return valid ? Buffer.from(text, 'base64') : null
}

function hide(wire: DialogueWire, credentials: Credentials, client: SaslClient): void {
  wire.secrets.add(Buffer.from(secretText(credentials)))
  if (client.initialResponse) wire.secrets.add(client.initialResponse)
}

function noMechanism(offersAny: boolean, wanted: MechanismName | null) {
  const message = !offersAny
    ? 'the server does not offer AUTH'
    : wanted === null
      ? 'the server offers no AUTH mechanism that fits the credentials'
      : `the server does not offer AUTH ${wanted}`
  return unsupported('auth', 'SMTP_NO_AUTH', message)
}
