import { expect, test } from 'vitest'
import { refusalHint } from '../../../../src/operations/smtp-send/refusals.js'
import type { Stage } from '../../../../src/protocol/smtp/index.js'
import { ReplyDecoder } from '../../../../src/protocol/smtp/reply-decoder.js'

function hintOf(stage: Stage, text: string): string | null {
  const [reply] = new ReplyDecoder().push(Buffer.from(`${text}\r\n`)).replies
  if (reply === undefined) throw new Error('that is no reply')
  return refusalHint(stage, reply)?.hint ?? null
}

/** By shape what servers say: Gmail, Outlook, Yahoo, Postfix, Exim, OpenSMTPD. */
test.each<[Stage, string, RegExp]>([
  // The client.
  ['banner', '554 mx ESMTP not accepting', /this client/],
  ['banner', '550 go away', /this client/],
  ['ehlo', '501 Syntactically invalid HELO argument(s)', /EHLO/],
  ['ehlo', '501 5.5.4 Empty HELO/EHLO argument not allowed, closing', /EHLO/],
  ['ehlo', '504 5.5.2 <vm>: need name', /EHLO/],
  ['ehlo', '550 5.7.1 go away', /this client/],
  ['rcpt', '504 5.5.2 <vm>: Helo command rejected: need fully-qualified hostname', /EHLO/],
  ['rcpt', '450 4.7.1 <vm>: Helo command rejected: Host not found', /EHLO/],
  ['ehlo', '421-4.7.0 Try again later, closing connection. (EHLO) x', /EHLO/],
  ['banner', '421 4.7.0 [TSS04] deferred due to unexpected volume or user complaints', /too much came/],
  ['banner', '421 4.7.0 mx Error: too many connections from 192.0.2.1', /too much came/],
  ['message', '421 4.7.28 unusual rate of mail', /too much came/],
  ['banner', '421 4.3.2 closing', /overloaded/],
  ['rcpt', '450 4.7.25 Client host rejected: cannot find your hostname', /PTR/],
  ['message', '550 5.7.25 the IP address has no pointer', /PTR/],
  ['rcpt', '554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.example', /block list/],
  ['rcpt', '550 rejected because 192.0.2.1 is in a black list at bl.example', /block list/],
  ['mail', '550 5.7.606 Access denied, banned sending IP', /block list/],
  ['mail', '550 5.7.511 Access denied, banned sender', /block list/],
  ['message', '550 5.7.1 very low reputation of the sending IP', /block list/],
  // TLS and the login.
  ['starttls', '454 4.7.0 TLS not available due to local problem', /cannot do it/],
  ['starttls', '454 TLS currently unavailable', /cannot do it/],
  ['starttls', '502 5.5.1 not enabled', /cannot do it/],
  ['mail', '530 5.7.0 Must issue a STARTTLS command first', /without TLS/],
  ['mail', '530 5.7.0 Authentication Required', /who you are/],
  ['mail', '530 5.7.57 Client not authenticated to send mail', /who you are/],
  ['rcpt', '454 4.7.1 No client certificate presented', /certificate of the client/],
  ['mail', '550 client certificate required', /certificate of the client/],
  ['auth', '535 5.7.8 Username and Password not accepted', /password is wrong/],
  ['auth', '535 Incorrect authentication data', /password is wrong/],
  ['auth', '534 5.7.9 a stronger one is needed', /another mechanism/],
  ['auth', '504 5.5.4 unrecognized type', /another mechanism/],
  ['auth', '538 5.7.11 encryption needed', /TLS before/],
  ['auth', '454 4.7.0 Temporary authentication failure', /for now/],
  // The sender.
  ['mail', '550 no such sender', /does not take the sender/],
  ['mail', '553 5.1.7 not RFC compliant', /does not take the sender/],
  ['rcpt', '550 5.1.8 <a@b>: Sender address rejected: Domain not found', /does not take the sender/],
  ['rcpt', '450 4.1.8 <a@b>: Sender address rejected: Domain not found', /cannot check the sender/],
  ['rcpt', '553 5.7.1 <a@b>: Sender address rejected: not owned by user', /does not take the sender/],
  ['rcpt', '550 Sender verify failed', /does not take the sender/],
  ['mail', '451 4.4.3 cannot look that up', /cannot check the sender/],
  ['mail', '550 5.7.1 no', /policy/],
  ['mail', '555 5.5.4 Unsupported option: X', /parameter/],
  ['mail', '552 5.3.4 too much', /too big/],
  ['rcpt', '550 5.7.27 the domain has a null MX', /null MX/],
  ['message', '550 5.7.27 SPF did not pass', /SPF/],
  ['message', '550 5.7.23 no', /\(SPF\)/],
  ['message', '550 5.7.20 no', /DKIM/],
  ['message', '550-5.7.26 Unauthenticated email from b.example is not accepted', /DMARC/],
  ['message', '550 5.7.509 Access denied, sending domain does not pass', /DMARC/],
  ['message', '550 5.7.515 Access denied, required authentication level', /DMARC/],
  ['message', '554 5.7.9 Message not accepted for policy reasons; DMARC', /DMARC/],
  // The recipient.
  [
    'rcpt',
    '550 5.1.1 <d@e>: Recipient address rejected: User unknown in local recipient table',
    /mailbox does not exist/,
  ],
  ['rcpt', '550 Unrouteable address', /mailbox does not exist/],
  ['rcpt', '550 Invalid recipient', /mailbox does not exist/],
  ['rcpt', '550 5.1.10 RecipientNotFound', /mailbox does not exist/],
  ['rcpt', '550 5.4.1 Recipient address rejected: Access denied', /mailbox does not exist/],
  ['message', "554 delivery error: this user doesn't have an account", /mailbox does not exist/],
  ['rcpt', '554 5.7.1 <d@e>: Relay access denied', /relay for strangers/],
  ['rcpt', '550 relay not permitted', /relay for strangers/],
  ['rcpt', '550 5.7.64 TenantAttribution', /relay for strangers/],
  ['rcpt', '550 5.1.2 bad domain', /no such domain/],
  ['rcpt', '550 5.2.1 The account is disabled', /takes no mail/],
  ['rcpt', '450 4.2.1 receiving mail too quickly', /too much came/],
  ['rcpt', '552 5.2.2 over quota', /is full/],
  ['rcpt', '452 4.2.2 over quota', /full, for now/],
  ['rcpt', '452 4.5.3 too many recipients', /no room/],
  ['rcpt', '450 4.2.0 <d@e>: Recipient address rejected: Greylisted', /greylisting/],
  ['rcpt', '451 4.7.1 Greylisting in action', /greylisting/],
  ['rcpt', '450 busy', /greylisting/],
  ['rcpt', '551 see there', /elsewhere/],
  ['rcpt', '553 no', /its form/],
  ['rcpt', '550 no', /check the address/],
  ['rcpt', '554 no', /on principle/],
  // The message: never a mailbox for the code alone, and no command.
  ['message', '500 Line too long', /line of the message/],
  ['message', '550 maximum allowed line length is 998 octets, got 1200', /line of the message/],
  ['message', '500 what', /the message is what/],
  ['message', '550 no', /the message is what/],
  ['message', '554 5.7.1 Spam message rejected', /the message is what/],
  ['message', '552 5.3.4 no', /too big/],
  ['message', '552-5.7.0 blocked because its content presents a potential security issue', /attached/],
  ['message', '550 5.7.1 Messages missing a valid Message-ID header', /form of the message/],
  ['message', '550 5.7.1 not RFC 5322 compliant', /form of the message/],
  ['message', '550 5.6.0 bad', /form of the message/],
  ['message', '451 4.3.0 queue file write error', /trouble/],
  ['message', '452 4.3.1 Insufficient system storage', /no room/],
  // Any command.
  ['data', '500 what', /not know that command/],
  ['mail', '502 no', /not have that command/],
  ['rcpt', '503 5.5.1 need MAIL', /something else first/],
])('at %s: %s', (stage, text, expected) => {
  const reply = /^\d{3}-/.test(text) ? `${text}\r\n${text.slice(0, 3)} ${/\d\.\d+\.\d+/.exec(text)?.[0]} end` : text
  expect(hintOf(stage, reply)).toMatch(expected)
})
