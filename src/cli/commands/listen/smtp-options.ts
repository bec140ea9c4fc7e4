import { parseDuration } from '../../../core/text/duration.js'
import { UsageError } from '../../../core/usage-error.js'
import {
  SMTP_REJECT_STAGES,
  type SmtpDelay,
  type SmtpMode,
  type SmtpRejection,
  type SmtpRejectStage,
} from '../../../operations/listen/index.js'
import type { Environment } from '../../environment.js'
import type { ListenArguments } from './flags.js'

const STAGES = SMTP_REJECT_STAGES.join(', ')
/** What smtp-send calls the same moments. */
const ALSO: Readonly<Record<string, SmtpRejectStage>> = { banner: 'connect', tls: 'starttls' }

/** What `--smtp` and its flags say. Throws UsageError. */
export function readSmtpMode(args: ListenArguments, { env }: Environment): SmtpMode {
  return {
    kind: 'smtp',
    lmtp: args.has('lmtp'),
    starttls: args.has('starttls'),
    secure: args.has('tls'),
    auth: readAuth(args, env),
    reject: args.value('reject').map((text) => readRejection(text, args.has('lmtp'))),
    delays: readDelays(args.value('delay')),
    maxSizeBytes: args.value('max-size'),
    directory: args.value('save'),
  }
}

function readAuth(args: ListenArguments, env: Environment['env']): SmtpMode['auth'] {
  const user = args.value('auth')
  if (user === null) return null
  const variable = args.value('password-env')
  const password = variable === null ? args.value('password-file')?.replace(/\r?\n[\s\S]*$/, '') : env[variable]
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
