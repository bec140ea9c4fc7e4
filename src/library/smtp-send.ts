import { type EndpointForm, parseEndpoint } from '../core/address/endpoint.js'
import type { Run } from '../core/iterate.js'
import { UsageError } from '../core/usage-error.js'
import { parseServer } from '../operations/dns/server.js'
import {
  type MailEnvelope,
  type MailRoute,
  type SmtpSendOptions as ReadOptions,
  type ReplyExpectation,
  type SmtpSendEvent,
  type SmtpSendSummary,
  smtpSend as smtpSendOperation,
} from '../operations/smtp-send/index.js'
import {
  type Credentials,
  checkCredentials,
  encodeEnvelopeId,
  encodeNotify,
  encodeReturn,
  fittingMechanisms,
  MECHANISMS,
  type MechanismName,
  parseHeloName,
  QUIT_AFTER,
  type QuitAfter,
  STAGES,
  type Stage,
} from '../protocol/smtp/index.js'
import { type Addressed, type MailOptions, readContent, readPeople } from './mail.js'
import { begin, type OptionsReader, type RunOptions, readOptions } from './options.js'
import { type ReachOptions, readReach, readTls, type TlsOptions } from './reach.js'

/** Who logs in, and with what. */
export interface SmtpAuth {
  readonly user: string
  readonly password?: string | undefined
  /** Of OAuth, in place of a password. */
  readonly token?: string | undefined
  /** The strongest that the server offers where it is left out. */
  readonly mechanism?: MechanismName | undefined
  /** Allows it without TLS. */
  readonly insecure?: boolean | undefined
}

/** What {@link smtpSend} takes. */
export interface SmtpSendOptions extends RunOptions, ReachOptions, MailOptions {
  /** `host`, `host:port` or `unix:PATH`. Port 25 by default, 465 with `security` `implicit`, 24 for LMTP. */
  readonly server?: string | undefined
  /** The mail servers of the recipients' domain, in place of `server`. */
  readonly mx?: boolean | undefined
  /** With `mx`: asked for them instead of this system's. */
  readonly dnsServers?: string | readonly string[] | undefined
  /** What to be called. Default: this machine's name, or its address where that is no proper name. */
  readonly helo?: string | undefined
  readonly lmtp?: boolean | undefined
  /** `implicit`: TLS from the first byte on; else when to use STARTTLS. Default `auto`. */
  readonly security?: 'implicit' | 'auto' | 'always' | 'never' | undefined
  readonly tls?: TlsOptions | undefined
  readonly auth?: SmtpAuth | undefined
  /** Ends the dialogue behind this stage: a question how far the server would go. */
  readonly quitAfter?: QuitAfter | undefined
  /** Codes that the replies of a stage must bear: `{ rcpt: '550' }`, `5xx`, or an enhanced code such as `5.1.1`. */
  readonly expectReply?: Readonly<Partial<Record<Stage, string>>> | undefined
  /** How often the mail is sent, on one connection. Default 1. */
  readonly repeat?: number | undefined
  /** What the five minutes of RFC 5321 section 4.5.3.2 shall be; all waits for replies stand in proportion. */
  readonly replyTimeoutMs?: number | undefined
  /** False never sends commands in groups. Default true. */
  readonly pipelining?: boolean | undefined
  /** When to tell of the delivery (RFC 3461): `SUCCESS,FAILURE,DELAY` or `NEVER`. */
  readonly dsnNotify?: string | undefined
  /** How much of the mail comes back with that: `FULL` or `HDRS`. */
  readonly dsnReturn?: string | undefined
  readonly envelopeId?: string | undefined
}

const PORT = { smtp: 25, lmtp: 24, tls: 465 }
const SECURITY = ['implicit', 'auto', 'always', 'never'] as const
const SERVER_FORM: EndpointForm = { schemes: [], text: 'host, host:port or unix:PATH' }

/**
 * Sends a mail, or asks a mail server how far it would go. Everything that is said becomes an event; at the end there is one
 * for each recipient. Fails with `SMTP_550` and the like where the server says no.
 *
 *     const mail = { from: 'a@example.com', to: 'b@example.com', subject: 'Hello', text: 'Hi.' }
 *     for await (const event of smtpSend({ server: 'localhost:2525', ...mail })) {
 *       if (event.type === 'recipient') console.log(event.address, event.status)
 *     }
 */
export function smtpSend(options: SmtpSendOptions): Run<SmtpSendEvent, SmtpSendSummary> {
  return begin('smtpSend', smtpSendOperation, options, (reader) => {
    const quitAfter = reader.choice('quitAfter', QUIT_AFTER) ?? null
    const security = reader.choice('security', SECURITY) ?? 'auto'
    const lmtp = reader.boolean('lmtp')
    const people = readPeople(reader)
    const stage = quitAfter === null ? QUIT_AFTER.length : QUIT_AFTER.indexOf(quitAfter)
    const names = stage >= QUIT_AFTER.indexOf('mail')
    const dsn = readDsn(reader)
    const content = readContent(reader, people)
    const repeat = reader.integer('repeat', { min: 1, max: 1_000_000 }) ?? 1
    if (repeat > 1 && quitAfter !== null) throw new UsageError('repeat and quitAfter exclude each other', 'repeat')
    const helo = reader.text('helo')
    const tls = reader.nested('tls', readTls)
    if (tls && security === 'never') throw new UsageError('tls does not go with security never', 'tls')
    return {
      route: readRoute(reader, people, { security, lmtp }),
      reach: readReach(reader),
      helo: helo === undefined ? null : parseHeloName(helo, 'helo'),
      lmtp,
      security,
      tls: tls ?? {},
      auth: reader.nested('auth', readAuth) ?? null,
      envelope: names ? readEnvelope(people, dsn, quitAfter === 'mail') : null,
      content: quitAfter === null ? content : null,
      repeat,
      quitAfter,
      expectReply: readExpectations(reader.value('expectReply')),
      replyTimeoutMs: reader.positive('replyTimeoutMs') ?? null,
      pipelining: reader.value('pipelining') === undefined || reader.boolean('pipelining'),
    }
  })
}

