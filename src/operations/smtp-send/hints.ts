import { describeCode } from '../../core/errno/index.js'
import { type Hinted, hint, NO_HINT } from '../../core/hint.js'
import type { Problem, RecipientResult, Stage } from '../../protocol/smtp/index.js'

/** By enhanced code (RFC 3463), which says more than the reply code. */
const BY_ENHANCED: Readonly<Record<string, Hinted>> = {
  '4.2.2': hint('the mailbox is full, for now: try again later'),
  '4.7.1': hint('some servers turn a stranger away the first time (greylisting): try again in a few minutes'),
  '5.1.1': hint('the server knows no such mailbox: check what stands before the @'),
  '5.1.2': hint('the server knows no such domain: check what stands behind the @'),
  '5.2.2': hint('the mailbox is full'),
  '5.3.4': hint('the message is too big for this server'),
  '5.7.0': hint('the server wants to know who you are: log in', 'login-after-tls'),
  '5.7.1': hint(
    'a matter of policy: the server dislikes sender or address, or does not relay for strangers',
    'authenticate',
  ),
  '5.7.8': hint('user or password is wrong, or this mechanism is not allowed for it'),
}

const BY_CODE: Readonly<Record<string, Hinted>> = {
  SMTP_421: hint('the server is closing down or overloaded: try again later'),
  SMTP_450: hint(
    'the mailbox is busy, or the server turns strangers away the first time (greylisting): try again later',
  ),
  SMTP_451: hint('the server has trouble of its own: try again later'),
  SMTP_452: hint('the server has no room, or takes no more recipients at once: try again later'),
  SMTP_454: hint('TLS or the login is out of order at the server for now: try again later'),
  SMTP_500: hint('the server does not know that command'),
  SMTP_502: hint('the server does not have that command'),
  SMTP_503: hint('the server wants something else first, often a login or TLS', 'login-after-tls'),
  SMTP_530: hint('the server wants a login or TLS first', 'login-after-tls'),
  SMTP_534: hint('the server wants a stronger mechanism', 'mechanism'),
  SMTP_535: hint('user or password is wrong; only one mechanism is tried', 'mechanism'),
  SMTP_538: hint('the server wants TLS before a login', 'starttls'),
  SMTP_550: hint(
    'check the address: the mailbox does not exist, or the server does not relay for strangers',
    'authenticate',
  ),
  SMTP_551: hint('the mailbox is elsewhere; the reply may say where'),
  SMTP_552: hint('the message is too big, or the mailbox is full'),
  SMTP_553: hint('the server does not take that address: check its form'),
  SMTP_554: hint('the server refuses on principle: content, sender or the reputation of this address'),
  SMTP_NO_STARTTLS: hint('take a port that speaks TLS at once (465), or go on without TLS', 'tls-or-plain'),
  SMTP_NO_AUTH: hint('many servers offer AUTH on port 587 only, or after STARTTLS', 'starttls'),
  SMTP_AUTH_INSECURE: hint('log in over TLS', 'encrypt-login'),
  SMTP_STARTTLS_INJECTION: hint('see CVE-2011-0411; the network between here and the server cannot be trusted'),
  SMTP_NO_SMTPUTF8: hint('use an ASCII address, or a server that speaks SMTPUTF8 (RFC 6531)'),
  SMTP_SIZE: hint('the server says so itself in its answer to EHLO'),
}

const CLIENT_HINT = hint(
  'the server wants nothing of this client: its address, or the name that it gives',
  'client-name',
)
const SENDER_HINT = hint('the server does not take the sender: check it, or log in', 'sender')

/** Before a recipient was named, no refusal is about a mailbox of theirs. */
const BY_STAGE: Partial<Record<Stage, Readonly<Record<string, Hinted>>>> = {
  banner: { SMTP_550: CLIENT_HINT, SMTP_553: CLIENT_HINT },
  ehlo: { SMTP_501: CLIENT_HINT, SMTP_550: CLIENT_HINT, SMTP_553: CLIENT_HINT, SMTP_554: CLIENT_HINT },
  mail: {
    SMTP_450: hint(
      'the server turns strangers away the first time (greylisting), or cannot check the sender: try again later',
    ),
    SMTP_550: SENDER_HINT,
    SMTP_551: SENDER_HINT,
    SMTP_552: hint('the message is too big for this server'),
    SMTP_553: SENDER_HINT,
  },
}
/** Those of the enhanced codes whose words are about a recipient. */
const OF_RECIPIENT = ['4.2.2', '5.1.1', '5.1.2', '5.2.2']

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
  const ofStage = stage ? BY_STAGE[stage] : undefined
  const enhanced = reply?.enhancedCode ?? ''
  const misread =
    ofStage !== undefined && (OF_RECIPIENT.includes(enhanced) || (enhanced === '5.7.1' && stage !== 'mail'))
  return ofBanner ?? (misread ? undefined : BY_ENHANCED[enhanced]) ?? ofStage?.[code] ?? BY_CODE[code] ?? NO_HINT
}

/** What to do about a handshake; null where the code says it all: options about the certificate mend nothing else. */
export function handshakeHint(code: string): Hinted | null {
  const certificate = describeCode(code)?.kind === 'tls' && !code.startsWith('ERR_SSL_')
  return certificate ? VERIFICATION_HINT : null
}
