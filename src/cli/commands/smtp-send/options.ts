import { type EndpointForm, parseEndpoint } from '../../../core/address/endpoint.js'
import { UsageError } from '../../../core/usage-error.js'
import type { MailEnvelope, MailRoute, SmtpSendOptions } from '../../../operations/smtp-send/index.js'
import { checkCredentials, fittingMechanisms, QUIT_AFTER } from '../../../protocol/smtp/index.js'
import { readServers } from '../../args/flags/dns.js'
import { checkFamily, readFamily, readSource } from '../../args/flags/network.js'
import { TLS_FLAG_NAMES, tlsOptions } from '../../args/flags/tls.js'
import type { Environment } from '../../environment.js'
import { SMTP_SEND_FLAGS, type SmtpSendArguments } from './flags.js'
import { type Addressed, readContent, readPeople } from './mail.js'

const PORT = { smtp: 25, lmtp: 24, tls: 465 }
const DEFAULT_REACH_MS = 5000

/** The question for a password that comes from nowhere else. */
export function asksPassword(args: SmtpSendArguments): string | null {
  const user = args.value('auth')
  return user === null || args.has('password-env') || args.has('password-file') ? null : `password of ${user}`
}

/** Throws UsageError for whatever could not be sent as it is, or cannot go together. */
export function readSmtpSend(args: SmtpSendArguments, environment: Environment): SmtpSendOptions {
  const options = args.options(SMTP_SEND_FLAGS)
  const { quitAfter } = options
  const security = args.has('tls') ? 'implicit' : args.value('starttls')
  const people = readPeople(args)
  const stage = quitAfter === null ? QUIT_AFTER.length : QUIT_AFTER.indexOf(quitAfter)
  const envelope = stage >= QUIT_AFTER.indexOf('mail') ? readEnvelope(args, people, quitAfter === 'mail') : null
  const content = readContent(args, people, environment)
  const route = readRoute(args, people, security)
  const timeoutMs = args.value('timeout')
  const reach = {
    family: readFamily(args),
    ...readSource(args),
    timeoutMs: timeoutMs ?? DEFAULT_REACH_MS,
    systemTime: timeoutMs === null,
  }
  if (route.kind === 'server') checkFamily(route.host, '--server', reach)
  return {
    ...options,
    route,
    reach,
    security,
    tls: readTls(args, security),
    auth: readAuth(args, environment),
    envelope,
    content: quitAfter === null ? content : null,
    replyTimeoutMs: timeoutMs,
    pipelining: !args.has('no-pipelining'),
  }
}

function readTls(args: SmtpSendArguments, security: SmtpSendOptions['security']): SmtpSendOptions['tls'] {
  const stray = args.firstOf(TLS_FLAG_NAMES)
  if (security === 'never' && stray !== null) {
    throw new UsageError(`--${stray} does not go with --starttls never`, `--${stray}`)
  }
  return tlsOptions(args)
}

const SERVER_FORM: EndpointForm = { schemes: [], text: 'host, host:port or unix:PATH' }

function readRoute(args: SmtpSendArguments, people: Addressed, security: SmtpSendOptions['security']): MailRoute {
  const text = args.value('server')
  const standard = security === 'implicit' ? PORT.tls : args.has('lmtp') ? PORT.lmtp : PORT.smtp
  if (args.has('mx')) {
    return {
      kind: 'mx',
      domain: oneDomain(people),
      port: standard,
      dnsServers: readServers(args.value('dns-server'), '--dns-server'),
    }
  }
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

function readEnvelope(args: SmtpSendArguments, { from, recipients }: Addressed, senderOnly: boolean): MailEnvelope {
  if (from === null) throw new UsageError('--from is missing: who sends it?', '--from')
  if (recipients.length === 0 && !senderOnly) throw new UsageError('--to is missing: who shall get it?', '--to')
  return {
    from: from.address,
    to: recipients.map(({ address }) => address),
    dsnNotify: args.value('dsn-notify'),
    dsnReturn: args.value('dsn-return'),
    envelopeId: args.value('envelope-id'),
  }
}

function readAuth(args: SmtpSendArguments, { env }: Environment): SmtpSendOptions['auth'] {
  const user = args.value('auth')
  if (user === null) return null
  const mechanism = args.value('auth-mechanism')
  const secret = readPassword(args, env)
  const token = { user, secret: { kind: 'token', token: secret } } as const
  const password = { user, secret: { kind: 'password', password: secret } } as const
  const wantsToken = mechanism !== null && fittingMechanisms(token).includes(mechanism)
  const credentials = wantsToken ? token : password
  checkCredentials(credentials, mechanism, '--auth')
  return { credentials, mechanism, insecure: args.value('auth-insecure') }
}

function readPassword(args: SmtpSendArguments, env: Environment['env']): string {
  const variable = args.value('password-env')
  if (variable === null) return args.value('password-file')?.replace(/\r?\n[\s\S]*$/, '') ?? args.secret ?? ''
  const value = env[variable]
  if (value === undefined || value === '') {
    throw UsageError.of('--password-env', variable, 'an environment variable that holds a password')
  }
  return value
}
