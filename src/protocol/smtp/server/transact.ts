import { isAscii } from '../../../core/text/octet-text.js'
import { ContentDecoder } from './content.js'
import { type PathCommand, parameterFault, parameterValue, parsePathCommand } from './parameters.js'
import { type ServerTalk, verdictText } from './talk.js'
import type { ServerStep } from './wire.js'

/** RFC 5321 section 4.5.3.1.8 asks for 100 at least; each takes memory. */
const MAX_RECIPIENTS = 50_000

/** MAIL (RFC 5321 section 4.1.1.2). */
export function* mail(talk: ServerTalk, argument: string): ServerStep<void> {
  const { helo, plan, wire } = talk
  if (helo === null) return talk.refuse(503, `${plan.lmtp ? 'LHLO' : 'EHLO'} comes first`)
  if (plan.auth !== null && talk.user === null) return talk.refuse(530, 'log in first')
  if (talk.transaction !== null) return talk.refuse(503, 'one mail at a time')
  const path = parsePathCommand(argument, 'FROM')
  if (path === null) return talk.refuse(501, 'a sender is FROM:<address>', { enhanced: '5.1.7' })
  if (refuseParameters(talk, path, 'FROM')) return
  const { address, parameters } = path
  const smtpUtf8 = parameters.some(([name]) => name === 'SMTPUTF8')
  if (refuseEightBit(talk, address, smtpUtf8)) return
  if (Number(parameterValue(parameters, 'SIZE') ?? 0) > plan.maxSizeBytes) return talk.refuse(552, tooBig(talk))
  if (!(yield* talk.mayPass('mail', address))) return
  if (path.spaced) wire.deviates('path-space', 'MAIL')
  const { tlsVersion, user } = talk
  talk.transaction = { helo: helo.name, from: address, parameters, tlsVersion, user }
  talk.accept(250, '2.1.0', 'sender noted')
}

/** RCPT (RFC 5321 section 4.1.1.3). */
export function* rcpt(talk: ServerTalk, argument: string): ServerStep<void> {
  const { transaction, wire } = talk
  if (transaction === null) return talk.refuse(503, 'MAIL comes first')
  const path = parsePathCommand(argument, 'TO')
  if (path === null || path.address === '')
    return refuseRecipient(talk, path, 501, 'a recipient is TO:<address>', '5.1.3')
  if (refuseParameters(talk, path, 'TO')) return
  if (refuseEightBit(talk, path.address, usesUtf8(talk))) return
  if (talk.recipients.length >= MAX_RECIPIENTS) return talk.refuse(452, 'too many recipients', { stage: 'rcpt' })
  const refusal = yield* wire.judge('rcpt', path.address)
  if (refusal) return refuseRecipient(talk, path, refusal.code, refusal.text)
  if (path.spaced) wire.deviates('path-space', 'RCPT')
  talk.recipients.push({ address: path.address, parameters: path.parameters, replyCode: 250 })
  talk.accept(250, '2.1.5', 'recipient noted')
}

/** DATA, and the message behind it (RFC 5321 section 4.1.1.4). */
export function* data(talk: ServerTalk, argument: string): ServerStep<void> {
  const { wire, plan } = talk
  if (argument !== '') return talk.refuse(501, 'DATA stands alone')
  if (talk.transaction === null) return talk.refuse(503, 'MAIL comes first')
  const taken = talk.recipients.filter(({ replyCode }) => replyCode === 250)
  if (taken.length === 0) return talk.refuse(503, 'RCPT comes first')
  if (!(yield* talk.mayPass('data'))) return
  if (wire.hasMore) wire.deviates('pipelined-behind', 'DATA')
  wire.say('354 go on, and end with a dot on a line of its own\r\n')

  const decoder = new ContentDecoder()
  const pieces: Uint8Array[] = []
  for (let rest: Uint8Array | null = null; rest === null; ) {
    const decoded = decoder.push(yield* wire.piece())
    talk.contentBytes += decoded.content.length
    // What is beyond the bound is refused anyway, and not kept.
    if (talk.contentBytes <= plan.maxSizeBytes) pieces.push(decoded.content)
    rest = decoded.rest
    if (rest !== null) wire.putBack(rest)
  }
  const { contentBytes, transaction } = talk
  const { facts } = decoder
  if (facts.bareLf) wire.deviates('content-bare-lf')
  if (facts.bareCr) wire.deviates('content-bare-cr')
  if (facts.longLine) wire.deviates('content-long-line')
  if (facts.eightBit && parameterValue(transaction.parameters, 'BODY')?.toUpperCase() !== '8BITMIME')
    wire.deviates('content-eight-bit')
  const declared = parameterValue(transaction.parameters, 'SIZE')
  if (declared !== null && contentBytes > Number(declared)) wire.deviates('size-understated')
  const refusal = contentBytes > plan.maxSizeBytes ? { code: 552, text: tooBig(talk) } : null
  const whole = { ...transaction, recipients: talk.recipients }
  // From here on whoever takes it tells of it.
  talk.forget()
  wire.push({ type: 'message', transaction: whole, pieces, sizeBytes: contentBytes, facts, refusal })
  const { verdicts } = yield* wire.answer('taken')
  for (const verdict of plan.lmtp ? verdicts : verdicts.slice(0, 1)) {
    if (verdict) wire.say(verdictText(verdict))
    else talk.accept(250, '2.0.0', 'taken')
  }
}

function tooBig({ plan }: ServerTalk): string {
  return `a message has at most ${plan.maxSizeBytes} bytes here`
}

function usesUtf8({ transaction }: ServerTalk): boolean {
  return transaction?.parameters.some(([name]) => name === 'SMTPUTF8') ?? false
}

/** True where something is wrong with them, which has been said. */
function refuseParameters(talk: ServerTalk, { parameters }: PathCommand, keyword: 'FROM' | 'TO'): boolean {
  const fault = parameterFault(parameters, keyword)
  if (fault === 'unknown') talk.refuse(555, 'no such parameter')
  else if (fault === 'malformed') talk.refuse(501, 'a parameter is not as it should be')
  else if (parameters.length > 0 && talk.helo?.extended === false)
    talk.wire.deviates('parameter-not-offered', keyword === 'FROM' ? 'MAIL' : 'RCPT')
  return fault !== null
}

/** RFC 6531 section 3.5: addresses beyond ASCII go with SMTPUTF8. True where one does not, which has been said. */
function refuseEightBit(talk: ServerTalk, address: string, smtpUtf8: boolean): boolean {
  if (smtpUtf8 || isAscii(address)) return false
  talk.refuse(553, 'an address beyond ASCII goes with SMTPUTF8', { enhanced: '5.6.7' })
  return true
}

function refuseRecipient(
  talk: ServerTalk,
  path: PathCommand | null,
  code: number,
  text: string,
  enhanced?: string,
): void {
  if (path && talk.recipients.length < MAX_RECIPIENTS)
    talk.recipients.push({ address: path.address, parameters: path.parameters, replyCode: code })
  talk.refuse(code, text, { stage: 'rcpt', ...(enhanced !== undefined && { enhanced }) })
}
