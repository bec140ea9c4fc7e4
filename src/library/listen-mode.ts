import { UsageError } from '../core/usage-error.js'
import {
  type Mode,
  parseRecording,
  SMTP_REJECT_STAGES,
  type SmtpDelay,
  type SmtpMode,
  type SmtpRejection,
  type SmtpRejectStage,
} from '../operations/listen/index.js'
import { checkField } from '../protocol/http/request-encoder.js'
import { type OptionsReader, readOptions, shown } from './options.js'

/** What a listener says to whoever comes: a word, or where more is to be said an object. */
export type ListenMode =
  | 'conversation'
  | 'echo'
  | 'chat'
  | 'discard'
  | 'http'
  | 'smtp'
  | ListenReplyMode
  | ListenHttpMode
  | ListenServeMode
  | ListenExecMode
  | ListenReplayMode
  | ListenSmtpMode

/** Sends the same to each peer, then ends. */
export interface ListenReplyMode {
  readonly kind: 'reply'
  readonly body: string | Uint8Array
}

/** Shows each HTTP request in full, and answers it. */
export interface ListenHttpMode {
  readonly kind: 'http'
  /** 200 to 999. Default 200. */
  readonly statusCode?: number | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly body?: string | Uint8Array | undefined
  /** Milliseconds before each answer. */
  readonly delayMs?: number | undefined
}

/** Static files over HTTP. */
export interface ListenServeMode {
  readonly kind: 'serve'
  readonly directory: string
  /** Whether names that begin with a dot are served. */
  readonly dotfiles?: boolean | undefined
}

/** Runs a command for each peer, its input and output. */
export interface ListenExecMode {
  readonly kind: 'exec'
  readonly command: string
  /** Lets a shell read `command`. */
  readonly shell?: boolean | undefined
}

/** Plays back what a session recorded. */
export interface ListenReplayMode {
  readonly kind: 'replay'
  /** The JSON Lines of the recording. */
  readonly recording: string
}

/** A mail server that takes everything, or as little as it is told to, and delivers nothing. */
export interface ListenSmtpMode {
  readonly kind: 'smtp'
  /** One reply for each recipient (RFC 2033). */
  readonly lmtp?: boolean | undefined
  /** Offers STARTTLS, with the listener's certificate. */
  readonly starttls?: boolean | undefined
  /** Who has to log in before a mail is taken. */
  readonly auth?: { readonly user: string; readonly password: string } | undefined
  readonly reject?: readonly ListenSmtpRejection[] | undefined
  readonly delays?: readonly ListenSmtpDelay[] | undefined
  /** Greater messages are refused with 552. Default 100 MiB. */
  readonly maxSizeBytes?: number | undefined
  /** Folder in which each message is kept as it came, before it is accepted; made where it is missing. */
  readonly directory?: string | undefined
}

/** A refusal on purpose. */
export interface ListenSmtpRejection {
  readonly stage: SmtpRejectStage
  /** Of a sender, a recipient or a user: that one alone, `*` for any characters. Everybody where left out. */
  readonly address?: string | undefined
  /** 400 to 599. */
  readonly code: number
}

/** How long the sink thinks before it answers. */
export interface ListenSmtpDelay {
  /** At every stage that has no delay of its own where it is left out. */
  readonly stage?: SmtpRejectStage | undefined
  readonly ms: number
}

const KINDS = ['conversation', 'echo', 'chat', 'discard', 'http', 'smtp', 'reply', 'serve', 'exec', 'replay'] as const
const DEFAULT_MAX_SIZE_BYTES = 100 * 1024 * 1024
/** Stages at which there is an address to tell apart by. */
const ADDRESSED: readonly string[] = ['auth', 'mail', 'rcpt', 'message']

type AnyMode = { readonly [Name in KeyOfEach<Exclude<ListenMode, string>>]?: unknown }
type KeyOfEach<Union> = Union extends unknown ? keyof Union : never

