import { rawHttpEvents, rawHttpResult } from '../../../operations/raw-http/events.js'
import { rawHttp as operation, type RawHttpEvent, type RawHttpSummary } from '../../../operations/raw-http/index.js'
import type { Command } from '../../command.js'
import { RAW_HTTP_FLAGS, RAW_HTTP_WORDS } from './flags.js'
import { type RawHttpCommandOptions, readRawHttp } from './options.js'
import { rawHttpView } from './view.js'

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
  events: rawHttpEvents,
  result: rawHttpResult,
  toOptions: readRawHttp,
  run: operation,
  keepsEvent: ({ type }, { show }) => !(type === 'body' && show === 'head'),
  view: rawHttpView,
}
