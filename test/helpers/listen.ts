import { connect, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import { Deadline } from '../../src/core/deadline.js'
import type { Outcome } from '../../src/core/outcome.js'
import {
  type ListenEvent,
  type ListeningEvent,
  type ListenOptions,
  type ListenSummary,
  listen,
} from '../../src/operations/listen/index.js'

type EventOf<Type extends ListenEvent['type']> = Extract<ListenEvent, { type: Type }>

export interface Listening {
  readonly port: number
  readonly where: ListeningEvent
  readonly events: readonly ListenEvent[]
  /** The events of one type so far. */
  all<Type extends ListenEvent['type']>(type: Type): EventOf<Type>[]
  /** The n-th event of a type, from 1, once it is there. */
  event<Type extends ListenEvent['type']>(type: Type, n?: number): Promise<EventOf<Type>>
  stop(): Promise<Outcome<ListenSummary>>
  readonly outcome: Promise<Outcome<ListenSummary>>
}

export const TCP = { kind: 'tcp', host: '127.0.0.1', port: 0, ipv6Only: false, reusePort: false } as const
export const UDP = { ...TCP, kind: 'udp' } as const

/** Options for a listener on a free port of loopback that says nothing. */
export function listenOptions(options: Partial<ListenOptions> = {}): ListenOptions {
  return {
    target: TCP,
    mode: { kind: 'conversation' },
    fault: null,
    tls: null,
    count: Number.POSITIVE_INFINITY,
    maxConnections: undefined,
    backlog: undefined,
    idleTimeoutMs: null,
    allow: [],
    deny: [],
    input: null,
    ...options,
  }
}

/** Listens until the test ends. */
export async function startListening(
  options: Partial<ListenOptions> = {},
  deadline = Deadline.never,
): Promise<Listening> {
  const controller = new AbortController()
  const events: ListenEvent[] = []
  let wake: () => void = () => {}
  let changed = new Promise<void>((resolve) => {
    wake = resolve
  })
  const emit = (event: ListenEvent) => {
    events.push(event)
    wake()
    changed = new Promise((resolve) => {
      wake = resolve
    })
  }
  const outcome = listen(listenOptions(options), { signal: controller.signal, deadline, emit })
  const all = <Type extends ListenEvent['type']>(type: Type) =>
    events.filter((event): event is EventOf<Type> => event.type === type)
  const event = async <Type extends ListenEvent['type']>(type: Type, n = 1): Promise<EventOf<Type>> => {
    for (;;) {
      const found = all(type)[n - 1]
      if (found) return found
      await changed
    }
  }
  const stop = () => {
    controller.abort()
    return outcome
  }
  onTestFinished(async () => void (await stop()))
  const where = await Promise.race([
    event('listening'),
    outcome.then((ended) => {
      throw new Error(`it did not listen: ${ended.ok ? 'ended' : ended.failure.message}`)
    }),
  ])
  return { port: where.port ?? 0, where, events, all, event, stop, outcome }
}

/** A client's connection; errors are kept for the test to look at. */
export interface Client {
  readonly socket: Socket
  /** All that came, once the server is done. */
  readonly received: Promise<Buffer>
  /** The code that the connection ended with, or null for a clean end. */
  readonly ended: Promise<string | null>
  /** Resolves when so many bytes are there. */
  bytes(count: number): Promise<Buffer>
}

export async function client(to: number | string, { allowHalfOpen = true } = {}): Promise<Client> {
  const socket = connect(
    typeof to === 'number' ? { port: to, host: '127.0.0.1', allowHalfOpen } : { path: to, allowHalfOpen },
  )
  const chunks: Buffer[] = []
  let code: string | null = null
  let wake: () => void = () => {}
  socket.on('data', (chunk) => {
    chunks.push(chunk)
    wake()
  })
  socket.on('error', (error: NodeJS.ErrnoException) => {
    code = error.code ?? 'ERROR'
  })
  const all = () => Buffer.concat(chunks)
  const received = new Promise<Buffer>((resolve) => {
    socket.once('end', () => resolve(all()))
    socket.once('close', () => resolve(all()))
  })
  const ended = new Promise<string | null>((resolve) => socket.once('close', () => resolve(code)))
  onTestFinished(() => void socket.destroy())
  await new Promise<void>((resolve) => {
    socket.once('connect', resolve)
    socket.once('close', resolve)
  })
  const bytes = async (count: number) => {
    while (all().length < count && !socket.destroyed) {
      await new Promise<void>((resolve) => {
        wake = resolve
        socket.once('close', resolve)
      })
    }
    return all()
  }
  return { socket, received, ended, bytes }
}
