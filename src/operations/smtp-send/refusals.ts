import { type Hinted, hint } from '../../core/hint.js'
import { lineText, type Reply, type Stage } from '../../protocol/smtp/index.js'

/** Refusals that have one meaning. All that is named has to fit; the first row that fits holds. */
interface Row {
  /** Which commands were answered so; null: any. */
  readonly at: readonly Stage[] | null
  readonly code?: RegExp
  /** RFC 3463, RFC 7372 and what great providers add. */
  readonly enhanced?: RegExp
  /** What servers say where their codes say too little. */
  readonly words?: RegExp
  readonly hinted: Hinted
}

const CLIENT = hint('the server wants nothing of this client: its address, or the name that it gives', 'client-name')
const NAME = hint('the server dislikes the name that was given in EHLO: a qualified one that resolves', 'client-name')
const REVERSE = hint(
  'the address that this comes from needs a name (PTR) that leads back to it: who owns the address can set it',
)
const LISTED = hint(
  'the address that this comes from is on a block list or of bad repute: send through a relay, or have it taken off',
)
const OFTEN = hint('too much came from here in too short a time: wait, and send less at once')
const SPF = hint("the sender's domain does not allow this address to send for it (SPF): send through its own servers")
const DKIM = hint(
  "the message bears no signature of the sender's domain that holds (DKIM): send through its own servers",
)
const DMARC = hint(
  "the message does not prove that it is of the sender's domain (SPF, DKIM, DMARC): send through its own servers",
)
const SENDER = hint('the server does not take the sender: check it, or log in', 'sender')
const SENDER_GREY = hint(
  'the server turns strangers away the first time (greylisting), or cannot check the sender: try again later',
)
const GREY = hint('some servers turn a stranger away the first time (greylisting): try again in a few minutes')
const RELAY = hint('the server does not relay for strangers: is it theirs? else log in', 'authenticate')
const CERTIFICATE = hint('the server wants a certificate of the client that it trusts', 'client-certificate')
const TLS_FIRST = hint('the server takes nothing without TLS', 'starttls')
const LOGIN = hint('the server wants to know who you are: log in', 'login-after-tls')
const MAILBOX = hint('the mailbox does not exist there: check what stands before the @')
const DISABLED = hint('the mailbox exists, and takes no mail')
const FULL = hint('the mailbox is full')
const FULL_NOW = hint('the mailbox is full, for now: try again later')
const SIZE = hint('the message is too big for this server')
const LONG = hint(
  'a line of the message is longer than the server takes (998 bytes are the most that all take): fold it',
)
const FORM = hint('the server dislikes the form of the message: its header must have From and Date, each field once')
const ATTACHMENT = hint('the server refuses what is attached: the kind of a file, or what is in it')
const CONTENT = hint('the message is what is refused, and not an address: its text, links, attachments or header')
const ROOM = hint('the server has no room, or takes no more recipients at once: try again later')
const TROUBLE = hint('the server has trouble of its own: try again later')
const CLOSING = hint('the server is closing down or overloaded: try again later')
const NO_TLS = hint('the server has STARTTLS and cannot do it, often for lack of a certificate', 'tls-or-plain')

const TO_CLIENT = ['banner', 'ehlo'] as const
const TO_MAIL = ['mail', 'rcpt', 'data', 'message'] as const
/** A server may keep for RCPT what it has against the client, or against the sender. */
const TO_RECIPIENT = ['rcpt', 'data', 'message'] as const
const AT_MESSAGE = ['data', 'message'] as const

