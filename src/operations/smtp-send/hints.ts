import { describeCode } from '../../core/errno/index.js'
import { type Hinted, hint, NO_HINT } from '../../core/hint.js'
import type { Problem, RecipientResult } from '../../protocol/smtp/index.js'
import { refusalHint } from './refusals.js'

/** What is no refusal. */
const BY_CODE: Readonly<Record<string, Hinted>> = {
  SMTP_NO_STARTTLS: hint('take a port that speaks TLS at once (465), or go on without TLS', 'tls-or-plain'),
  SMTP_NO_AUTH: hint('many servers offer AUTH on port 587 only, or after STARTTLS', 'starttls'),
  SMTP_AUTH_INSECURE: hint('log in over TLS', 'encrypt-login'),
  SMTP_STARTTLS_INJECTION: hint('see CVE-2011-0411; the network between here and the server cannot be trusted'),
  SMTP_NO_SMTPUTF8: hint('use an ASCII address, or a server that speaks SMTPUTF8 (RFC 6531)'),
  SMTP_SIZE: hint('the server says so itself in its answer to EHLO'),
}

/** Only true of a server that has not yet shown that it is one. */
const BY_CODE_OF_BANNER: Readonly<Record<string, Hinted>> = {
  EAGAIN: hint('it is connected and says nothing: a port 465 wants TLS from the first byte on', 'tls'),
  SMTP_PROTOCOL: hint('is it a mail server? a port 465 wants TLS from the first byte on', 'tls'),
  SMTP_CLOSED: hint('the server hung up without a word: it may refuse this address, or expect TLS at once', 'tls'),
}

/** Of a server that has spoken: that the port may expect another protocol is ruled out. */
const RESET_HINT = hint(
  'read the log of the server at this moment: it, or something between, dislikes what was said last',
)
const VERIFICATION_HINT = hint(
  'give the name in the certificate, or its authority; or go on without verification',
  'verification',
)
const UNCONFIRMED_HINT = hint(
  'all of the message was sent, and it may have been taken: look there before you send it again',
)
const WHOLE_8BIT_HINT = hint('a whole message goes as it is: have a text or a file encoded', 'encode-body')
const ATTACHED_8BIT_HINT = hint(
  'an attached message goes as it is: attach it as a file of any kind',
  'encode-attachment',
)

/** What a hint depends on besides the problem. */
export interface HintContext {
  /** Whether a byte came from the server. */
  readonly heard: boolean
  readonly composed: boolean
  readonly unconfirmed: boolean
}

/** What to look at next. */
export function hintFor(
  { code, stage, reply }: Pick<Problem, 'code' | 'reply'> & Pick<RecipientResult, 'stage'>,
  { heard, composed, unconfirmed }: HintContext,
): Hinted {
  if (unconfirmed && stage === 'message' && reply === null) return UNCONFIRMED_HINT
  if (code === 'ECONNRESET' && heard) return RESET_HINT
  if (code === 'SMTP_NO_8BITMIME') return composed ? ATTACHED_8BIT_HINT : WHOLE_8BIT_HINT
  const ofBanner = stage === 'banner' && !(heard && code === 'SMTP_CLOSED') ? BY_CODE_OF_BANNER[code] : undefined
  const ofReply = reply && stage && reply.code >= 400 ? refusalHint(stage, reply) : null
  return ofBanner ?? ofReply ?? BY_CODE[code] ?? NO_HINT
}

/** What to do about a handshake; null where the code says it all: options about the certificate mend nothing else. */
export function handshakeHint(code: string): Hinted | null {
  const certificate = describeCode(code)?.kind === 'tls' && !code.startsWith('ERR_SSL_')
  return certificate ? VERIFICATION_HINT : null
}
