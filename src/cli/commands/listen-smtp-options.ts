import { UsageError } from '../../core/usage-error.js'
import { SMTP_REJECT_STAGES, type SmtpMode, type SmtpRejection } from '../../operations/listen/index.js'
import type { Arguments } from '../arguments.js'
import type { Environment } from '../environment.js'
import type { Flags } from '../flags.js'

const DEFAULT_MAX_SIZE_BYTES = 100 * 1024 * 1024
const MAIL = 'With --smtp'

export const LISTEN_SMTP_FLAGS: Flags = {
  lmtp: { kind: 'switch', describe: 'LMTP: one reply for each recipient', group: MAIL },
  starttls: {
    kind: 'switch',
    describe: 'offer STARTTLS, with --cert and --key or a certificate of our own',
    group: MAIL,
  },
  auth: { kind: 'value', metavar: 'USER', describe: 'take mail only from whoever logs in so', group: MAIL },
  'password-env': {
    kind: 'value',
    metavar: 'VAR',
    describe: 'with --auth: environment variable with the password',
    group: MAIL,
  },
  'password-file': { kind: 'file', metavar: 'FILE', describe: 'with --auth: file whose first line it is', group: MAIL },
  save: { kind: 'value', metavar: 'DIR', describe: 'keep each message there as it came, as .eml', group: MAIL },
  reject: {
    kind: 'values',
    metavar: 'STAGE=CODE',
    describe: `say no at ${SMTP_REJECT_STAGES.join(', ')}; rcpt:ADDRESS=550 to one address alone`,
    group: MAIL,
  },
  'max-size': { kind: 'value', metavar: 'SIZE', describe: 'refuse greater messages with 552 (100M)', group: MAIL },
}

/** What `--smtp` and its flags say. Throws UsageError. */
export function readSmtpMode(args: Arguments, { env }: Environment): SmtpMode {
  const secure = args.has('tls')
  if (secure && args.has('starttls')) throw new UsageError('--tls and --starttls exclude each other', '--starttls')
  return {
    kind: 'smtp',
    lmtp: args.has('lmtp'),
    starttls: args.has('starttls'),
    secure,
    auth: readAuth(args, env),
    reject: args.list('reject').map(readRejection),
    delayMs: args.durationMs('delay', 0),
    maxSizeBytes: args.sizeBytes('max-size', DEFAULT_MAX_SIZE_BYTES),
    directory: args.text('save'),
  }
}

function readAuth(args: Arguments, env: Environment['env']): SmtpMode['auth'] {
  const user = args.text('auth')
  if (user === null) return null
  const variable = args.text('password-env')
  const password = variable === null ? args.file('password-file')?.replace(/\r?\n[\s\S]*$/, '') : env[variable]
  if (user === '' || !password)
    throw new UsageError('--auth needs a user, and --password-env or --password-file', '--auth')
  return { user, password }
}

function readRejection(text: string): SmtpRejection {
  const [, name, address, code] = /^([a-z]+)(?::([^=]+))?=([45]\d\d)$/.exec(text) ?? []
  const stage = SMTP_REJECT_STAGES.find((known) => known === name)
  const addressed = stage === 'mail' || stage === 'rcpt' || stage === 'auth'
  if (stage === undefined || (address !== undefined && !addressed)) {
    const form = `STAGE=CODE or STAGE:ADDRESS=CODE, with a stage of ${SMTP_REJECT_STAGES.join(', ')} and 400 to 599`
    throw UsageError.of('--reject', text, form)
  }
  return { stage, address: address ?? null, code: Number(code) }
}
