import type { Reply } from '../reply.js'
import type { ReplyRule } from '../reply-decoder.js'
import type { Problem } from './problem.js'
import type { Stage } from './stages.js'

/** What happened on the connection. */
export type DialogueEvent =
  /** `secure` if TLS is in place already (port 465). */
  | { readonly type: 'connected'; readonly secure: boolean }
  | { readonly type: 'bytes'; readonly bytes: Uint8Array }
  /** The handshake that `startTls` asked for is done. */
  | { readonly type: 'secured' }
  /** The content that `sendMessage` asked for is written, its end included. */
  | { readonly type: 'messageSent' }
  /** The time of the last `await` (or of a step within `startTls`, `sendMessage`) is over. */
  | { readonly type: 'timeout' }
  /** The connection is gone, with the error's code, or null if the peer closed it. */
  | { readonly type: 'lost'; readonly code: string | null }
  /** The caller gives up, for a reason in words. */
  | { readonly type: 'abort'; readonly reason: string }

/** What is to be done, one after the other: a write after `sendMessage` waits until the message is out. */
export type Action =
  | { readonly type: 'write'; readonly bytes: Uint8Array }
  /** Expect a reply within that time, counted from this action; more bytes do not prolong it. */
  | { readonly type: 'await'; readonly stage: Stage; readonly timeoutMs: number }
  /** Begin TLS. What the socket still gives in plaintext must come in as `bytes`: it is an attack. */
  | { readonly type: 'startTls'; readonly timeoutMs: number }
  /** Write `messages[message]` through a DataEncoder, its `finish` included; the time is for each block. */
  | { readonly type: 'sendMessage'; readonly message: number; readonly timeoutMs: number }
  | { readonly type: 'note'; readonly item: TranscriptItem }
  /** Close the connection: it is over. */
  | { readonly type: 'close' }

/**
 * Why bytes are no reply to anything: how they break the form of one, or that it was never ended, that nobody had asked, or
 * that they came where TLS was to begin.
 */
export type StrayRule = ReplyRule | 'unfinished' | 'unsolicited' | 'plaintext'

/** One line of the story. No secret is ever part of one: they are built without. */
export type TranscriptItem =
  | {
      readonly what: 'command'
      readonly stage: Stage
      readonly text: string
      readonly elided: boolean
      readonly secure: boolean
    }
  | {
      readonly what: 'reply'
      readonly stage: Stage
      readonly reply: Reply
      /** Not what the protocol goes on with. */
      readonly unexpected: boolean
      readonly secure: boolean
    }
  | {
      readonly what: 'stray'
      readonly stage: Stage
      readonly rule: StrayRule
      /** As they came, but for secrets; the first KiB. */
      readonly bytes: Uint8Array
      /** Of all of them, with secrets as they are shown. */
      readonly sizeBytes: number
      readonly secure: boolean
    }
  /** QUIT got no reply; of every other command the result tells. */
  | { readonly what: 'unanswered'; readonly stage: Stage; readonly problem: Problem; readonly secure: boolean }
  /** The content of a message went out here; its size where it is known. */
  | { readonly what: 'message'; readonly message: number; readonly sizeBytes: number | null; readonly secure: boolean }
  /** TLS is in place from here on. */
  | { readonly what: 'tls' }

/** A step of the dialogue as a coroutine: it yields when it needs an event. */
export type DialogueSteps<T> = Generator<void, T, DialogueEvent>
