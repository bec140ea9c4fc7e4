import type { WholeResponse } from './whole-response.js'

/** What came with a request, as far as its handler kept it. */
export interface RequestBody {
  readonly sizeBytes: number
  readonly bytes: Uint8Array
}

export const NO_BODY: RequestBody = { sizeBytes: 0, bytes: new Uint8Array() }

/** One request and its answer. The handler answers, now or later. */
export interface Exchange {
  readonly request: WholeResponse['req']
  readonly response: WholeResponse
  /** How long the connection stays open for a next request, as the client is told. */
  readonly keepAliveMs: number
  /** When its head had come, as performance.now() has it. */
  readonly startedMs: number
  /** Set by a handler that reads the body. */
  body: RequestBody
  /** Bytes of the answer's body handed over so far. */
  sentBytes: number
}
