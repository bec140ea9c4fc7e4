import {
  smtpSend as operation,
  type SmtpSendEvent,
  type SmtpSendOptions,
  type SmtpSendSummary,
} from '../../../operations/smtp-send/index.js'
import { STAGES } from '../../../protocol/smtp/index.js'
import type { Command } from '../../command.js'
import {
  array,
  attemptFields,
  boolean,
  bytesFields,
  type Fields,
  failureFieldsSchema,
  integer,
  nullable,
  number,
  object,
  oneOf,
  port,
  string,
  tlsFields,
} from '../../schema.js'
import { SMTP_SEND_FLAGS } from './flags.js'
import { asksPassword, readSmtpSend } from './options.js'
import { smtpSendView } from './view.js'

const stage = oneOf(...STAGES)
const saidFields: Fields = { atMs: number, stage, mail: nullable(integer), secure: boolean }

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
  events: {
    mx: {
      domain: string,
      exchange: string,
      preference: nullable(integer),
      addresses: array(string),
      alias: nullable(string),
    },
    attempt: { host: string, ...attemptFields },
    connected: {
      atMs: number,
      host: nullable(string),
      port: nullable(port),
      address: nullable(string),
      path: nullable(string),
      localAddress: nullable(string),
      localPort: nullable(port),
      lookupMs: number,
      connectMs: number,
    },
    unreached: { host: string, ...failureFieldsSchema },
    command: { ...saidFields, text: string, elided: boolean },
    reply: {
      ...saidFields,
      replyCode: integer,
      enhancedCode: nullable(string),
      lines: array(string),
      linesBase64: nullable(array(string)),
      unexpected: boolean,
      anomalies: array(object({ offset: integer, rule: string, text: string })),
    },
    stray: {
      ...saidFields,
      rule: oneOf(
        'not-a-reply',
        'bad-code',
        'mixed-codes',
        'line-too-long',
        'reply-too-long',
        'unfinished',
        'unsolicited',
        'plaintext',
      ),
      sizeBytes: integer,
      ...bytesFields,
    },
    unanswered: { ...saidFields, code: string },
    content: { ...saidFields, sizeBytes: integer },
    tls: {
      atMs: number,
      tlsMs: number,
      ...tlsFields,
    },
    recipient: {
      mail: integer,
      address: string,
      status: oneOf('accepted', 'refused', 'unconfirmed', 'not-reached'),
      stage: nullable(stage),
      replyCode: nullable(integer),
      enhancedCode: nullable(string),
      lines: array(string),
      linesBase64: nullable(array(string)),
    },
    timing: {
      lookupMs: number,
      connectMs: number,
      tlsMs: nullable(number),
      bannerMs: nullable(number),
      dialogueMs: number,
      roundTrips: integer,
      bytesIn: integer,
      bytesOut: integer,
    },
  },
  result: {
    server: nullable(string),
    reached: nullable(stage),
    secure: boolean,
    mechanism: nullable(string),
    mails: integer,
    accepted: integer,
    refused: integer,
    unconfirmed: integer,
    notReached: integer,
    roundTrips: integer,
  },
  run: operation,
  asks: asksPassword,
  toOptions: readSmtpSend,
  view: smtpSendView,
}
