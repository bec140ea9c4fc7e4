import { type EndpointForm, parseEndpoint } from '../../../core/address/endpoint.js'
import { UsageError } from '../../../core/usage-error.js'
import type { MailEnvelope, MailRoute, ReplyExpectation, SmtpSendOptions } from '../../../operations/smtp-send/index.js'
import {
  checkCredentials,
  encodeEnvelopeId,
  encodeNotify,
  encodeReturn,
  fittingMechanisms,
  parseHeloName,
  parseMechanism,
  QUIT_AFTER,
  STAGES,
} from '../../../protocol/smtp/index.js'
import type { Arguments } from '../../args/arguments.js'
import { readServers } from '../../args/flags/dns.js'
import { checkFamily, positiveMs, reachOptions, tlsOptions } from '../../args/flags/network.js'
import { TLS_FLAGS } from '../../args/flags/shared.js'
import type { Environment } from '../../environment.js'
import { type Addressed, readContent, readPeople } from './mail.js'

const PORT = { smtp: 25, lmtp: 24, tls: 465 }
const MAX_REPEAT = 1_000_000

/** The question for a password that comes from nowhere else. */
export function asksPassword(args: Arguments): string | null {
  const user = args.text('auth')
  return user === null || args.has('password-env') || args.has('password-file') ? null : `password of ${user}`
}

/** Throws UsageError for whatever could not be sent as it is, or cannot go together. */
export function readSmtpSend(args: Arguments, environment: Environment): SmtpSendOptions {
  const quitAfter = args.has('quit-after') ? args.choice('quit-after', QUIT_AFTER, 'rcpt') : null
  const security = readSecurity(args)
  const people = readPeople(args)
  const stage = quitAfter === null ? QUIT_AFTER.length : QUIT_AFTER.indexOf(quitAfter)
  const envelope = stage >= QUIT_AFTER.indexOf('mail') ? readEnvelope(args, people, quitAfter === 'mail') : null
  const repeat = args.integer('repeat', { min: 1, max: MAX_REPEAT }, 1)
  if (repeat > 1 && quitAfter !== null) throw new UsageError('--repeat and --quit-after exclude each other', '--repeat')
  const content = readContent(args, people, environment)
  const route = readRoute(args, people, security)
  const reach = reachOptions(args)
  if (route.kind === 'server') checkFamily(route.host, '--server', reach)
  return {
    route,
    reach,
    helo: args.has('helo') ? parseHeloName(args.text('helo') ?? '', '--helo') : null,
    lmtp: args.has('lmtp'),
    security,
    tls: readTls(args, security),
    auth: readAuth(args, environment),
    envelope,
    content: quitAfter === null ? content : null,
    repeat,
    quitAfter,
    expectReply: args.list('expect-reply').map(readExpectation),
    replyTimeoutMs: positiveMs(args, 'timeout', null),
    pipelining: !args.has('no-pipelining'),
  }
}

function readSecurity(args: Arguments): SmtpSendOptions['security'] {
  if (args.has('tls') && args.has('starttls')) {
    throw new UsageError('--tls and --starttls exclude each other: TLS begins once', '--tls')
  }
  return args.has('tls') ? 'implicit' : args.choice('starttls', ['auto', 'always', 'never'], 'auto')
}

function readTls(args: Arguments, security: SmtpSendOptions['security']): SmtpSendOptions['tls'] {
  const stray = Object.keys(TLS_FLAGS).find((flag) => args.has(flag))
  if (security === 'never' && stray !== undefined) {
    throw new UsageError(`--${stray} does not go with --starttls never`, `--${stray}`)
  }
  return tlsOptions(args)
}

const SERVER_FORM: EndpointForm = { schemes: [], text: 'host, host:port or unix:PATH' }

