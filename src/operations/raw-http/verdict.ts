import type { Endpoint } from '../../core/address/endpoint.js'
import { type Failure, failure } from '../../core/failure.js'
import { type Recognised, spokenInstead } from '../../core/first-bytes.js'
import { type Hinted, hint } from '../../core/hint.js'
import type { ResponseSink } from './response-sink.js'
import type { AnomalyEvent } from './types.js'

/** Why a response is not what it should be, or null. The connection's own failure explains a cut better than the cut. */
export function verdictFailure(
  sink: ResponseSink,
  lost: Failure | null,
  endpoint: Endpoint,
  strict: boolean,
): Failure | null {
  const { end, firstFault, problem } = sink
  if (problem) return problem
  if (lost && end?.verdict !== 'complete') return lost
  if (end?.verdict !== 'complete' || (strict && firstFault)) return anomalyFailure(firstFault, endpoint, sink.beginning)
  return null
}

/** `HTTP_` and the rule, such as `HTTP_TRUNCATED_BODY`: phase protocol, exit 7. */
function anomalyFailure(anomaly: AnomalyEvent | null, endpoint: Endpoint, beginning: Uint8Array): Failure {
  const base = { phase: 'protocol', origin: 'peer', endpoint } as const
  if (!anomaly) {
    return failure({ ...base, code: 'HTTP_INCOMPLETE', message: 'the response did not come to its end' })
  }
  const { rule, text, offset, section } = anomaly
  const code = `HTTP_${rule.replaceAll('-', '_').toUpperCase()}`
  const spoken = rule === 'http-09' ? spokenInstead('http', beginning, 'server') : null
  if (spoken)
    return failure({ ...base, code, message: `${spoken.what} came, and no HTTP/1 response`, ...hintOfOther(spoken) })
  return failure({
    ...base,
    code,
    message: `${text.replace(/\.$/, '')} (${section}, byte ${offset})`,
    ...hintFor(rule, offset),
  })
}

function hintOfOther({ protocol }: Recognised): Hinted {
  if (protocol === 'tls') return hint('the server wants TLS: speak it', 'tls')
  if (protocol === 'http2') return hint('the server speaks HTTP/2 here, and HTTP/1 alone is spoken by this side')
  return hint('another service has this port: check its number')
}

function hintFor(rule: AnomalyEvent['rule'], offset: number): Hinted {
  if (rule === 'no-close-notify')
    return hint(
      'TCP ended and TLS did not: cut off on the way, or a server that leaves the alert out; nothing tells which',
    )
  if (rule === 'no-response')
    return hint(
      offset === 0
        ? 'nothing came at all: check that the port speaks HTTP, and whether it expects TLS (https://); see the log of the server'
        : 'the connection ended before anything came in answer to this request: see the log of the server',
    )
  return hint('look at what came, byte for byte', 'raw-bytes')
}
