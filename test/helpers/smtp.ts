import { Deadline } from '../../src/core/deadline.js'
import type { Failed, Outcome } from '../../src/core/outcome.js'
import {
  type SmtpSendEvent,
  type SmtpSendOptions,
  type SmtpSendSummary,
  smtpSend,
} from '../../src/operations/smtp-send/index.js'

export interface Sent {
  readonly outcome: Outcome<SmtpSendSummary>
  readonly events: readonly SmtpSendEvent[]
}

/** A plain mail to d@e.example over 127.0.0.1, but for what is said otherwise. */
export function options(port: number, more: Partial<SmtpSendOptions> = {}): SmtpSendOptions {
  return {
    route: { kind: 'server', host: '127.0.0.1', port },
    reach: { family: undefined, sourceAddress: undefined, sourcePort: undefined, timeoutMs: 10_000 },
    helo: 'client.example',
    lmtp: false,
    security: 'auto',
    tls: {},
    auth: null,
    envelope: { from: 'a@b.example', to: ['d@e.example'], dsnNotify: null, dsnReturn: null, envelopeId: null },
    content: dataOf('Subject: hi\r\n\r\nhello\r\n'),
    repeat: 1,
    quitAfter: null,
    expectReply: [],
    replyTimeoutMs: 10_000,
    pipelining: true,
    ...more,
  }
}

export function dataOf(bytes: string | Uint8Array) {
  return { kind: 'data', source: { kind: 'bytes', bytes: Buffer.from(bytes) } } as const
}

export function envelopeTo(...to: readonly string[]) {
  return { from: 'a@b.example', to, dsnNotify: null, dsnReturn: null, envelopeId: null }
}

/** Runs the operation to its end. `onEvent` is called within the turn in which it happens. */
export async function send(
  given: SmtpSendOptions,
  signal = new AbortController().signal,
  onEvent: (event: SmtpSendEvent) => void = () => {},
): Promise<Sent> {
  const events: SmtpSendEvent[] = []
  const emit = (event: SmtpSendEvent) => {
    events.push(event)
    onEvent(event)
  }
  const outcome = await smtpSend(given, { signal, deadline: Deadline.never, emit })
  return { outcome, events }
}

export function ofType<T extends SmtpSendEvent['type']>(events: readonly SmtpSendEvent[], type: T) {
  return events.filter((event): event is Extract<SmtpSendEvent, { type: T }> => event.type === type)
}

/** The failure of a run; fails the test where it went well. */
export function failureOf({ outcome }: Sent): Failed<SmtpSendSummary>['failure'] {
  if (outcome.ok) throw new Error('it went well')
  return outcome.failure
}
