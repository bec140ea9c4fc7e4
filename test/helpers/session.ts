import { Deadline } from '../../src/core/deadline.js'
import type { Outcome } from '../../src/core/outcome.js'
import {
  type ConnectEvent,
  type ConnectSummary,
  connect,
  type HostPort,
  type SessionMode,
} from '../../src/operations/connect/index.js'

export interface Said {
  readonly outcome: Outcome<ConnectSummary>
  readonly events: readonly ConnectEvent[]
  readonly received: Buffer
  /** The failure's code, origin and phase; null where it went well. */
  readonly failed: { readonly code: string; readonly origin: string; readonly phase: string } | null
}

export interface SessionSettings extends Partial<Omit<SessionMode, 'kind' | 'input'>> {
  readonly input?: AsyncIterable<Uint8Array> | string | Uint8Array
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
  readonly deadline?: Deadline
  readonly onEvent?: (event: ConnectEvent) => void
}

/** One session of the operation, with everything that it told. */
export async function session(
  target: number | HostPort,
  { input = '', timeoutMs = 10_000, signal, deadline, onEvent, ...mode }: SessionSettings = {},
): Promise<Said> {
  const events: ConnectEvent[] = []
  const received: Buffer[] = []
  const outcome = await connect(
    {
      endpoints: [typeof target === 'number' ? { host: '127.0.0.1', port: target } : target],
      reach: { family: undefined, sourceAddress: undefined, sourcePort: undefined, timeoutMs },
      mode: {
        kind: 'session',
        transport: 'tcp',
        tls: null,
        starttls: null,
        proxy: null,
        idleMs: null,
        steps: [],
        unseenFile: null,
        crlf: false,
        output: null,
        outputFile: null,
        recordFile: null,
        endsWithPeer: false,
        halfClose: 'always',
        ...mode,
        input: typeof input === 'string' || input instanceof Uint8Array ? once(input) : input,
      },
    },
    {
      signal: signal ?? new AbortController().signal,
      deadline: deadline ?? Deadline.never,
      emit: (event) => {
        if (event.type === 'data') {
          const bytes = Buffer.from(event.bytes)
          if (event.direction === 'received') received.push(bytes)
          events.push({ ...event, bytes })
        } else events.push(event)
        onEvent?.(event)
      },
    },
  )
  const failed = outcome.ok
    ? null
    : { code: outcome.failure.code, origin: outcome.failure.origin, phase: outcome.failure.phase }
  return { outcome, events, received: Buffer.concat(received), failed }
}

async function* once(input: string | Uint8Array): AsyncGenerator<Uint8Array> {
  if (input.length > 0) yield Buffer.from(input)
}

/** An input that never says anything and never ends, as a terminal at which nobody types. */
export async function* silentInput(): AsyncGenerator<Uint8Array> {
  await new Promise(() => {})
  yield new Uint8Array()
}
