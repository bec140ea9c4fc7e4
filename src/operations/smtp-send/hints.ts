import { describeCode } from '../../core/errno/index.js'
import type { Problem, RecipientResult, Stage } from '../../protocol/smtp/index.js'

/** By enhanced code (RFC 3463), which says more than the reply code. */
const BY_ENHANCED: Readonly<Record<string, string>> = {
  '4.2.2': 'the mailbox is full, for now: try again later',
  '4.7.1': 'some servers turn a stranger away the first time (greylisting): try again in a few minutes',
  '5.1.1': 'the server knows no such mailbox: check what stands before the @',
  '5.1.2': 'the server knows no such domain: check what stands behind the @',
  '5.2.2': 'the mailbox is full',
  '5.3.4': 'the message is too big for this server',
  '5.7.0': 'the server wants to know who you are: see --auth, and --starttls always',
  '5.7.1': 'a matter of policy: the server does not relay for strangers (see --auth), or dislikes sender or address',
  '5.7.8': 'user or password is wrong, or this mechanism is not allowed for it',
}

const BY_CODE: Readonly<Record<string, string>> = {
  SMTP_421: 'the server is closing down or overloaded: try again later',
  SMTP_450: 'the mailbox is busy, or the server turns strangers away the first time (greylisting): try again later',
  SMTP_451: 'the server has trouble of its own: try again later',
  SMTP_452: 'the server has no room, or takes no more recipients at once: try again later',
  SMTP_454: 'TLS or the login is out of order at the server for now: try again later',
  SMTP_500: 'the server does not know that command',
  SMTP_502: 'the server does not have that command',
  SMTP_503: 'the server wants something else first: often a login (--auth) or TLS (--starttls always)',
  SMTP_530: 'the server wants a login (--auth) or TLS (--starttls always) first',
  SMTP_534: 'the server wants a stronger mechanism: see --auth-mechanism',
  SMTP_535: 'user or password is wrong; only one mechanism is tried, see --auth-mechanism',
  SMTP_538: 'the server wants TLS before a login: see --starttls always, or --tls',
  SMTP_550: 'the mailbox does not exist, or the server does not relay for strangers: check the address, see --auth',
  SMTP_551: 'the mailbox is elsewhere; the reply may say where',
  SMTP_552: 'the message is too big, or the mailbox is full',
  SMTP_553: 'the server does not take that address: check its form',
  SMTP_554: 'the server refuses on principle: content, sender or the reputation of this address',
  SMTP_NO_STARTTLS: 'use --tls for a port that speaks TLS at once (465), or --starttls auto to go on without',
  SMTP_NO_AUTH: 'many servers offer AUTH after STARTTLS only, or on port 587: see --starttls always',
  SMTP_AUTH_INSECURE:
    'use --starttls always or --tls; --auth-insecure sends the secret for everybody on the way to read',
  SMTP_STARTTLS_INJECTION: 'see CVE-2011-0411; the network between here and the server cannot be trusted',
  SMTP_NO_SMTPUTF8: 'use an ASCII address, or a server that speaks SMTPUTF8 (RFC 6531)',
  SMTP_SIZE: 'the server says so itself in its answer to EHLO',
}

const CLIENT_HINT = 'the server wants nothing of this client: its address, or the name that it gives (see --helo)'
const SENDER_HINT = 'the server does not take the sender: check --from, or log in (see --auth)'

/** Before a recipient was named, no refusal is about a mailbox of theirs. */
const BY_STAGE: Partial<Record<Stage, Readonly<Record<string, string>>>> = {
  banner: { SMTP_550: CLIENT_HINT, SMTP_553: CLIENT_HINT },
  ehlo: { SMTP_501: CLIENT_HINT, SMTP_550: CLIENT_HINT, SMTP_553: CLIENT_HINT, SMTP_554: CLIENT_HINT },
  mail: {
    SMTP_450:
      'the server turns strangers away the first time (greylisting), or cannot check the sender: try again later',
    SMTP_550: SENDER_HINT,
    SMTP_551: SENDER_HINT,
    SMTP_552: 'the message is too big for this server',
    SMTP_553: SENDER_HINT,
  },
}
/** Those of the enhanced codes whose words are about a recipient. */
const OF_RECIPIENT = ['4.2.2', '5.1.1', '5.1.2', '5.2.2']

/** Only true of a server that has not yet shown that it is one. */
const BY_CODE_OF_BANNER: Readonly<Record<string, string>> = {
  SMTP_PROTOCOL: 'is it a mail server? TLS from the first byte on (465) needs --tls',
  SMTP_CLOSED: 'the server hung up without a word: it may refuse this address, or expect TLS at once (--tls)',
}

/** Of a server that has spoken: that the port may expect another protocol is ruled out. */
const RESET_HINT = 'read the log of the server at this moment: it, or something between, dislikes what was said last'
const VERIFICATION_HINT =
  'use --servername for the name in the certificate, --ca for its authority, or --insecure to go on without verification'
const UNCONFIRMED_HINT = 'all of the message was sent, and it may have been taken: look there before you send it again'
const WHOLE_8BIT_HINT = 'send it with --body or --attach, which are encoded, instead of --data'
const ATTACHED_8BIT_HINT =
  'an attached message goes as it is; --attach FILE;type=application/octet-stream has it encoded'

/** What a hint depends on besides the problem. */
export interface HintContext {
  /** Whether a byte came from the server. */
  readonly heard: boolean
  readonly composed: boolean
  readonly unconfirmed: boolean
}

/** What to look at next, or null. */
export function hintFor(
  { code, stage, reply }: Pick<Problem, 'code' | 'reply'> & Pick<RecipientResult, 'stage'>,
  { heard, composed, unconfirmed }: HintContext,
): string | null {
  if (unconfirmed && stage === 'message' && reply === null) return UNCONFIRMED_HINT
  if (code === 'ECONNRESET' && heard) return RESET_HINT
  if (code === 'SMTP_NO_8BITMIME') return composed ? ATTACHED_8BIT_HINT : WHOLE_8BIT_HINT
  const ofBanner = stage === 'banner' && !(heard && code === 'SMTP_CLOSED') ? BY_CODE_OF_BANNER[code] : undefined
  const ofStage = stage ? BY_STAGE[stage] : undefined
  const enhanced = reply?.enhancedCode ?? ''
  const misread =
    ofStage !== undefined && (OF_RECIPIENT.includes(enhanced) || (enhanced === '5.7.1' && stage !== 'mail'))
  return ofBanner ?? (misread ? undefined : BY_ENHANCED[enhanced]) ?? ofStage?.[code] ?? BY_CODE[code] ?? null
}

/** What to do about a handshake; null where the code says it all: options about the certificate mend nothing else. */
export function handshakeHint(code: string): string | null {
  const certificate = describeCode(code)?.kind === 'tls' && !code.startsWith('ERR_SSL_')
  return certificate ? VERIFICATION_HINT : null
}
