import { array, boolean, integer, nullable, object, text } from '../../core/shape.js'

/** One certificate of a chain. */
export const certificateShape = {
  subject: text,
  issuer: text,
  altNames: array(text),
  /** RFC 3339, UTC. */
  validFrom: text,
  validTo: text,
  daysLeft: integer,
  serialNumber: text,
  fingerprint256: text,
}

/** What the two ends agreed on. */
export const sessionShape = {
  protocol: text,
  cipher: text,
  /** RFC 7301. */
  alpn: nullable(text),
  /** The name that the client asked for (SNI). */
  servername: nullable(text),
}

/** What TLS agreed on, and with whom. */
export const tlsShape = {
  ...sessionShape,
  authorized: boolean,
  /** Why verification failed under `insecure`: a code such as CERT_HAS_EXPIRED. */
  authorizationError: nullable(text),
  /** As the peer sent it, leaf first. */
  chain: array(object(certificateShape)),
}
