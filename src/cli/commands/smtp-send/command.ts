import { smtpSendEvents, smtpSendResult } from '../../../operations/smtp-send/events.js'
import {
  smtpSend as operation,
  type SmtpSendEvent,
  type SmtpSendOptions,
  type SmtpSendSummary,
} from '../../../operations/smtp-send/index.js'
import type { Command } from '../../command.js'
import { SMTP_SEND_FLAGS } from './flags.js'
import { asksPassword, readSmtpSend } from './options.js'
import { smtpSendView } from './view.js'

export const smtpSend: Command<SmtpSendOptions, SmtpSendEvent, SmtpSendSummary, typeof SMTP_SEND_FLAGS> = {
  name: 'smtp-send',
  summary: 'send a mail, or see how far a mail server would go, with the whole dialogue',
  positionals: [],
  flags: SMTP_SEND_FLAGS,
  examples: [
    [
      'netkit smtp-send --server mx --from a@b.example --to d@e.example --body hello',
      'one mail, and what was said on the way',
    ],
    ['netkit smtp-send --mx --to d@e.example --from a@b.example --quit-after rcpt', 'would they take it?'],
    ['netkit smtp-send -s mx --tls --auth me --password-file pw --quit-after auth', 'is the login right?'],
    ['netkit smtp-send -s mx --from a@b.example --to d@e.example --data mail.eml', 'these very bytes'],
  ],
  events: smtpSendEvents,
  result: smtpSendResult,
  run: operation,
  asks: asksPassword,
  toOptions: readSmtpSend,
  view: smtpSendView,
}
