import { parseDuration } from '../../../core/text/duration.js'
import { UsageError } from '../../../core/usage-error.js'
import {
  SMTP_REJECT_STAGES,
  type SmtpDelay,
  type SmtpMode,
  type SmtpRejection,
  type SmtpRejectStage,
} from '../../../operations/listen/index.js'
import type { Arguments } from '../../args/arguments.js'
import type { Flags } from '../../args/flags/shared.js'
import type { Environment } from '../../environment.js'

const DEFAULT_MAX_SIZE_BYTES = 100 * 1024 * 1024
const MAIL = 'With --smtp'
const STAGES = SMTP_REJECT_STAGES.join(', ')
/** What smtp-send calls the same moments. */
const ALSO: Readonly<Record<string, SmtpRejectStage>> = { banner: 'connect', tls: 'starttls' }

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
  save: {
    kind: 'value',
    metavar: 'DIR',
    describe: 'keep each message there as it came, as .eml; made if missing',
    group: MAIL,
  },
  reject: {
    kind: 'values',
    metavar: 'STAGE=CODE',
    describe: `say no at ${STAGES}; rcpt:ADDRESS=550 to one address alone, * for any characters`,
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
    reject: args.list('reject').map((text) => readRejection(text, args.has('lmtp'))),
    delays: readDelays(args.text('delay')),
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

function readRejection(text: string, lmtp: boolean): SmtpRejection {
  const [, name = '', address, code] = /^([a-z]+)(?::([^=]+))?=([45]\d\d)$/.exec(text) ?? []
  const stage = stageNamed(name)
  // After the final dot only LMTP has a word for each recipient.
  const addressed = stage === 'mail' || stage === 'rcpt' || stage === 'auth' || (stage === 'message' && lmtp)
  if (stage === null || (address !== undefined && !addressed)) {
    const form = `STAGE=CODE with 400 to 599 and a stage of ${STAGES}; STAGE:ADDRESS=CODE at auth, mail, rcpt, and with --lmtp at message`
    throw UsageError.of('--reject', text, form)
  }
  return { stage, address: address ?? null, code: Number(code) }
}

/** `2s`, or `mail=1s,message=5s`, or both. */
function readDelays(text: string | null): SmtpDelay[] {
  const delays = text?.split(',').map((each): SmtpDelay => {
    const [, name, duration] = /^([a-z]+)=(.*)$/.exec(each) ?? []
    if (name === undefined) return { stage: null, ms: parseDuration(each, '--delay') }
    const stage = stageNamed(name)
    if (stage === null) throw UsageError.of('--delay', text, `D, or STAGE=D with a stage of ${STAGES}`)
    return { stage, ms: parseDuration(duration ?? '', '--delay') }
  })
  // Those of a stage before the one for all others.
  return delays?.sort((a, b) => Number(a.stage === null) - Number(b.stage === null)) ?? []
}

function stageNamed(name: string): SmtpRejectStage | null {
  return ALSO[name] ?? SMTP_REJECT_STAGES.find((known) => known === name) ?? null
}
