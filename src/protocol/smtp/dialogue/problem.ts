import { counted } from '../../../core/text/digits.js'
import { formatDuration } from '../../../core/text/duration.js'
import { type Reply, replyCodes } from '../reply.js'
import type { ReplyError } from '../reply-decoder.js'
import { type Stage, stageName } from './stages.js'

/** Why a dialogue, a message or a recipient came to nothing; what a Failure is made of. */
export interface Problem {
  /**
   * `refused`: the server said no (4xx, 5xx). `protocol`: it broke the protocol. `unsupported`: it lacks what was asked
   * for. `policy`: netkit will not. `timeout`: no answer in time. `lost`: the connection ended. `aborted`: by the caller.
   */
  readonly kind: 'refused' | 'protocol' | 'unsupported' | 'policy' | 'timeout' | 'lost' | 'aborted'
  /** SMTP_550 for a refusal, SMTP_NO_STARTTLS and its kin, EAGAIN for a timeout, ECANCELED, or the code of a lost connection. */
  readonly code: string
  readonly stage: Stage
  readonly reply: Reply | null
  /** One sentence in our words: no text of the peer's. */
  readonly message: string
  /** Of a refusal: that the connection was lost behind it. */
  readonly aftermath?: Problem
}

/** Ends a dialogue from anywhere within its steps; never leaves the room. */
export class DialogueStop extends Error {
  readonly problem: Problem

  constructor(problem: Problem) {
    super(problem.message)
    this.problem = problem
  }
}

/** What was said in a stage goes by `name`: EHLO, HELO and LHLO are one stage. */
export function refused(stage: Stage, reply: Reply, name = stageName(stage)): Problem {
  const what = stage === 'banner' ? 'the server greets with' : `${name} was answered by`
  const lasting = reply.code < 500 ? 'a temporary refusal' : 'a refusal'
  const message = `${what} ${replyCodes(reply)}, ${lasting}`
  return { kind: 'refused', code: `SMTP_${reply.code}`, stage, reply, message }
}

/** A refusal that answers nothing: the server gives up before `name` is sent. */
export function refusedUnasked(stage: Stage, reply: Reply, name: string): Problem {
  return { ...refused(stage, reply), message: `before ${name} the server said ${replyCodes(reply)}, unasked` }
}

export function unexpectedReply(stage: Stage, reply: Reply, name: string): Problem {
  const message = `${name} was answered by ${reply.code}, which has no place there`
  return { kind: 'protocol', code: 'SMTP_UNEXPECTED_REPLY', stage, reply, message }
}

export function protocolError(stage: Stage, code: string, message: string): Problem {
  return { kind: 'protocol', code, stage, reply: null, message }
}

export function unsupported(stage: Stage, code: string, message: string): Problem {
  return { kind: 'unsupported', code, stage, reply: null, message }
}

export function policy(stage: Stage, code: string, message: string): Problem {
  return { kind: 'policy', code, stage, reply: null, message }
}

export function timedOut(stage: Stage, name: string, waitedMs: number): Problem {
  const message = `${name}: no answer in time (${formatDuration(waitedMs)})`
  return { kind: 'timeout', code: 'EAGAIN', stage, reply: null, message }
}

/** `code` is the error of the connection, null for a close by the peer. */
export function lost(stage: Stage, name: string, code: string | null, pendingBytes: number): Problem {
  const where = pendingBytes > 0 ? ` after ${counted(pendingBytes, 'byte')} of an unfinished reply` : ''
  const how = code === null ? 'the server closed the connection' : 'the connection was lost'
  return {
    kind: 'lost',
    code: code ?? 'SMTP_CLOSED',
    stage,
    reply: null,
    message: `${name}: ${how}${where}`,
  }
}

export function aborted(stage: Stage, name: string, why: string): Problem {
  return { kind: 'aborted', code: 'ECANCELED', stage, reply: null, message: `${name}: ${why}` }
}

export function undecodable(stage: Stage, error: ReplyError): Problem {
  return protocolError(stage, 'SMTP_PROTOCOL', `the server does not speak SMTP at byte ${error.offset}: ${error.text}`)
}
