import { parameterValue, type Transaction } from '../../../protocol/smtp/server/index.js'
import type { TransactionEvent } from '../events.js'

type SinkEnvelope = Omit<TransactionEvent, 'type' | 'outcome' | 'sizeBytes'>

/** A transaction as events tell it. */
export function envelopeOf(id: number, transaction: Transaction): SinkEnvelope {
  const { helo, from, parameters, recipients, tlsVersion, user } = transaction
  const refused = recipients.filter(({ replyCode }) => replyCode !== ACCEPTED)
  return {
    id,
    helo,
    from,
    to: addressesOf(transaction),
    parameters,
    recipients,
    secure: tlsVersion !== null,
    tlsVersion,
    user,
    smtpUtf8: parameters.some(([name]) => name === 'SMTPUTF8'),
    eightBit: parameterValue(parameters, 'BODY')?.toUpperCase() === '8BITMIME',
    refused: refused.map(({ address, replyCode }) => ({ address, replyCode })),
  }
}

const ACCEPTED = 250

/** Those who were taken at RCPT, as often as they were named (RFC 2033 section 4.2). */
export function addressesOf({ recipients }: Transaction): string[] {
  return recipients.filter(({ replyCode }) => replyCode === ACCEPTED).map(({ address }) => address)
}
