import type { DialoguePlan, MessagePlan } from '../../../../src/protocol/smtp/dialogue/plan.js'
import type { DialogueResult } from '../../../../src/protocol/smtp/dialogue/result.js'

// What both sides say most, and the smallest plan: one message to one recipient.
export const to = (...addresses: string[]) => addresses.map((address) => ({ address }))
export const message: MessagePlan = { from: 'a@b.c', to: to('d@e.f') }
export const plan: DialoguePlan = { helo: 'me', messages: [message] }
export const HELLO: readonly [string, string] = ['', '220 mx\r\n']
export const EHLO = 'EHLO me\r\n'
export const PIPELINING = '250-mx\r\n250 PIPELINING\r\n'
export const OK = '250 ok\r\n'
export const GO = '354 go\r\n'
export const BYE = '221 bye\r\n'
export const MAIL = 'MAIL FROM:<a@b.c>\r\n'
export const RCPT = 'RCPT TO:<d@e.f>\r\n'
export const CONTENT = 'hi\r\n.\r\n'

export const statuses = (result: DialogueResult) =>
  result.messages.map((m) => m.recipients.map((r) => r.code ?? r.status))
