/** The client's side of a SASL mechanism (RFC 4422): pure, challenge in, response out. One object serves one exchange. */
export interface SaslClient {
  readonly name: MechanismName
  /** What the client says first; null where the server speaks first. */
  readonly initialResponse: Uint8Array | null
  respond(challenge: Uint8Array): SaslStep
  /** Whether a success of the server may be believed now: a mutual mechanism has verified the server. */
  readonly complete: boolean
}

/** A response, or why the exchange must be given up (no secret in it). */
export type SaslStep = { readonly response: Uint8Array } | { readonly giveUp: string }

export const MECHANISMS = ['SCRAM-SHA-256', 'CRAM-MD5', 'PLAIN', 'LOGIN', 'OAUTHBEARER', 'XOAUTH2'] as const
/** A way to log in (RFC 4422). */
export type MechanismName = (typeof MECHANISMS)[number]

/** Who logs in, and with what; the secret fits either the password mechanisms or those of OAuth. */
export interface Credentials {
  readonly user: string
  /** On whose behalf (the authorization identity), where it is not the user. */
  readonly authorizeAs?: string | null
  readonly secret:
    | { readonly kind: 'password'; readonly password: string }
    | { readonly kind: 'token'; readonly token: string; readonly host?: string | null; readonly port?: number | null }
}

export function secretText(credentials: Credentials): string {
  const { secret } = credentials
  return secret.kind === 'password' ? secret.password : secret.token
}