function readRoute(
  reader: OptionsReader<SmtpSendOptions>,
  people: Addressed,
  { security, lmtp }: Pick<ReadOptions, 'security' | 'lmtp'>,
): MailRoute {
  const text = reader.text('server')
  const mx = reader.boolean('mx')
  const dnsServers = reader.texts('dnsServers').map((each) => parseServer(each, 'dnsServers'))
  const standard = security === 'implicit' ? PORT.tls : lmtp ? PORT.lmtp : PORT.smtp
  if (mx) {
    if (text !== undefined) throw new UsageError('mx and server exclude each other', 'mx')
    if (lmtp) throw new UsageError('mx and lmtp exclude each other: LMTP is for a known server', 'mx')
    const servers = dnsServers.length > 0 ? dnsServers : null
    return { kind: 'mx', domain: oneDomain(people), port: standard, dnsServers: servers }
  }
  if (dnsServers.length > 0) throw new UsageError('dnsServers goes with mx', 'dnsServers')
  if (text === undefined) throw new UsageError('server is missing, host:port; or mx, true', 'server')
  const { scheme, host, port, path } = parseEndpoint(text, 'server', SERVER_FORM)
  if (scheme === 'unix' && path !== null) return { kind: 'unix', path }
  if (host === null) throw UsageError.of('server', text, SERVER_FORM.text)
  return { kind: 'server', host, port: port ?? standard }
}

function oneDomain({ recipients }: Addressed): string {
  const domains = new Set(recipients.map(({ ascii }) => ascii.slice(ascii.lastIndexOf('@') + 1).toLowerCase()))
  const [domain, ...others] = domains
  if (domain === undefined) throw new UsageError('mx needs to: whose mail server?', 'mx')
  if (others.length > 0)
    throw new UsageError(`mx: the recipients are of several domains, ${[...domains].join(', ')}`, 'mx')
  if (recipients.some(({ ascii }) => !ascii.includes('@')))
    throw new UsageError('mx: postmaster alone has no domain; write postmaster@DOMAIN', 'to')
  return domain
}

type Dsn = Pick<MailEnvelope, 'dsnNotify' | 'dsnReturn' | 'envelopeId'>

/** They go into commands: each is looked at here, where it is known by its name. */
function readDsn(reader: OptionsReader<SmtpSendOptions>): Dsn {
  const checked = (name: keyof Dsn, check: (text: string, argument: string) => string) => {
    const text = reader.text(name)
    if (text !== undefined) check(text, name)
    return text ?? null
  }
  return {
    dsnNotify: checked('dsnNotify', encodeNotify),
    dsnReturn: checked('dsnReturn', encodeReturn),
    envelopeId: checked('envelopeId', encodeEnvelopeId),
  }
}

function readEnvelope({ from, recipients }: Addressed, dsn: Dsn, senderOnly: boolean): MailEnvelope {
  if (from === null) throw new UsageError('from is missing: who sends it?', 'from')
  if (recipients.length === 0 && !senderOnly) throw new UsageError('to is missing: who shall get it?', 'to')
  return { from: from.address, to: recipients.map(({ address }) => address), ...dsn }
}

function readAuth(reader: OptionsReader<SmtpAuth>): NonNullable<ReadOptions['auth']> {
  const user = reader.text('user') ?? ''
  const [password, token] = [reader.text('password'), reader.text('token')]
  if ((password === undefined) === (token === undefined))
    throw new UsageError('a password or a token is wanted, one of them', 'auth')
  const mechanism = reader.choice('mechanism', MECHANISMS) ?? null
  const secret = token === undefined ? passwordOf(password ?? '') : ({ kind: 'token', token } as const)
  const credentials: Credentials = { user, secret }
  if (mechanism !== null && !fittingMechanisms(credentials).includes(mechanism))
    throw UsageError.of('mechanism', mechanism, `a mechanism for a ${secret.kind}`)
  checkCredentials(credentials, mechanism, 'auth')
  return { credentials, mechanism, insecure: reader.boolean('insecure') }
}

function passwordOf(password: string) {
  return { kind: 'password', password } as const
}

function readExpectations(given: SmtpSendOptions['expectReply']): readonly ReplyExpectation[] {
  if (given === undefined) return []
  return readOptions('expectReply', given, (reader) =>
    STAGES.flatMap((stage) => {
      const code = reader.text(stage)
      if (code === undefined) return []
      if (stage === 'connect' || stage === 'tls') throw UsageError.of('expectReply', stage, 'a stage with replies')
      if (!/^([2-5](?:\d\d|xx|\d?x?)|[245]\.\d{1,3}\.\d{1,3})$/i.test(code))
        throw UsageError.of(stage, code, 'a code, such as 550, 5xx or 5.1.1')
      return [{ stage, code }]
    }),
  )
}
