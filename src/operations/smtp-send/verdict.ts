import type { Endpoint } from '../../core/endpoint.js'
import { abortFailure, combineFailures, deadlineFailure, type Failure, failure } from '../../core/failure.js'
import {
  type DialogueResult,
  lineText,
  type Problem,
  type RecipientResult,
  type Reply,
  replyCodes,
} from '../../protocol/smtp/index.js'
import type { DriverEnd } from './driver.js'
import { hintFor } from './hints.js'
import type { Transcript } from './transcript.js'
import type { ReplyExpectation } from './types.js'

/** Why a dialogue did not do what it was asked to, or null. Stated expectations decide about the replies of their stages. */
export function verdict(
  { result, failure: lost }: DriverEnd,
  expectations: readonly ReplyExpectation[],
  transcript: Transcript,
  endpoint: Endpoint,
): Failure | null {
  const { problem } = result
  const stages = new Set(expectations.map(({ stage }) => stage))
  if (problem && problem.kind !== 'refused') return problemFailure(problem, lost, endpoint)
  if (problem && !stages.has(problem.stage)) return refusal(result, problem, endpoint)
  for (const stage of stages) {
    const codes = expectations.flatMap((each) => (each.stage === stage ? [each.code] : []))
    const replies = transcript.repliesAt(stage)
    const other = replies.find((reply) => !codes.some((code) => bears(reply, code)))
    if (other || replies.length === 0) return unmet(stage, codes, other ?? null, endpoint)
  }
  return problem || result.ok || stages.size > 0 ? null : incomplete(endpoint)
}

/** `550`, `5xx` or `5.1.1`. */
function bears(reply: Reply, code: string): boolean {
  if (code.includes('.')) return reply.enhancedCode === code
  const digits = String(reply.code)
  return [...code.toLowerCase()].every((character, i) => character === 'x' || character === digits[i])
}

function unmet(stage: string, codes: readonly string[], reply: Reply | null, endpoint: Endpoint): Failure {
  const came = reply === null ? 'that stage was not reached' : `the reply was ${withText(reply)}`
  const message = `expected ${codes.join(' or ')} at ${stage}, and ${came}`
  return failure({ phase: 'read', origin: 'expectation', code: 'SMTP_UNMET', message, hint: null, endpoint })
}

function incomplete(endpoint: Endpoint): Failure {
  const message = 'not every recipient was accepted'
  return failure({ phase: 'read', origin: 'peer', code: 'SMTP_INCOMPLETE', message, hint: null, endpoint })
}

/** A refusal of the dialogue, of a message or of recipients; some of several recipients are a partial no. */
function refusal(result: DialogueResult, problem: Problem, endpoint: Endpoint): Failure {
  const recipients = result.messages.flatMap((message) => message.recipients)
  const failed = recipients.filter(({ status }) => status !== 'accepted')
  if (failed.length === 0 || recipients.length === 1) return problemFailure(problem, null, endpoint)
  if (failed.some(({ reply }) => reply === null)) return problemFailure(problem, null, endpoint)
  const failures = failed.map((recipient) => recipientFailure(recipient, problem, endpoint))
  return combineFailures(failures, recipients.length, 'recipients')
}

function recipientFailure({ address, reply, stage }: RecipientResult, problem: Problem, endpoint: Endpoint): Failure {
  const code = reply ? `SMTP_${reply.code}` : problem.code
  const message = `${address} was refused${reply ? `: ${withText(reply)}` : ''}`
  return failure({ phase: 'read', origin: 'peer', code, message, hint: hintFor(code, stage, reply), endpoint })
}

/** A problem of the dialogue as a failure. `lost` is that of the connection, which knows more. */
function problemFailure({ kind, code, stage, reply, message }: Problem, lost: Failure | null, endpoint: Endpoint) {
  const hint = hintFor(code, stage, reply)
  switch (kind) {
    case 'timeout':
      return deadlineFailure('read', message, { endpoint })
    case 'aborted':
      return { ...(lost ?? abortFailure('read', message, { endpoint })), message }
    case 'lost': {
      if (lost?.phase === 'tls') return { ...lost, hint: hintFor(lost.code, stage, null) ?? lost.hint }
      if (lost) return { ...lost, message: `${message}: ${lost.message}` }
      return failure({ phase: 'read', origin: 'peer', code, message, hint, endpoint })
    }
    case 'protocol':
      return failure({ phase: 'protocol', origin: 'peer', code, message, hint, endpoint })
    case 'policy':
      return failure({ phase: 'protocol', origin: 'expectation', code, message, hint, endpoint })
    default: {
      const told = reply ? `${message}: ${textOf(reply)}` : message
      return failure({ phase: 'read', origin: 'peer', code, message: told, hint, endpoint })
    }
  }
}

function withText(reply: Reply): string {
  return `${replyCodes(reply)} ${textOf(reply)}`.trim()
}

/** A peer's text, for whoever escapes it; the enhanced code is told apart. */
function textOf(reply: Reply): string {
  const strip = reply.enhancedCode === null ? '' : `${reply.enhancedCode} `
  return reply.lines
    .map(lineText)
    .map((line) => (line.startsWith(strip) ? line.slice(strip.length) : line))
    .join(' ')
}
