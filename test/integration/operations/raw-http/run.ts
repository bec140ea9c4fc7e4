import type { Socket } from 'node:net'
import { Deadline } from '../../../../src/core/deadline.js'
import type { Outcome } from '../../../../src/core/outcome.js'
import {
  type RawHttpEvent,
  type RawHttpOptions,
  type RawHttpSummary,
  rawHttp,
} from '../../../../src/operations/raw-http/index.js'
import { listening } from '../../../helpers/sockets.js'

export const NOTHING_EXPECTED: RawHttpOptions['expect'] = {
  success: false,
  statuses: [],
  headers: [],
  body: null,
  under: [],
}

export function optionsFor(port: number, more: Partial<RawHttpOptions> = {}): RawHttpOptions {
  return {
    peer: { kind: 'tcp', host: '127.0.0.1', port },
    reach: { family: undefined, sourceAddress: undefined, sourcePort: undefined, timeoutMs: 5000 },
    tls: null,
    request: get(),
    count: 1,
    idleMs: 20_000,
    wire: false,
    decompress: false,
    maxBodyBytes: null,
    output: null,
    dryRun: false,
    strict: false,
    expect: NOTHING_EXPECTED,
    ...more,
  }
}

export function get(method = 'GET'): RawHttpOptions['request'] {
  const defaults = { host: 'localhost', userAgent: 'netkit' }
  return { kind: 'fields', method, target: '/', httpVersion: '1.1', headers: [], defaults, body: null, chunked: false }
}

export interface Ran {
  readonly outcome: Outcome<RawHttpSummary>
  readonly events: readonly RawHttpEvent[]
  /** Of all body events. */
  readonly body: string
}

export async function run(
  options: RawHttpOptions,
  { signal = new AbortController().signal, deadline = Deadline.never, onEvent = (_: RawHttpEvent) => {} } = {},
): Promise<Ran> {
  const events: RawHttpEvent[] = []
  const outcome = await rawHttp(options, {
    signal,
    deadline,
    emit: (event) => {
      events.push('bytes' in event ? { ...event, bytes: Uint8Array.from(event.bytes) } : event)
      onEvent(event)
    },
  })
  const body = events.flatMap((event) => (event.type === 'body' ? [Buffer.from(event.bytes)] : []))
  return { outcome, events, body: Buffer.concat(body).toString('latin1') }
}

/** A server that hears a head and lets `answer` do the rest. */
export async function answering(answer: (socket: Socket, request: string) => void | Promise<void>): Promise<number> {
  const { port } = await listening((socket) => {
    let heard = ''
    socket.setNoDelay(true)
    socket.on('data', (chunk: Buffer) => {
      heard += chunk.toString('latin1')
      if (!heard.includes('\r\n\r\n')) return
      const request = heard
      heard = ''
      void answer(socket, request)
    })
  })
  return port
}

export function ofType<T extends RawHttpEvent['type']>(
  events: readonly RawHttpEvent[],
  type: T,
): Extract<RawHttpEvent, { type: T }>[] {
  return events.filter((event): event is Extract<RawHttpEvent, { type: T }> => event.type === type)
}
