import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { addressBytes, parseAddress } from '../../core/address/address.js'
import {
  bitString,
  derInteger,
  derSequence,
  derTime,
  explicit,
  implicit,
  objectIdentifier,
  octetString,
  set,
  TRUE,
  utf8String,
} from './der.js'

const OID = {
  commonName: '2.5.4.3',
  ecdsaWithSHA256: '1.2.840.10045.4.3.2',
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  extendedKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
} as const

const DAY_MS = 86_400_000
/** A clock that is a little behind must not find the certificate in its future. */
const BACKDATED_MS = 3_600_000

export interface SelfSigned {
  /** PEM. */
  readonly cert: string
  /** PEM, PKCS #8. */
  readonly key: string
}

export interface SelfSignedOptions {
  /** Names and addresses for subjectAltName, the first also as the subject's common name. */
  readonly names: readonly string[]
  /** Days from now. */
  readonly days: number
}

/** A new P-256 key and a certificate that it signs itself (RFC 5280, version 3), for a TLS server. */
export function createSelfSigned({ names, days }: SelfSignedOptions): SelfSigned {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const spki = publicKey.export({ type: 'spki', format: 'der' })
  const algorithm = derSequence(objectIdentifier(OID.ecdsaWithSHA256))
  const subject = derSequence(
    set(derSequence(objectIdentifier(OID.commonName), utf8String(names[0]?.slice(0, 64) ?? 'netkit'))),
  )
  const now = Date.now()
  const serial = randomBytes(16)
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40 // positive, and never zero (RFC 5280 section 4.1.2.2)
  const toBeSigned = derSequence(
    explicit(0, derInteger(Buffer.from([2]))),
    derInteger(serial),
    algorithm,
    subject,
    derSequence(derTime(new Date(now - BACKDATED_MS)), derTime(new Date(now + days * DAY_MS))),
    subject,
    spki,
    explicit(3, derSequence(...extensions(names, spki))),
  )
  const signature = sign('sha256', toBeSigned, privateKey)
  const der = derSequence(toBeSigned, algorithm, bitString(signature))
  return {
    cert: pem('CERTIFICATE', der),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}

function extensions(names: readonly string[], spki: Uint8Array): Buffer[] {
  const extension = (oid: string, critical: boolean, value: Uint8Array) =>
    derSequence(objectIdentifier(oid), ...(critical ? [TRUE] : []), octetString(value))
  const digitalSignature = Buffer.from([0x03, 0x02, 0x07, 0x80]) // a BIT STRING of one bit
  return [
    extension(OID.basicConstraints, true, derSequence()),
    extension(OID.keyUsage, true, digitalSignature),
    extension(OID.extendedKeyUsage, false, derSequence(objectIdentifier(OID.serverAuth))),
    extension(OID.subjectAltName, false, derSequence(...names.map(generalName))),
    extension(OID.subjectKeyIdentifier, false, octetString(createHash('sha1').update(spki).digest())),
  ]
}

/** RFC 5280 section 4.2.1.6: dNSName is [2], iPAddress is [7] in network byte order. */
function generalName(name: string): Buffer {
  const address = parseAddress(name)
  return address ? implicit(7, addressBytes(address)) : implicit(2, Buffer.from(name, 'latin1'))
}

function pem(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n')
}
