import { expect } from 'vitest'
import { DataEncoder } from '../../../../src/protocol/smtp/data-encoder.js'
import type { Action, DialogueEvent, TranscriptItem } from '../../../../src/protocol/smtp/dialogue/conversation.js'
import { Dialogue } from '../../../../src/protocol/smtp/dialogue/dialogue.js'
import type { DialoguePlan } from '../../../../src/protocol/smtp/dialogue/plan.js'
import type { DialogueResult } from '../../../../src/protocol/smtp/dialogue/result.js'
import { replyText } from '../../../../src/protocol/smtp/reply.js'

/** What a server does next: it says something or is silent, and perhaps is gone then. */
export interface Turn {
  readonly say?: string | undefined
  readonly gone?: boolean
}

export interface Server {
  /** The bytes of one flight, everything the client wrote before it waited; null right after the connection is made. */
  hear(flight: string | null): Turn
}

export interface Talk {
  readonly result: DialogueResult
  readonly transcript: readonly TranscriptItem[]
  /** What the client wrote, flight by flight. */
  readonly flights: readonly string[]
}

export interface DriveOptions {
  /** Deliver what the server says byte by byte. */
  readonly byByte?: boolean
  /** Deliver each thing that it says in two pieces, the first of so many bytes. */
  readonly cutAt?: number
  readonly content?: string
  /** Each character that the server says is one byte. */
  readonly latin1?: boolean
  /** What the handshake brings instead of success. */
  readonly handshake?: DialogueEvent
  readonly secure?: boolean
}

/** Performs a dialogue against a server that is a function: no network, no clock. A silent server is a timeout. */
export function drive(plan: DialoguePlan, server: Server, options: DriveOptions = {}): Talk {
  const dialogue = new Dialogue(plan)
  const transcript: TranscriptItem[] = []
  const flights: string[] = []
  let flight = ''
  let closed = false
  let events: DialogueEvent[] = [{ type: 'connected', secure: options.secure ?? false }]

  function perform(action: Action): DialogueEvent[] {
    switch (action.type) {
      case 'write':
        flight += Buffer.from(action.bytes).toString('latin1')
        return []
      case 'sendMessage': {
        const encoder = new DataEncoder()
        const content = Buffer.from(encoder.transform(Buffer.from(options.content ?? 'hi\r\n')))
        flight += content.toString('latin1') + Buffer.from(encoder.finish()).toString('latin1')
        return [{ type: 'messageSent' }]
      }
      case 'startTls':
        return [options.handshake ?? { type: 'secured' }]
      case 'note':
        transcript.push(action.item)
        return []
      case 'await':
        expect(action.timeoutMs).toBeGreaterThan(0)
        return []
      case 'close':
        closed = true
        return []
    }
  }

  for (let first = true, timeouts = 0; !closed; ) {
    const event = events.shift()
    if (event) {
      const follow = dialogue.handle(event).flatMap(perform)
      events = [...follow, ...events]
      continue
    }
    if (flight !== '') flights.push(flight)
    const turn = server.hear(first ? null : flight)
    first = false
    flight = ''
    if (turn.say) events.push(...deliver(turn.say, options))
    if (turn.gone) events.push({ type: 'lost', code: null })
    if (events.length === 0) {
      timeouts++
      expect(timeouts, 'the dialogue goes on waiting after a timeout').toBe(1)
      events.push({ type: 'timeout' })
    }
  }
  if (flight !== '') flights.push(flight)
  const { result } = dialogue
  if (result === null) throw new Error('closed without a result')
  expect(dialogue.handle({ type: 'timeout' })).toEqual([])
  return { result, transcript, flights }
}

function deliver(text: string, { byByte = false, cutAt = 0, latin1 = false }: DriveOptions): DialogueEvent[] {
  const all = Buffer.from(text, latin1 ? 'latin1' : 'utf8')
  if (!byByte) {
    const pieces = cutAt > 0 && cutAt < all.length ? [all.subarray(0, cutAt), all.subarray(cutAt)] : [all]
    return pieces.map((bytes) => ({ type: 'bytes', bytes }))
  }
  return Array.from(all, (_, i) => ({ type: 'bytes', bytes: all.subarray(i, i + 1) }))
}

export type Script = (readonly [hears: string, says: string | null])[]

/** A server that expects these very flights, in pairs: what it hears, what it says. The first hears nothing. */
export function scripted(...script: Script): Server {
  const left = [...script]
  return {
    hear(flight) {
      const [hears, says] = left.shift() ?? ['(the end of the script)', null]
      expect(flight ?? '').toBe(hears)
      return says === null ? { gone: true } : { say: says }
    },
  }
}

/** Drives a script twice, whole and byte by byte: both must come to the same. */
export function converse(plan: DialoguePlan, ...script: Script): Talk {
  const whole = drive(plan, scripted(...script))
  expect(drive(plan, scripted(...script), { byByte: true })).toEqual(whole)
  return whole
}

/** A transcript as text, as a person would see it. */
export function story(transcript: readonly TranscriptItem[]): string {
  return transcript
    .map((item) => {
      if (item.what === 'command') return `> ${item.text}`
      if (item.what === 'reply') return `${item.unexpected ? '<!' : '<'} ${item.reply.code} ${replyText(item.reply)}`
      if (item.what === 'stray') return `<? ${item.rule} ${Buffer.from(item.bytes).toString('latin1')}`
      if (item.what === 'unanswered') return `<? ${item.problem.code}`
      return item.what === 'tls' ? '= TLS' : `> message ${item.message}`
    })
    .join('\n')
}