/** What {@link ListenMode} says. `secure`: the listener speaks TLS from the first byte on. */
export function readMode(mode: unknown, secure: boolean): Mode {
  const given = mode === undefined ? { kind: 'conversation' } : typeof mode === 'string' ? { kind: mode } : mode
  return readOptions('mode', given as AnyMode, (reader) => {
    const kind = reader.choice('kind', KINDS)
    switch (kind) {
      case undefined:
        throw new UsageError(`kind is missing: one of ${KINDS.join(', ')}`, 'kind')
      case 'conversation':
      case 'echo':
      case 'chat':
      case 'discard':
        return { kind }
      case 'reply':
        return { kind, bytes: bytesOf(wanted(reader, 'body'), 'body') }
      case 'http':
        return {
          kind,
          statusCode: reader.integer('statusCode', { min: 200, max: 999 }) ?? 200,
          headers: readHeaders(reader.value('headers')),
          body: bytesOf(reader.value('body') ?? '', 'body'),
          delayMs: reader.positive('delayMs') ?? 0,
        }
      case 'serve':
        return { kind, directory: textOf(reader, 'directory'), dotfiles: reader.boolean('dotfiles') }
      case 'exec':
        return { kind, command: textOf(reader, 'command'), shell: reader.boolean('shell') }
      case 'replay':
        return { kind, chunks: parseRecording(textOf(reader, 'recording'), 'recording', 'the recording') }
      case 'smtp':
        return readSmtp(reader, secure)
    }
  })
}

function readSmtp(reader: OptionsReader<AnyMode>, secure: boolean): SmtpMode {
  const starttls = reader.boolean('starttls')
  if (secure && starttls) throw new UsageError('starttls does not go with tls: TLS begins once', 'starttls')
  const lists = reader as OptionsReader<Pick<ListenSmtpMode, 'auth' | 'reject' | 'delays'>>
  const isObject = (value: unknown) => typeof value === 'object' && value !== null
  const rejections = lists.list<ListenSmtpRejection>('reject', isObject, 'a list of rejections')
  const delays = lists.list<ListenSmtpDelay>('delays', isObject, 'a list of delays')
  return {
    kind: 'smtp',
    lmtp: reader.boolean('lmtp'),
    starttls,
    secure,
    auth: lists.nested('auth', readLogin) ?? null,
    reject: rejections.map((each) => readOptions('reject', each, readRejection)),
    delays: delays
      .map((each) => readOptions('delays', each, readDelay))
      // Those of a stage before the one for all others.
      .sort((a, b) => Number(a.stage === null) - Number(b.stage === null)),
    maxSizeBytes: reader.integer('maxSizeBytes', { min: 1 }) ?? DEFAULT_MAX_SIZE_BYTES,
    directory: reader.text('directory') ?? null,
  }
}

function readLogin(reader: OptionsReader<{ readonly user: string; readonly password: string }>) {
  return { user: textOf(reader, 'user'), password: textOf(reader, 'password') }
}

function readRejection(reader: OptionsReader<ListenSmtpRejection>): SmtpRejection {
  const stage = reader.choice('stage', SMTP_REJECT_STAGES)
  const code = reader.integer('code', { min: 400, max: 599 })
  const address = reader.text('address') ?? null
  if (stage === undefined || code === undefined) throw new UsageError('a stage and a code are wanted', 'reject')
  if (address !== null && !ADDRESSED.includes(stage))
    throw UsageError.of('address', address, `told apart at ${stage}: only at ${ADDRESSED.join(', ')}`)
  return { stage, code, address }
}

function readDelay(reader: OptionsReader<ListenSmtpDelay>): SmtpDelay {
  const ms = reader.positive('ms')
  if (ms === undefined) throw new UsageError('ms is missing', 'ms')
  return { stage: reader.choice('stage', SMTP_REJECT_STAGES) ?? null, ms }
}

function readHeaders(headers: unknown): readonly (readonly [string, string])[] {
  if (headers === undefined) return []
  if (typeof headers !== 'object' || headers === null) throw UsageError.of('headers', shown(headers), 'an object')
  return Object.entries(headers).map(([name, value]: [string, unknown]) => {
    // RFC 9110 5.5: visible characters, blanks and what is beyond ASCII, a byte each.
    if (typeof value !== 'string' || !/^[\t\x20-\x7e\x80-\xff]*$/.test(value))
      throw UsageError.of('headers', `${name}: ${shown(value)}`, 'a field')
    checkField(name, value, 'headers')
    return [name, value] as const
  })
}

function wanted<Options extends object>(reader: OptionsReader<Options>, name: keyof Options & string): unknown {
  const value = reader.value(name)
  if (value === undefined) throw new UsageError(`${name} is missing`, name)
  return value
}

function textOf<Options extends object>(reader: OptionsReader<Options>, name: keyof Options & string): string {
  wanted(reader, name)
  const text = reader.text(name) ?? ''
  if (text === '') throw UsageError.of(name, text, 'a text that is not empty')
  return text
}

function bytesOf(value: unknown, name: string): Uint8Array {
  if (typeof value === 'string') return Buffer.from(value)
  if (value instanceof Uint8Array) return value
  throw UsageError.of(name, shown(value), 'a text or bytes')
}
