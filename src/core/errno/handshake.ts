import { hint } from '../hint.js'
import { type CodeEntry, everywhere, type Words } from './entry.js'

function tls(name: string, words: Words): CodeEntry {
  return everywhere('tls', name, null, ['handshake'], words)
}

/** An alert of RFC 8446 section 6.2 that the peer sent. OpenSSL 3.2 renamed the SSLv3 ones, so Node has two names. */
function alert(reason: string, words: Words): CodeEntry {
  const renamed = reason.startsWith('SSLV3_') ? [`ERR_SSL_SSL/TLS_${reason.slice('SSLV3_'.length)}`] : []
  return tls(`ERR_SSL_${reason}`, { aliases: renamed, ...words })
}

const PLAIN_HINT = 'check that the port speaks TLS from the start: it may be plain, or want STARTTLS first'
const CLIENT_CERT_HINT = hint('give a client certificate that this server accepts', 'client-certificate')

/** What goes wrong in a TLS handshake or in its records, other than the verification of a certificate. */
export const handshakeCodes = (): readonly CodeEntry[] => [
  tls('ERR_TLS_HANDSHAKE_TIMEOUT', {
    meaning: 'the TLS handshake was not done in time',
    causes: ['the port does not speak TLS and waits', 'an overloaded server', 'large packets lost on the way (MTU)'],
    hint: PLAIN_HINT,
  }),
  tls('ERR_SSL_WRONG_VERSION_NUMBER', {
    meaning: 'what came back is not TLS',
    causes: ['a plain port', 'a service that wants STARTTLS first', 'a proxy that answers in plain text'],
    hint: PLAIN_HINT,
  }),
  tls('ERR_SSL_PACKET_LENGTH_TOO_LONG', {
    meaning: 'what came back is not TLS, or a damaged record',
    causes: ['a plain port', 'a middlebox that meddles with the stream'],
    hint: PLAIN_HINT,
  }),
  tls('ERR_SSL_HTTP_REQUEST', {
    meaning: 'the client spoke plain HTTP to a TLS port',
    causes: ['http:// used instead of https://'],
    ...hint('have the client speak TLS, as for https://', 'tls'),
  }),
  tls('ERR_SSL_HTTPS_PROXY_REQUEST', {
    meaning: 'the client spoke to a TLS port as if it were an HTTP proxy',
    causes: ['a proxy setting that points at a TLS port'],
    hint: 'check the proxy settings of the client',
  }),
  tls('ERR_SSL_UNEXPECTED_EOF_WHILE_READING', {
    meaning: 'the peer closed the connection without ending TLS',
    causes: [
      'the server crashed or restarted',
      'a firewall or proxy cut it',
      'a server that never says goodbye properly',
    ],
    hint: 'check that all data came, then read the log of the server',
  }),
  tls('ERR_SSL_UNSUPPORTED_PROTOCOL', {
    meaning: 'the peer wants a TLS version that is not allowed here',
    causes: ['an old server with TLS 1.0 or 1.1 only', 'a minimum version that is set too high'],
    hint: 'update TLS on the peer; for a test, allow an older version',
  }),
  tls('ERR_SSL_NO_PROTOCOLS_AVAILABLE', {
    meaning: 'the settings on this side leave no TLS version to use',
    causes: ['a minimum version above the maximum', 'a system policy that forbids what was asked for'],
    hint: 'check the minimum and maximum version and the OpenSSL configuration',
  }),
  tls('ERR_SSL_NO_SHARED_CIPHER', {
    meaning: 'client and server have no cipher in common',
    causes: ['an outdated client', 'a cipher list that is too narrow', 'a server without a certificate'],
    hint: 'compare the cipher lists, and check that the server has a certificate of a kind that the client takes',
  }),
  tls('ERR_SSL_NO_CIPHER_MATCH', {
    meaning: 'the cipher list names nothing that this OpenSSL knows',
    causes: ['a misspelt cipher', 'a cipher that was removed'],
    hint: 'check the names with openssl ciphers',
  }),
  tls('ERR_SSL_NO_APPLICATION_PROTOCOL', {
    meaning: 'client and server have no ALPN protocol in common',
    causes: ['the client asks for a protocol that the server does not offer'],
    ...hint('ask for a protocol that the server offers, or for none', 'alpn'),
  }),
  tls('ERR_SSL_NO_SUITABLE_SIGNATURE_ALGORITHM', {
    meaning: 'no signature algorithm suits both the certificate and the other side',
    causes: ['an old kind of key or hash', 'a security level that is set too high'],
    hint: 'use a certificate with RSA of 2048 bits or more or ECDSA P-256, signed with SHA-256',
  }),
  tls('ERR_SSL_DH_KEY_TOO_SMALL', {
    meaning: 'the Diffie-Hellman key of the server is too small to be safe',
    causes: ['an old server with 1024 bits or fewer'],
    hint: 'update the server to 2048 bits or to ECDHE',
  }),
  tls('ERR_SSL_EE_KEY_TOO_SMALL', {
    meaning: 'the key of the certificate is too small for the security level here',
    causes: ['an RSA key of 1024 bits'],
    hint: 'have a certificate issued with a larger key',
  }),
  tls('ERR_SSL_CA_MD_TOO_WEAK', {
    meaning: 'an issuer signed with a hash that is too weak',
    causes: ['a chain signed with SHA-1 or MD5'],
    hint: 'have the certificate issued with SHA-256',
  }),
  tls('ERR_SSL_UNSAFE_LEGACY_RENEGOTIATION_DISABLED', {
    meaning: 'the server knows only the unsafe old way to renegotiate',
    causes: ['a very old server or middlebox (RFC 5746 is missing)'],
    hint: 'update the server',
  }),
  tls('ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE', {
    meaning: 'the client showed no certificate though one is required',
    causes: ['a client without a certificate', 'a certificate from an authority that was not asked for'],
    hint: 'configure the client with a certificate from an authority that this side accepts',
  }),
  tls('ERR_SSL_CERTIFICATE_VERIFY_FAILED', {
    meaning: 'the certificate of the peer did not pass verification',
    causes: ['an unknown authority', 'an expired certificate'],
    ...hint('look at the chain, its dates and its root; if you trust the root, give it', 'trust'),
  }),
  tls('ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC', {
    meaning: 'a record that came in was damaged or made with other keys',
    causes: ['a middlebox or faulty hardware changes data', 'a bug in one of the ends'],
    hint: 'try over another path; if it stays, update the software at both ends',
  }),
  tls('ERR_SSL_UNEXPECTED_MESSAGE', {
    meaning: 'a TLS message came that does not belong there',
    causes: ['a bug in one of the ends', 'a middlebox that meddles with TLS'],
    hint: 'try over another path, and update the software at both ends',
  }),
  alert('SSLV3_ALERT_HANDSHAKE_FAILURE', {
    meaning: 'the peer found no TLS settings that both ends accept',
    causes: ['no cipher in common', 'a client certificate is required', 'the server needs a server name (SNI)'],
    ...hint('look at TLS versions, ciphers and whether a client certificate is wanted', 'server-name'),
  }),
  alert('TLSV1_ALERT_PROTOCOL_VERSION', {
    meaning: 'the peer does not accept the TLS version offered',
    causes: ['a server with old TLS only', 'a server that wants TLS 1.3 or 1.2 at least'],
    hint: 'compare the TLS versions that both ends allow; this side offers 1.2 and 1.3',
  }),
  alert('TLSV1_UNRECOGNIZED_NAME', {
    meaning: 'the server does not serve the name that was asked for',
    causes: ['a wrong or missing server name (SNI)', 'a virtual host that is not configured'],
    ...hint('compare the name asked for with the virtual hosts of the server', 'server-name'),
  }),
  alert('TLSV1_ALERT_NO_APPLICATION_PROTOCOL', {
    meaning: 'the peer has no ALPN protocol in common with this side',
    causes: ['the client asks for a protocol that the server does not offer'],
    ...hint('ask for a protocol that the server offers, or for none', 'alpn'),
  }),
  alert('TLSV1_ALERT_UNKNOWN_CA', {
    meaning: 'the peer does not know the authority of the certificate it was shown',
    causes: [
      'a client certificate from another authority',
      'an intermediate certificate that was not sent',
      'a client that does not trust this server',
    ],
    hint: 'send the whole chain, and check which authorities the peer trusts',
  }),
  alert('TLSV13_ALERT_CERTIFICATE_REQUIRED', {
    meaning: 'the server requires a client certificate and got none',
    causes: ['no certificate given', 'a certificate from an authority that the server did not name'],
    ...CLIENT_CERT_HINT,
  }),
  alert('SSLV3_ALERT_BAD_CERTIFICATE', {
    meaning: 'the peer did not accept the certificate it was shown',
    causes: ['a wrong or missing client certificate', 'a certificate it cannot read or verify'],
    ...CLIENT_CERT_HINT,
  }),
  alert('SSLV3_ALERT_UNSUPPORTED_CERTIFICATE', {
    meaning: 'the peer cannot use that kind of certificate',
    causes: ['a server certificate used by a client', 'a key or usage it does not support'],
    hint: 'look at the extended key usage and the kind of key',
  }),
  alert('SSLV3_ALERT_CERTIFICATE_EXPIRED', {
    meaning: 'the peer says that the certificate it was shown has expired',
    causes: ['a client certificate that was not renewed', 'the clock of the peer is wrong'],
    hint: 'check the dates of the certificate sent from here and the clock of the peer',
  }),
  alert('SSLV3_ALERT_CERTIFICATE_REVOKED', {
    meaning: 'the peer says that the certificate it was shown is revoked',
    causes: ['a certificate that its authority withdrew'],
    hint: 'get a new certificate from the authority',
  }),
  alert('SSLV3_ALERT_CERTIFICATE_UNKNOWN', {
    meaning: 'the peer did not accept the certificate, for a reason of its own',
    causes: ['a client that does not trust this server', 'a name that does not match'],
    hint: 'read the log of the peer; often it lacks the root of this certificate',
  }),
  alert('SSLV3_ALERT_BAD_RECORD_MAC', {
    meaning: 'the peer received a damaged record',
    causes: ['a middlebox or faulty hardware changes data', 'a bug in one of the ends'],
    hint: 'try over another path; if it stays, update the software at both ends',
  }),
  alert('SSLV3_ALERT_UNEXPECTED_MESSAGE', {
    meaning: 'the peer received a message that it did not expect',
    causes: ['a bug in one of the ends', 'a middlebox that meddles with TLS'],
    hint: 'try over another path, and update the software at both ends',
  }),
  alert('SSLV3_ALERT_ILLEGAL_PARAMETER', {
    meaning: 'the peer found a value in the handshake that makes no sense',
    causes: ['a bug in one of the ends', 'a middlebox that meddles with TLS'],
    hint: 'try another TLS version or fewer groups, and update the software at both ends',
  }),
  alert('TLSV1_ALERT_DECODE_ERROR', {
    meaning: 'the peer could not read a message of the handshake',
    causes: ['a bug in one of the ends', 'an old server that stumbles over new extensions'],
    hint: 'try another TLS version, and update the software of the peer',
  }),
  alert('TLSV1_ALERT_DECRYPT_ERROR', {
    meaning: 'the peer found a signature or key exchange of the handshake wrong',
    causes: ['a client certificate whose key does not belong to it', 'a wrong pre-shared key'],
    hint: 'check that certificate and key belong together',
  }),
  alert('TLSV1_ALERT_INTERNAL_ERROR', {
    meaning: 'the peer failed for a reason that is not TLS',
    causes: ['a broken configuration of the server', 'no certificate for that name', 'a proxy whose backend is gone'],
    ...hint('read the log of the server', 'server-name'),
  }),
  alert('TLSV1_ALERT_INSUFFICIENT_SECURITY', {
    meaning: 'the peer wants stronger ciphers than were offered',
    causes: ['an outdated client', 'a cipher list that is too narrow'],
    hint: 'allow TLS 1.3 and modern ciphers on this side',
  }),
  alert('TLSV1_ALERT_ACCESS_DENIED', {
    meaning: 'the peer accepted the certificate but does not let it in',
    causes: ['a client certificate without the right for this server'],
    hint: 'ask who runs the server which certificates may enter',
  }),
  alert('TLSV1_ALERT_INAPPROPRIATE_FALLBACK', {
    meaning: 'the peer saw a needless step down to an older TLS version',
    causes: ['a client that tries again with older TLS', 'someone in between who forces old TLS'],
    hint: 'let the client offer its newest TLS version at once',
  }),
  tls('ERR_OSSL_X509_KEY_VALUES_MISMATCH', {
    meaning: 'the private key does not belong to the certificate',
    causes: ['files of different certificates', 'a chain file whose first certificate is not the own one'],
    ...hint(
      'the own certificate comes first in its file: compare its public key with that of the key',
      'client-certificate',
    ),
  }),
  tls('ERR_OSSL_UNSUPPORTED', {
    meaning: 'the key cannot be read: its form or its encryption is not supported',
    causes: ['not a private key', 'an old encryption of the key file', 'a certificate given as the key'],
    hint: 'look at the key with openssl pkey -text -noout, or convert it to PKCS#8',
  }),
  tls('ERR_OSSL_PEM_NO_START_LINE', {
    meaning: 'the file has no PEM block in it',
    causes: ['a DER or PKCS#12 file', 'an empty or wrong file'],
    hint: 'look for a line with BEGIN in the file, or convert it with openssl',
  }),
]
