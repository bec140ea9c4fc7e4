import { randomBytes } from 'node:crypto'
import { UsageError } from '../../../core/usage-error.js'
import { oauthBearer, xoauth2 } from './oauth.js'
import { cramMd5, login, plain } from './password.js'
import { type Credentials, MECHANISMS, type MechanismName, type SaslClient, secretText } from './sasl.js'
import { saslPrep } from './saslprep.js'
import { scramSha256 } from './scram.js'

/** With these every line of an exchange stays below what RFC 4954 allows. */
const MAX_USER_BYTES = 255
const MAX_SECRET_BYTES = 8192

/** The strongest first. */
const FOR_PASSWORD: readonly MechanismName[] = ['SCRAM-SHA-256', 'CRAM-MD5', 'PLAIN', 'LOGIN']
const FOR_TOKEN: readonly MechanismName[] = ['OAUTHBEARER', 'XOAUTH2']
/** These cannot speak for somebody else. */
const WITHOUT_AUTHORIZATION: readonly MechanismName[] = ['CRAM-MD5', 'LOGIN', 'XOAUTH2', 'OAUTHBEARER']

/** A mechanism by the name that its user wrote, in any case. */
export function parseMechanism(text: string, argument: string): MechanismName {
  const name = MECHANISMS.find((known) => known === text.toUpperCase())
  if (name === undefined) throw UsageError.of(argument, text, `one of ${MECHANISMS.join(', ')}`)
  return name
}

/** The mechanisms that these credentials can serve, the strongest first. */
export function fittingMechanisms(credentials: Credentials): readonly MechanismName[] {
  const all = credentials.secret.kind === 'password' ? FOR_PASSWORD : FOR_TOKEN
  return credentials.authorizeAs ? all.filter((name) => !WITHOUT_AUTHORIZATION.includes(name)) : all
}

/**
 * The one mechanism to be tried: the one that was asked for, else the strongest that the server offers and the
 * credentials fit; null if the server offers no such.
 */
export function chooseMechanism(
  offered: readonly string[],
  credentials: Credentials,
  wanted: MechanismName | null,
): MechanismName | null {
  const candidates = wanted === null ? fittingMechanisms(credentials) : [wanted]
  return candidates.find((name) => offered.includes(name)) ?? null
}

/** Throws a UsageError for credentials that no exchange could carry, before anything is sent; `argument` is how their user named them. */
export function checkCredentials(credentials: Credentials, wanted: MechanismName | null, argument = 'AUTH'): void {
  const { user, secret } = credentials
  const authorizeAs = credentials.authorizeAs ?? ''
  if (user === '') throw new UsageError(`${argument}: the user is empty`, argument)
  for (const name of [user, authorizeAs]) {
    if (/[\p{Cc}\p{Cs}]/u.test(name)) throw UsageError.of(argument, name, 'a user: it holds a control character')
    if (Buffer.byteLength(name) > MAX_USER_BYTES) {
      throw UsageError.of(argument, name, `a user: at most ${MAX_USER_BYTES} bytes`)
    }
  }
  const fits = fittingMechanisms(credentials)
  if (wanted !== null && !fits.includes(wanted)) {
    const why = fits.length === 0 ? 'no mechanism' : fits.join(', ')
    throw new UsageError(`${argument}: ${wanted} does not fit these credentials; ${why} would`, argument)
  }
  if (fits.length === 0)
    throw new UsageError(`${argument}: no mechanism can authorize these credentials for another user`, argument)
  // From here on the values are secret: no message repeats one.
  const text = secretText(credentials)
  if (text === '') throw new UsageError(`${argument}: the ${secret.kind} is empty`, argument)
  if (Buffer.byteLength(text) > MAX_SECRET_BYTES) {
    throw new UsageError(`${argument}: the ${secret.kind} has more than ${MAX_SECRET_BYTES} bytes`, argument)
  }
  if (secret.kind === 'token') {
    // RFC 6750 section 2.1, b64token; %x01 would end the field.
    if (!/^[A-Za-z0-9._~+/-]+=*$/.test(text))
      throw new UsageError(`${argument}: the token holds a character that no bearer token has`, argument)
    if (/[^\x21-\x7e]/.test(secret.host ?? '')) throw UsageError.of(argument, secret.host ?? '', 'a host')
  } else {
    if (/[\0\r\n\p{Cs}]/u.test(text))
      throw new UsageError(`${argument}: the password holds a NUL or a line break`, argument)
    if ((wanted ?? 'SCRAM-SHA-256') === 'SCRAM-SHA-256') {
      saslPrep(user)
      saslPrep(text)
    }
  }
}

/** A new exchange. `nonce` is for tests that follow an RFC's example. */
export function saslClient(
  name: MechanismName,
  credentials: Credentials,
  nonce: string = randomBytes(18).toString('base64'),
): SaslClient {
  const { user, secret } = credentials
  const text = secretText(credentials)
  const authorizeAs = credentials.authorizeAs ?? ''
  switch (name) {
    case 'PLAIN':
      return plain(user, text, authorizeAs)
    case 'LOGIN':
      return login(user, text)
    case 'CRAM-MD5':
      return cramMd5(user, text)
    case 'SCRAM-SHA-256':
      return scramSha256(user, text, authorizeAs, nonce)
    case 'XOAUTH2':
      return xoauth2(user, text)
    case 'OAUTHBEARER': {
      const { host = null, port = null } = secret.kind === 'token' ? secret : {}
      return oauthBearer(user, text, host, port)
    }
  }
}