function readRoute(args: Arguments, people: Addressed, security: SmtpSendOptions['security']): MailRoute {
  const text = args.text('server')
  const standard = security === 'implicit' ? PORT.tls : args.has('lmtp') ? PORT.lmtp : PORT.smtp
  if (args.has('mx')) {
    if (text !== null) throw new UsageError('--mx and --server exclude each other; choose one', '--mx')
    if (args.has('lmtp')) throw new UsageError('--mx and --lmtp exclude each other: LMTP is for a known server', '--mx')
    return { kind: 'mx', domain: oneDomain(people), port: standard, dnsServers: readServers(args, 'dns-server') }
  }
  if (args.has('dns-server')) throw new UsageError('--dns-server goes with --mx', '--dns-server')
  if (text === null) throw new UsageError('where to? --server HOST[:PORT], or --mx', '--server')
  const { scheme, host, port, path } = parseEndpoint(text, '--server', SERVER_FORM)
  if (scheme === 'unix' && path !== null) return { kind: 'unix', path }
  if (host === null) throw UsageError.of('--server', text, SERVER_FORM.text)
  return { kind: 'server', host, port: port ?? standard }
}

function oneDomain({ recipients }: Addressed): string {
  const domains = new Set(recipients.map(({ ascii }) => ascii.slice(ascii.lastIndexOf('@') + 1).toLowerCase()))
  const [domain, ...others] = domains
  if (domain === undefined) throw new UsageError('--mx needs --to: whose mail server?', '--mx')
  if (others.length > 0) {
    throw new UsageError(
      `--mx: the recipients are of several domains (${[...domains].join(', ')}); send one at a time`,
      '--mx',
    )
  }
  if (recipients.some(({ ascii }) => !ascii.includes('@'))) {
    throw new UsageError('--mx: postmaster alone has no domain; write postmaster@DOMAIN', '--to')
  }
  return domain
}

function readEnvelope(args: Arguments, { from, recipients }: Addressed, senderOnly: boolean): MailEnvelope {
  if (from === null) throw new UsageError('--from is missing: who sends it?', '--from')
  if (recipients.length === 0 && !senderOnly) throw new UsageError('--to is missing: who shall get it?', '--to')
  return {
    from: from.address,
    to: recipients.map(({ address }) => address),
    dsnNotify: readChecked(args, 'dsn-notify', encodeNotify),
    dsnReturn: readChecked(args, 'dsn-return', encodeReturn),
    envelopeId: readChecked(args, 'envelope-id', encodeEnvelopeId),
  }
}

/** A value that goes into a command, looked at here, where it is known by its flag. */
function readChecked(args: Arguments, flag: string, check: (text: string, argument: string) => string): string | null {
  const text = args.text(flag)
  if (text !== null) check(text, `--${flag}`)
  return text
}

function readAuth(args: Arguments, { env }: Environment): SmtpSendOptions['auth'] {
  const user = args.text('auth')
  if (user === null) {
    const stray = ['password-env', 'password-file', 'auth-mechanism', 'auth-insecure'].find((flag) => args.has(flag))
    if (stray !== undefined) throw new UsageError(`--${stray} goes with --auth USER`, `--${stray}`)
    return null
  }
  const name = args.text('auth-mechanism')
  const mechanism = name === null ? null : parseMechanism(name, '--auth-mechanism')
  const secret = readPassword(args, env)
  const token = { user, secret: { kind: 'token', token: secret } } as const
  const password = { user, secret: { kind: 'password', password: secret } } as const
  const wantsToken = mechanism !== null && fittingMechanisms(token).includes(mechanism)
  const credentials = wantsToken ? token : password
  checkCredentials(credentials, mechanism, '--auth')
  return { credentials, mechanism, insecure: args.has('auth-insecure') }
}

function readPassword(args: Arguments, env: Environment['env']): string {
  const variable = args.text('password-env')
  if (variable !== null && args.has('password-file')) {
    throw new UsageError('--password-env and --password-file exclude each other', '--password-env')
  }
  if (variable === null) return args.file('password-file')?.replace(/\r?\n[\s\S]*$/, '') ?? args.secret ?? ''
  const value = env[variable]
  if (value === undefined || value === '') {
    throw UsageError.of('--password-env', variable, 'an environment variable that holds a password')
  }
  return value
}

function readExpectation(text: string): ReplyExpectation {
  const [, name = '', code = ''] = /^([a-z]+)=([2-5](?:\d\d|xx|\d?x?)|[245]\.\d{1,3}\.\d{1,3})$/i.exec(text) ?? []
  const stage = STAGES.find((known) => known === name.toLowerCase())
  if (stage === undefined || stage === 'connect' || stage === 'tls' || code === '') {
    throw UsageError.of('--expect-reply', text, 'STAGE=CODE, such as rcpt=550, mail=5xx or rcpt=5.1.1')
  }
  return { stage, code }
}
