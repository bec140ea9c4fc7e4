import type { Endpoint } from '../../core/address/endpoint.js'
import { abortFailure, combineFailures, deadlineFailure, type Failure, failure } from '../../core/failure.js'
import { NO_HINT } from '../../core/hint.js'
import { lineText, type Problem, type RecipientResult, type Reply, replyCodes } from '../../protocol/smtp/index.js'
import type { DriverEnd } from './delivery/driver.js'
import { type HintContext, handshakeHint, hintFor } from './hints.js'
import type { Transcript } from './transcript.js'
import type { SmtpSendOptions } from './types.js'

/** Which server said it, and what hints depend on. */
interface Setting extends HintContext {
  readonly endpoint: Endpoint
}

/** Why a dialogue did not do what it was asked to, or null. Stated expectations decide about the replies of their stages. */
export function verdict(
  { result, failure: lost, bytesIn }: DriverEnd,
  { expectReply: expectations, content }: SmtpSendOptions,
  transcript: Transcript,
  endpoint: Endpoint,
): Failure | null {
  const { problem } = result
  const recipients = result.messages.flatMap((message) => message.recipients)
  const setting: Setting = {
    endpoint,
    heard: bytesIn > 0,
    composed: content?.kind === 'compose',
    unconfirmed: recipients.some(({ status }) => status === 'unconfirmed'),
  }
  const stages = new Set(expectations.map(({ stage }) => stage))
  if (problem && problem.kind !== 'refused') return problemFailure(problem, lost, setting)
  if (problem && !stages.has(problem.stage)) return refusal(recipients, problem, lost, setting)
  for (const stage of stages) {
    const codes = expectations.flatMap((each) => (each.stage === stage ? [each.code] : []))
    const replies = transcript.repliesAt(stage)
    const other = replies.find((reply) => !codes.some((code) => bears(reply, code)))
    if (other || replies.length === 0) return unmet(stage, codes, other ?? null, endpoint)
  }
  // That a refusal was expected does not hide that the server broke off behind it.
  if (problem?.aftermath) return problemFailure(problem.aftermath, lost, setting)
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
  return failure({ phase: 'read', origin: 'expectation', code: 'SMTP_UNMET', message, ...NO_HINT, endpoint })
}

function incomplete(endpoint: Endpoint): Failure {
  const message = 'not every recipient was accepted'
  return failure({ phase: 'read', origin: 'peer', code: 'SMTP_INCOMPLETE', message, ...NO_HINT, endpoint })
}

/** A refusal of the dialogue, of a message or of recipients; some of several recipients are a partial no. */
function refusal(
  recipients: readonly RecipientResult[],
  problem: Problem,
  lost: Failure | null,
  setting: Setting,
): Failure {
  const failed = recipients.filter(({ status }) => status !== 'accepted')
  if (failed.length === 0 || recipients.length === 1) return problemFailure(problem, lost, setting)
  if (failed.some(({ reply }) => reply === null)) return problemFailure(problem, lost, setting)
  const failures = failed.map((recipient) => recipientFailure(recipient, problem, setting))
  return combineFailures(failures, recipients.length, 'recipients')
}

function recipientFailure({ address, reply, stage }: RecipientResult, problem: Problem, setting: Setting): Failure {
  const { endpoint } = setting
  const code = reply ? `SMTP_${reply.code}` : problem.code
  const message = `${address} was refused${reply ? `: ${withText(reply)}` : ''}`
  return failure({
    phase: 'read',
    origin: 'peer',
    code,
    message,
    ...hintFor({ code, stage, reply }, setting),
    endpoint,
  })
}

/** A problem of the dialogue as a failure. `lost` is that of the connection, which knows more. */
function problemFailure(problem: Problem, lost: Failure | null, setting: Setting): Failure {
  const { kind, code, reply, message, aftermath } = problem
  const { endpoint } = setting
  const hinted = hintFor(problem, setting)
  const known = hinted.hint === null ? null : hinted
  switch (kind) {
    case 'timeout':
      return deadlineFailure(problem.stage === 'tls' ? 'tls' : 'read', message, { endpoint, ...known })
    case 'aborted':
      return { ...(lost ?? abortFailure('read', message, { endpoint })), message }
    case 'lost': {
      if (lost?.phase === 'tls') return { ...lost, ...handshakeHint(lost.code) }
      if (lost) return { ...lost, message: `${message}: ${lost.message}`, ...known }
      return failure({ phase: 'read', origin: 'peer', code, message, ...hinted, endpoint })
    }
    case 'protocol':
      return failure({ phase: 'protocol', origin: 'peer', code, message, ...hinted, endpoint })
    case 'policy':
      return failure({ phase: 'protocol', origin: 'expectation', code, message, ...hinted, endpoint })
    default: {
      const told = reply ? `${message}: ${textOf(reply)}` : message
      const then = aftermath ? `; ${aftermath.message}${lost ? ` (${lost.code})` : ''}` : ''
      return failure({ phase: 'read', origin: 'peer', code, message: told + then, ...hinted, endpoint })
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
