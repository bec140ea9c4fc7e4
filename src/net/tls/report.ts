import type { DetailedPeerCertificate, TLSSocket } from 'node:tls'
import type { ValueOf } from '../../core/shape.js'
import type { certificateShape, tlsShape } from './report-fields.js'

/** One certificate of a chain. */
export type Certificate = ValueOf<typeof certificateShape>

/** What TLS agreed on, and with whom. */
export type TlsReport = ValueOf<typeof tlsShape>

/** What a handshake came to. */
export function describe(socket: TLSSocket): TlsReport {
  const alpn = socket.alpnProtocol
  // Node's types promise a string here and its documentation null; the error itself is an Error in practice.
  const problem: unknown = socket.authorizationError
  return {
    protocol: socket.getProtocol() ?? 'unknown',
    cipher: socket.getCipher()?.standardName ?? 'unknown',
    alpn: typeof alpn === 'string' ? alpn : null,
    servername: 'servername' in socket && typeof socket.servername === 'string' ? socket.servername : null,
    authorized: socket.authorized,
    authorizationError:
      socket.authorized || !problem ? null : problem instanceof Error ? codeOf(problem) : String(problem),
    chain: chainOf(socket.getPeerCertificate(true)),
  }
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message
}

/** Node links each certificate to its issuer, and the root to itself. */
function chainOf(leaf: DetailedPeerCertificate): Certificate[] {
  const chain: Certificate[] = []
  const seen = new Set<string>()
  let each: DetailedPeerCertificate | undefined = leaf
  while (each?.fingerprint256 && !seen.has(each.fingerprint256)) {
    seen.add(each.fingerprint256)
    const validTo = new Date(each.valid_to)
    chain.push({
      subject: distinguishedName(each.subject),
      issuer: distinguishedName(each.issuer),
      altNames: each.subjectaltname?.split(', ') ?? [],
      validFrom: new Date(each.valid_from).toISOString(),
      validTo: validTo.toISOString(),
      daysLeft: Math.floor((validTo.getTime() - Date.now()) / 86_400_000),
      serialNumber: each.serialNumber,
      fingerprint256: each.fingerprint256,
    })
    each = each.issuerCertificate
  }
  return chain
}

/** RFC 4514 in spirit: the parts in the certificate's order. */
function distinguishedName(name: object): string {
  return Object.entries(name)
    .flatMap(([key, value]) => [value].flat().map((each) => `${key}=${String(each)}`))
    .join(', ')
}

/** Which names of many are told. */
const TOLD_NAMES = 4

/**
 * What it is in the chain that a verification error speaks of, beginning with `: `; empty where there is no more to say
 * than the code does. `asked` is the name that the certificate should have.
 */
export function whichCertificate(code: string, chain: readonly Certificate[], asked: string): string {
  const [leaf] = chain
  const last = chain.at(-1)
  if (!leaf || !last) return ''
  const now = new Date().toISOString()
  const day = (time: string) => time.slice(0, 10)
  if (code === 'CERT_HAS_EXPIRED') {
    const expired = chain.find(({ validTo }) => validTo < now)
    return expired ? `: ${expired.subject}, valid until ${day(expired.validTo)}` : ''
  }
  if (code === 'CERT_NOT_YET_VALID') {
    const early = chain.find(({ validFrom }) => validFrom > now)
    return early ? `: ${early.subject}, valid from ${day(early.validFrom)}` : ''
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID' || code === 'HOSTNAME_MISMATCH') {
    const names = leaf.altNames.length > 0 ? leaf.altNames : [leaf.subject]
    const more = names.length > TOLD_NAMES ? ` and ${names.length - TOLD_NAMES} more` : ''
    return `: ${names.slice(0, TOLD_NAMES).join(', ')}${more}, not ${asked}`
  }
  return `: ${last.subject}, issued by ${last.issuer}`
}
