import { rawHttp as operation, type RawHttpEvent, type RawHttpSummary } from '../../../operations/raw-http/index.js'
import type { Command } from '../../command.js'
import {
  array,
  attemptFields,
  boolean,
  bytesFields,
  type Fields,
  integer,
  nullable,
  number,
  object,
  oneOf,
  port,
  string,
  tlsFields,
} from '../../schema.js'
import { RAW_HTTP_FLAGS, RAW_HTTP_WORDS } from './flags.js'
import { type RawHttpCommandOptions, readRawHttp } from './options.js'
import { rawHttpView } from './view.js'

const pairs = array({ type: 'array', items: string })
const headFields: Fields = {
  sequence: integer,
  offset: integer,
  statusCode: nullable(integer),
  statusText: string,
  httpVersion: string,
  headers: pairs,
  ...bytesFields,
}
const partFields: Fields = { sequence: integer, offset: nullable(integer), ...bytesFields }
const verdict = oneOf('complete', 'incomplete', 'malformed')
const ms = nullable(number)

export const rawHttp: Command<
  RawHttpCommandOptions,
  RawHttpEvent,
  RawHttpSummary,
  typeof RAW_HTTP_FLAGS,
  typeof RAW_HTTP_WORDS
> = {
  name: 'raw-http',
  summary: 'HTTP/1 requests as given, responses as they came, every deviation, and the times',
  positionals: RAW_HTTP_WORDS,
  flags: RAW_HTTP_FLAGS,
  examples: [
    ['netkit raw-http localhost:8080 /', 'the response as it came; on a terminal also where the time went'],
    ['netkit raw-http https://localhost:8443/a -H "Accept: text/html" --insecure', 'over TLS, with a header more'],
    ["printf 'hi\\r\\n' | netkit raw-http localhost --request -", 'these four bytes and no others'],
    ['netkit raw-http localhost /health --expect-status 200 --expect-under 300ms', 'a health check'],
  ],
  events: {
    request: {
      sequence: integer,
      method: nullable(string),
      target: nullable(string),
      httpVersion: nullable(string),
      sizeBytes: integer,
      ...bytesFields,
    },
    attempt: { host: string, ...attemptFields },
    connected: {
      host: nullable(string),
      port: nullable(port),
      address: nullable(string),
      path: nullable(string),
      localAddress: nullable(string),
      localPort: nullable(port),
      lookupMs: ms,
      connectMs: number,
      tlsMs: ms,
      tls: nullable(object(tlsFields)),
    },
    informational: headFields,
    response: {
      ...headFields,
      framing: oneOf('none', 'tunnel', 'invalid', 'length', 'chunked', 'close'),
      lengthBytes: nullable(integer),
      codings: array(string),
    },
    body: partFields,
    wire: partFields,
    rest: partFields,
    trailers: { sequence: integer, offset: integer, headers: pairs },
    anomaly: {
      sequence: integer,
      offset: integer,
      rule: string,
      severity: oneOf('error', 'warning', 'note'),
      section: string,
      text: string,
    },
    decoding: { sequence: integer, decoded: array(string), left: array(string) },
    end: {
      sequence: integer,
      verdict,
      stage: oneOf('start', 'head', 'body', 'trailers', 'done'),
      reason: nullable(oneOf('fin', 'no-close-notify', 'reset', 'timeout', 'abort')),
      bodyBytes: integer,
      suppressedAnomalies: integer,
    },
    timing: {
      sequence: integer,
      lookupMs: ms,
      connectMs: ms,
      tlsMs: ms,
      sendMs: ms,
      waitMs: ms,
      receiveMs: ms,
      lookupDoneMs: ms,
      connectDoneMs: ms,
      tlsDoneMs: ms,
      sendDoneMs: ms,
      waitDoneMs: ms,
      totalMs: number,
    },
    broken: { sequence: integer, expected: string, actual: string },
    resent: { sequence: integer, reason: oneOf('fin', 'no-close-notify', 'reset') },
    closed: { closeNotify: nullable(boolean) },
  },
  result: {
    statusCode: nullable(integer),
    verdict: nullable(verdict),
    requests: integer,
    responses: integer,
    connections: integer,
    resent: integer,
    bodyBytes: integer,
    wireBytes: integer,
    anomalies: integer,
    statistics: nullable(
      object({
        sent: integer,
        received: integer,
        lossPercent: number,
        minMs: ms,
        meanMs: ms,
        medianMs: ms,
        p95Ms: ms,
        maxMs: ms,
      }),
    ),
  },
  toOptions: readRawHttp,
  run: operation,
  keepsEvent: ({ type }, { show }) => !(type === 'body' && show === 'head'),
  view: rawHttpView,
}
