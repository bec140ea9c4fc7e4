import { type Failure, failure } from '../../../core/failure.js'
import { type Recognised, spokenInstead } from '../../../core/first-bytes.js'
import { type Hinted, hint, NO_HINT } from '../../../core/hint.js'
import type { Anomaly, Rule } from '../../../protocol/http/anomaly.js'
import type { MessageEnd } from '../../../protocol/http/events.js'

/** What else than 400 a request is refused with (RFC 9110 15.5, 15.6). */
const STATUSES: Partial<Readonly<Record<Rule, number>>> = {
  'content-length-too-large': 413,
  'request-line-too-long': 414,
  'unknown-expectation': 417,
  'head-too-large': 431,
  'trailers-too-large': 431,
  'unknown-transfer-coding': 501,
  'unsupported-version': 505,
}

/** The status that a request is refused with for what is wrong with it; null where nothing keeps it from an answer. */
export function refusalStatus(anomalies: readonly Anomaly[]): number | null {
  for (const { rule, severity } of anomalies) {
    const statusCode = STATUSES[rule]
    if (statusCode !== undefined) return statusCode
    if (severity === 'error') return 400
  }
  return null
}

/** Why what came is no request, or not all of one. `undecoded` is what of it could not be read. */
export function requestFailure(
  anomalies: readonly Anomaly[],
  { stage, reason }: MessageEnd,
  undecoded: Uint8Array,
): Failure {
  const base = { phase: 'protocol', origin: 'peer' } as const
  const broken = anomalies.find(({ severity }) => severity === 'error')
  if (reason === 'timeout') {
    const message = `the client took too long for its request, which came as far as its ${stage}`
    return failure({ ...base, code: 'HTTP_REQUEST_TIMEOUT', message, ...NO_HINT })
  }
  const spoken = stage === 'head' ? spokenInstead('http', undecoded, 'client') : null
  const code = `HTTP_${(broken?.rule ?? 'incomplete').replaceAll('-', '_').toUpperCase()}`
  if (spoken)
    return failure({ ...base, code, message: `${spoken.what} came, and no HTTP/1 request`, ...hintFor(spoken) })
  const why = broken
    ? `${broken.text.replace(/\.$/, '')} (${broken.section}, byte ${broken.offset})`
    : 'it is not whole'
  return failure({ ...base, code, message: `no HTTP request that can be read: ${why}`, ...NO_HINT })
}

function hintFor({ protocol }: Recognised): Hinted {
  if (protocol === 'tls') return hint('the client wants TLS: speak it here', 'tls')
  if (protocol === 'http2') return hint('the client is to speak HTTP/1.1: HTTP/2 is not spoken here')
  return hint('the client may have the wrong port')
}
