import { hint } from '../hint.js'
import { type CodeEntry, everywhere, type Words } from './entry.js'

function x509(name: string, number: number | null, words: Words): CodeEntry {
  return everywhere('tls', name, number, ['handshake'], words)
}

const CRL_HINT = 'renew the revocation list that was given, or do without it'
const DAMAGED_HINT = 'look at the certificate with openssl x509 -text, and have it issued anew'
const CHAIN_HINT = hint('have the server send its intermediate certificates, or give the issuer', 'trust')

/** Verification of X.509 certificates, RFC 5280: the codes that Node reports, numbered as OpenSSL's X509_V_ERR_*. */
export const certificateCodes = (): readonly CodeEntry[] => [
  x509('CERT_HAS_EXPIRED', 10, {
    meaning: 'a certificate in the chain has expired',
    causes: [
      'the certificate was not renewed',
      'it was renewed but the server not reloaded',
      'the clock of this machine is wrong',
    ],
    hint: 'check the expiry dates of the whole chain and the clock here, then renew and reload the server',
  }),
  x509('CERT_NOT_YET_VALID', 9, {
    meaning: 'a certificate in the chain is not valid yet',
    causes: ['the clock of this machine is behind', 'a certificate issued for a later date'],
    hint: 'check the clock of this machine first',
  }),
  x509('DEPTH_ZERO_SELF_SIGNED_CERT', 18, {
    meaning: 'the server shows a certificate that it signed itself',
    causes: [
      'a test or appliance certificate',
      'the default certificate of a server not yet configured',
      'a proxy that inspects TLS',
    ],
    ...hint('install a certificate from an authority; or, if you trust this one, give it', 'trust'),
  }),
  x509('SELF_SIGNED_CERT_IN_CHAIN', 19, {
    meaning: 'the chain ends in a root that this machine does not trust',
    causes: ['an internal authority', 'a company proxy that inspects TLS'],
    ...hint('set NODE_EXTRA_CA_CERTS to the root of that authority, or give it', 'trust'),
  }),
  x509('UNABLE_TO_GET_ISSUER_CERT', 2, {
    meaning: 'the issuer of an intermediate certificate was not found',
    causes: ['the root is not trusted here', 'an incomplete chain'],
    ...CHAIN_HINT,
  }),
  x509('UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 20, {
    meaning: 'the issuer of a certificate is not among the trusted ones',
    causes: ['the server does not send its intermediate', 'an internal authority', 'a company proxy that inspects TLS'],
    ...CHAIN_HINT,
  }),
  x509('UNABLE_TO_VERIFY_LEAF_SIGNATURE', 21, {
    meaning: 'the server sent its own certificate alone, and its issuer is not known here',
    causes: ['the server does not send its intermediate certificates', 'an internal authority'],
    ...CHAIN_HINT,
  }),
  x509('HOSTNAME_MISMATCH', 62, {
    meaning: 'the certificate is for another name',
    causes: ['the wrong virtual host answered', 'the name is missing from the certificate'],
    ...hint('compare the names in the certificate with the one asked for', 'server-name'),
  }),
  x509('ERR_TLS_CERT_ALTNAME_INVALID', null, {
    meaning: 'the certificate is for another name',
    causes: [
      'the wrong virtual host answered',
      'the name is missing from the certificate',
      'connected by address or alias',
    ],
    ...hint('compare the names in the certificate with the one asked for', 'server-name'),
  }),
  x509('ERR_TLS_CERT_ALTNAME_FORMAT', null, {
    meaning: 'the list of names in the certificate cannot be read',
    causes: ['a faulty or forged certificate'],
    hint: DAMAGED_HINT,
  }),
  x509('CERT_REVOKED', 23, {
    meaning: 'the authority has revoked a certificate in the chain',
    causes: ['a stolen key', 'a certificate replaced by a new one'],
    hint: 'do not trust this server until it shows a new certificate',
  }),
  x509('CERT_UNTRUSTED', 27, {
    meaning: 'the root is not trusted for this use',
    causes: ['a root marked as trusted for other purposes only'],
    ...hint('look at the trust settings of the root, or give the right one', 'trust'),
  }),
  x509('CERT_REJECTED', 28, {
    meaning: 'the root is marked as rejected for this use',
    causes: ['an authority distrusted on this machine'],
    hint: 'look at the trust settings of the root; the server may need another authority',
  }),
  x509('CERT_SIGNATURE_FAILURE', 7, {
    meaning: 'the signature of a certificate is wrong',
    causes: ['a changed or damaged certificate', 'an issuer of the same name with another key'],
    hint: 'check that the intermediate certificates on the server belong to its certificate',
  }),
  x509('CERT_CHAIN_TOO_LONG', 22, {
    meaning: 'the chain has more certificates than allowed',
    causes: ['a chain put together wrongly', 'a limit on the depth'],
    hint: 'look at the chain that the server sends, and remove what does not belong',
  }),
  x509('INVALID_CA', 79, {
    meaning: 'a certificate signed others without being an authority',
    causes: ['an issuer without the CA flag', 'a server certificate used as an issuer'],
    hint: 'look at the basic constraints of each issuer in the chain',
  }),
  x509('PATH_LENGTH_EXCEEDED', 25, {
    meaning: 'an authority signed through more intermediates than its certificate allows',
    causes: ['a path length in the basic constraints that is too small'],
    hint: 'look at the path length of each issuer in the chain',
  }),
  x509('INVALID_PURPOSE', 26, {
    meaning: 'the certificate is not meant for this use',
    causes: ['a client certificate on a server, or the reverse', 'an extended key usage that lacks TLS'],
    hint: 'look at the extended key usage, and have the certificate issued for it',
  }),
  x509('UNABLE_TO_DECRYPT_CERT_SIGNATURE', 4, {
    meaning: 'the signature of a certificate cannot be worked out',
    causes: ['a damaged certificate', 'an issuer with the wrong kind of key'],
    hint: DAMAGED_HINT,
  }),
  x509('UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY', 6, {
    meaning: 'the key of the issuer cannot be read',
    causes: ['a kind of key or curve that is not supported', 'a damaged certificate'],
    hint: DAMAGED_HINT,
  }),
  x509('ERROR_IN_CERT_NOT_BEFORE_FIELD', 13, {
    meaning: 'the first day of a certificate cannot be read',
    causes: ['a faulty certificate'],
    hint: DAMAGED_HINT,
  }),
  x509('ERROR_IN_CERT_NOT_AFTER_FIELD', 14, {
    meaning: 'the last day of a certificate cannot be read',
    causes: ['a faulty certificate'],
    hint: DAMAGED_HINT,
  }),
  x509('UNABLE_TO_GET_CRL', 3, {
    meaning: 'there is no revocation list for a certificate',
    causes: ['a list was asked for and not given for this issuer'],
    hint: 'give the revocation list of every issuer in the chain, or do without',
  }),
  x509('UNABLE_TO_DECRYPT_CRL_SIGNATURE', 5, {
    meaning: 'the signature of a revocation list cannot be worked out',
    causes: ['a damaged list', 'the list of another issuer'],
    hint: CRL_HINT,
  }),
  x509('CRL_SIGNATURE_FAILURE', 8, {
    meaning: 'the signature of a revocation list is wrong',
    causes: ['a changed or damaged list', 'an issuer with a new key'],
    hint: CRL_HINT,
  }),
  x509('CRL_NOT_YET_VALID', 11, {
    meaning: 'a revocation list is not valid yet',
    causes: ['the clock of this machine is behind'],
    hint: 'check the clock of this machine first',
  }),
  x509('CRL_HAS_EXPIRED', 12, {
    meaning: 'a revocation list is out of date',
    causes: ['the list was not renewed', 'the clock of this machine is wrong'],
    hint: CRL_HINT,
  }),
  x509('ERROR_IN_CRL_LAST_UPDATE_FIELD', 15, {
    meaning: 'the date of a revocation list cannot be read',
    causes: ['a faulty list'],
    hint: CRL_HINT,
  }),
  x509('ERROR_IN_CRL_NEXT_UPDATE_FIELD', 16, {
    meaning: 'the last day of a revocation list cannot be read',
    causes: ['a faulty list'],
    hint: CRL_HINT,
  }),
  x509('OUT_OF_MEM', 17, {
    meaning: 'there was no memory to verify the certificate',
    causes: ['memory is used up'],
    hint: 'look at free memory and at the limit of the container',
  }),
  x509('UNSPECIFIED', 1, {
    meaning: 'the certificate was not accepted, for a reason without a name of its own',
    causes: ['a key that is too small or a weak hash', 'a rare fault in the chain'],
    hint: 'run openssl s_client -connect HOST:PORT -showcerts for the reason in detail',
  }),
]