const ROWS: readonly Row[] = [
  // What the words or the enhanced code say beyond doubt, whatever was asked.
  {
    at: null,
    words: /client certificate|certificate (?:is )?(?:required|not trusted)|no certificate/i,
    hinted: CERTIFICATE,
  },
  { at: ['starttls'], code: /./, hinted: NO_TLS },
  {
    at: TO_MAIL,
    words: /issue a starttls|starttls (?:first|is required|required)|must use tls|tls required|encryption required/i,
    hinted: TLS_FIRST,
  },
  { at: null, enhanced: /^[45]\.7\.10$/, hinted: TLS_FIRST },
  { at: null, enhanced: /^[45]\.7\.25$/, hinted: REVERSE },
  {
    at: null,
    words: /reverse (?:dns|hostname|name)|\bptr\b|\brdns\b|find your (?:reverse )?host ?name/i,
    hinted: REVERSE,
  },
  {
    at: null,
    words: /\b(?:helo|ehlo)\b.{0,80}(?:reject|invalid|argument|qualified|resolve|name|closing)|\((?:helo|ehlo)\)/i,
    hinted: NAME,
  },
  { at: null, words: /fully.qualified host ?name/i, hinted: NAME },
  { at: null, enhanced: /^5\.7\.(?:511|60[6-9]|6[1-4]\d)$/, hinted: LISTED },
  {
    at: null,
    words:
      /blocked using|block ?list|black ?list|dnsbl|\brbl\b|spamhaus|spamcop|barracuda|reputation|listed (?:in|at|by|on)\b/i,
    hinted: LISTED,
  },
  { at: null, enhanced: /^[45]\.7\.28$/, hinted: OFTEN },
  {
    at: null,
    words:
      /too many (?:concurrent |simultaneous )?(?:connections|sessions|messages)|rate limit|throttl|unexpected volume|too quickly|unusual rate/i,
    hinted: OFTEN,
  },
  { at: null, enhanced: /^[45]\.7\.2[34]$/, hinted: SPF },
  { at: null, enhanced: /^[45]\.7\.2[0-2]$/, hinted: DKIM },
  { at: null, enhanced: /^[45]\.7\.(?:26|29|32|40|509|515)$/, hinted: DMARC },
  { at: TO_MAIL, words: /dmarc|unauthenticated (?:mail|email)|not authenticated.{0,80}(?:spf|dkim)/i, hinted: DMARC },
  { at: TO_MAIL, words: /\bspf\b/i, hinted: SPF },
  { at: TO_MAIL, words: /\bdkim\b/i, hinted: DKIM },
  { at: null, words: /gr[ae]y.?list/i, hinted: GREY },

  // A client that is turned away before it named anybody.
  { at: TO_CLIENT, code: /^(?:501|55\d)$/, hinted: CLIENT },
  { at: TO_CLIENT, code: /^504$/, hinted: NAME },

  // The login.
  {
    at: ['auth'],
    enhanced: /^5\.7\.8$/,
    hinted: hint('user or password is wrong, or this mechanism is not allowed for it'),
  },
  { at: ['auth'], code: /^(?:504|534)$/, hinted: hint('the server wants another mechanism', 'mechanism') },
  { at: ['auth'], code: /^535$/, hinted: hint('user or password is wrong; only one mechanism is tried', 'mechanism') },
  { at: ['auth'], code: /^5(?:30|38)$/, hinted: hint('the server wants TLS before a login', 'starttls') },
  { at: ['auth'], code: /^454$/, hinted: hint('the login is out of order at the server for now: try again later') },
  { at: TO_MAIL, code: /^530$/, hinted: LOGIN },
  { at: TO_MAIL, enhanced: /^5\.7\.(?:0|57)$/, code: /^5[35]0$/, hinted: LOGIN },

  // The sender, also where that is said at RCPT.
  { at: TO_MAIL, enhanced: /^4\.1\.8$/, hinted: SENDER_GREY },
  { at: TO_MAIL, enhanced: /^5\.1\.[78]$/, hinted: SENDER },
  {
    at: TO_MAIL,
    words: /sender (?:address )?(?:rejected|verify|verification|not|domain|denied)|invalid sender/i,
    code: /^5/,
    hinted: SENDER,
  },
  {
    at: TO_MAIL,
    enhanced: /^[45]\.7\.27$/,
    hinted: hint("the sender's domain takes no mail itself (a null MX): nobody could answer"),
  },
  { at: ['mail'], code: /^45[01]$/, hinted: SENDER_GREY },
  {
    at: ['mail'],
    enhanced: /^5\.7\.1$/,
    hinted: hint(
      'a matter of policy: the server dislikes sender or address, or does not relay for strangers',
      'authenticate',
    ),
  },
  { at: ['mail'], code: /^55[013]$/, hinted: SENDER },
  { at: ['mail'], code: /^55[25]$/, enhanced: /^5\.5\./, hinted: hint('the server does not know a parameter of MAIL') },
  { at: ['mail'], code: /^552$/, hinted: SIZE },

  // The mailbox, also where that is said behind the message.
  { at: TO_RECIPIENT, words: /relay/i, code: /^[45]5/, hinted: RELAY },
  { at: TO_RECIPIENT, enhanced: /^5\.7\.64$/, hinted: RELAY },
  { at: TO_RECIPIENT, enhanced: /^5\.1\.(?:1|10)$|^5\.4\.1$/, hinted: MAILBOX },
  {
    at: TO_RECIPIENT,
    words:
      /user unknown|unknown (?:user|recipient)|no such (?:user|mailbox|recipient|address)|unrouteable|invalid (?:recipient|mailbox)|mailbox (?:unavailable|not found)|does(?:n't| not) (?:have a|exist)/i,
    code: /^55/,
    hinted: MAILBOX,
  },
  {
    at: TO_RECIPIENT,
    enhanced: /^5\.1\.2$/,
    hinted: hint('the server knows no such domain: check what stands behind the @'),
  },
  { at: TO_RECIPIENT, enhanced: /^[45]\.2\.1$/, words: /disabled|inactive|suspended/i, hinted: DISABLED },
  { at: TO_RECIPIENT, enhanced: /^5\.2\.2$/, hinted: FULL },
  { at: TO_RECIPIENT, enhanced: /^4\.2\.2$/, hinted: FULL_NOW },
  { at: TO_RECIPIENT, words: /over ?quota|mailbox (?:is )?full|quota exceeded/i, hinted: FULL_NOW },

  // What is in the message.
  { at: AT_MESSAGE, words: /lines? (?:is |are )?(?:too long|longer)|line length/i, hinted: LONG },
  { at: AT_MESSAGE, enhanced: /^5\.3\.4$|^5\.2\.3$/, hinted: SIZE },
  { at: AT_MESSAGE, words: /too (?:big|large)|exceeds .{0,40}size|size limit/i, hinted: SIZE },
  { at: AT_MESSAGE, words: /rfc ?-?(?:5322|2822|822)|missing .{0,40}header|message-id/i, hinted: FORM },
  { at: AT_MESSAGE, words: /attachment|virus|malware|security issue/i, hinted: ATTACHMENT },
  { at: AT_MESSAGE, enhanced: /^5\.6\./, hinted: FORM },
  { at: ['message'], code: /^552$/, hinted: hint('the message is too big, or the mailbox is full') },
  { at: ['message'], code: /^5/, hinted: CONTENT },

  // What a code says of a recipient, where nothing says more.
  { at: ['rcpt'], enhanced: /^4\.7\.1$/, hinted: GREY },
  {
    at: ['rcpt'],
    code: /^450$/,
    hinted: hint(
      'the mailbox is busy, or the server turns strangers away the first time (greylisting): try again later',
    ),
  },
  {
    at: ['rcpt'],
    enhanced: /^5\.7\.1$/,
    hinted: hint(
      'a matter of policy: the server dislikes sender or address, or does not relay for strangers',
      'authenticate',
    ),
  },
  {
    at: ['rcpt'],
    code: /^550$/,
    hinted: hint(
      'check the address: the mailbox does not exist, or the server does not relay for strangers',
      'authenticate',
    ),
  },
  { at: ['rcpt'], code: /^551$/, hinted: hint('the mailbox is elsewhere; the reply may say where') },
  { at: ['rcpt'], code: /^552$/, hinted: FULL },
  { at: ['rcpt'], code: /^553$/, hinted: hint('the server does not take that address: check its form') },
  {
    at: ['rcpt', 'data'],
    code: /^554$/,
    hinted: hint('the server refuses on principle: content, sender or the reputation of this address'),
  },

  // What is so whatever was asked.
  { at: null, code: /^421$/, hinted: CLOSING },
  { at: null, code: /^45[01]$/, hinted: TROUBLE },
  { at: null, code: /^452$/, hinted: ROOM },
  { at: null, code: /^500$/, hinted: hint('the server does not know that command') },
  { at: null, code: /^502$/, hinted: hint('the server does not have that command') },
  {
    at: null,
    code: /^503$/,
    hinted: hint('the server wants something else first, often a login or TLS', 'login-after-tls'),
  },
]

/** What to look at where a command, or a message, was refused: by which reply to what; null where that says it all. */
export function refusalHint(stage: Stage, reply: Reply): Hinted | null {
  const text = reply.lines.map(lineText).join(' ')
  const fits = ({ at, code, enhanced, words }: Row) =>
    (at === null || at.includes(stage)) &&
    (code?.test(String(reply.code)) ?? true) &&
    (enhanced?.test(reply.enhancedCode ?? '') ?? true) &&
    (words?.test(text) ?? true)
  return ROWS.find(fits)?.hinted ?? null
}
