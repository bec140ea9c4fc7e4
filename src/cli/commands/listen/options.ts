// biome-ignore lint/style/noRestrictedImports: checks words, and opens no connection
import { validateHeaderName, validateHeaderValue } from 'node:http'
import { isAddress } from '../../../core/address/address.js'
import { parseListenPort } from '../../../core/address/endpoint.js'
import { checkHost } from '../../../core/address/host-name.js'
import { parseAddressRanges } from '../../../core/address/target-syntax.js'
import { unescapeBytes } from '../../../core/text/escapes.js'
import { parseSize } from '../../../core/text/size.js'
import { UsageError } from '../../../core/usage-error.js'
import {
  type Fault,
  type ListenOptions,
  type ListenTarget,
  type ListenTls,
  type Mode,
  parseRecording,
} from '../../../operations/listen/index.js'
import type { Arguments } from '../../args/arguments.js'
import { positiveMs } from '../../args/flags/network.js'
import type { Environment } from '../../environment.js'
import { LISTEN_SMTP_FLAGS, readSmtpMode } from './smtp-options.js'

const DEFAULT_HOST = '127.0.0.1'
const MAX_COUNT = 1_000_000_000
const MAX_BACKLOG = 65_535

export interface ListenCommandOptions extends ListenOptions {
  readonly hex: boolean
  /** Bytes as they come, also on a terminal. */
  readonly raw: boolean
}

/** Flags that choose a mode, and those that belong to one. */
const MODES = ['echo', 'reply', 'chat', 'discard', 'http', 'serve', 'smtp', 'exec', 'replay'] as const
const BELONGS: Readonly<Record<string, string | readonly string[]>> = {
  ...Object.fromEntries(Object.keys(LISTEN_SMTP_FLAGS).map((flag) => [flag, 'smtp'])),
  'password-env': 'auth',
  'password-file': 'auth',
  status: 'http',
  header: 'http',
  body: 'http',
  delay: ['http', 'smtp'],
  dotfiles: 'serve',
  shell: 'exec',
  cert: ['tls', 'starttls'],
  key: ['tls', 'starttls'],
  alpn: 'tls',
}
/** These speak through a stream. */
const STREAM_ONLY = ['http', 'serve', 'smtp', 'exec', 'tls', 'fault', 'backlog'] as const

export function readListenOptions(args: Arguments, environment: Environment): ListenCommandOptions {
  const { input } = environment
  for (const [flag, owner] of Object.entries(BELONGS)) {
    const owners = [owner].flat()
    if (args.has(flag) && !owners.some((each) => args.has(each)))
      throw new UsageError(`--${flag} goes with --${owners.join(' or --')}`, `--${flag}`)
  }
  const target = readTarget(args)
  if (target.kind === 'udp') {
    const stream = STREAM_ONLY.find((flag) => args.has(flag))
    if (stream) throw new UsageError(`--${stream} needs a stream: it goes without --udp`, `--${stream}`)
  }
  if (args.has('once') && args.has('count')) throw new UsageError('--once is --count 1; give one of them', '--once')
  const mode = readMode(args, environment)
  const typing = mode.kind === 'conversation' || mode.kind === 'chat'
  return {
    target,
    mode,
    fault: readFault(args.text('fault')),
    tls: readTls(args),
    count: args.has('once') ? 1 : args.integer('count', { min: 1, max: MAX_COUNT }, Number.POSITIVE_INFINITY),
    maxConnections: args.integer('max-connections', { min: 1, max: MAX_COUNT }, null) ?? undefined,
    backlog: args.integer('backlog', { min: 1, max: MAX_BACKLOG }, null) ?? undefined,
    idleTimeoutMs: positiveMs(args, 'idle-timeout', null),
    allow: parseAddressRanges(args.list('allow'), '--allow'),
    deny: parseAddressRanges(args.list('deny'), '--deny'),
    input: typing ? { isTTY: input.isTTY, chunks: input.pieces() } : null,
    hex: args.has('hex'),
    raw: args.has('raw'),
  }
}

function readTarget(args: Arguments): ListenTarget {
  const word = args.word('port') ?? ''
  const force = args.has('force')
  if (/^unix:/i.test(word)) {
    const path = word.slice('unix:'.length).replace(/^\/\/(?=\/)/, '')
    if (path === '' || path.includes('\0')) throw UsageError.of('<port>', word, 'unix: and the path of a socket')
    const inet = ['udp', 'host', 'reuse-port', 'dual-stack', 'ipv6-only', 'allow', 'deny'].find((flag) =>
      args.has(flag),
    )
    if (inet) throw new UsageError(`--${inet} has no meaning for a Unix socket`, `--${inet}`)
    return { kind: 'unix', path, force }
  }
  if (force) throw new UsageError('--force goes with unix:PATH', '--force')
  const { host, port } = readAddress(word, args.text('host'))
  const ipv6Only = args.has('ipv6-only')
  const dualStack = args.has('dual-stack')
  if (ipv6Only && dualStack) throw new UsageError('--dual-stack and --ipv6-only exclude each other', '--dual-stack')
  if (dualStack && host !== '::') {
    throw new UsageError('--dual-stack goes with --host :: (every address of both families)', '--dual-stack')
  }
  if (ipv6Only && isAddress(host) !== 6) throw new UsageError('--ipv6-only goes with an IPv6 --host', '--ipv6-only')
  return { kind: args.has('udp') ? 'udp' : 'tcp', host, port, ipv6Only, reusePort: args.has('reuse-port') }
}

/** `8080`, or with the address before it: `0.0.0.0:8080`, `[::]:8080`. */
function readAddress(word: string, flag: string | null): { host: string; port: number } {
  const [, before, digits = word] = /^(.+):([^:\]]*)$/s.exec(word) ?? []
  const port = parseListenPort(digits, '<port>')
  if (before === undefined) return { host: hostText(flag ?? DEFAULT_HOST, '--host'), port }
  if (flag !== null) throw new UsageError('the address stands in <port> already; leave --host out', '--host')
  return { host: hostText(before, '<port>'), port }
}

function hostText(text: string, argument: string): string {
  const host = checkHost(text.replace(/^\[(.*)\]$/s, '$1'), argument)
  return host.kind === 'address' ? host.address : host.name
}

function readMode(args: Arguments, environment: Environment): Mode {
  const given = MODES.filter((mode) => args.has(mode))
  if (given.length > 1)
    throw new UsageError(`--${given.join(' and --')} exclude each other; choose one`, `--${given[1]}`)
  const [kind] = given
  if (kind === undefined) return { kind: 'conversation' }
  switch (kind) {
    case 'echo':
    case 'chat':
    case 'discard':
      return { kind }
    case 'reply':
      return { kind, bytes: readBytes(args, 'reply') }
    case 'http':
      return {
        kind,
        statusCode: args.integer('status', { min: 200, max: 999 }, 200),
        headers: args.list('header').map(readHeader),
        body: readBytes(args, 'body'),
        delayMs: args.durationMs('delay', 0),
      }
    case 'serve':
      return { kind, directory: args.text('serve') ?? '', dotfiles: args.has('dotfiles') }
    case 'exec':
      return { kind, command: args.text('exec') ?? '', shell: args.has('shell') }
    case 'smtp':
      return readSmtpMode(args, environment)
    case 'replay':
      return { kind, chunks: parseRecording(args.file('replay') ?? '', '--replay', fileName(args.text('replay'))) }
  }
}

/** As messages name it. */
const fileName = (text: string | null) => (text === null || text === '-' ? 'stdin' : text)

/** Text with escapes; the bytes of a file or of stdin as they are. */
function readBytes(args: Arguments, flag: string): Uint8Array {
  const text = args.text(flag) ?? ''
  const named = text === '-' || text.startsWith('@') ? args.bytes(flag) : null
  return named ?? unescapeBytes(text, `--${flag}`)
}

function readHeader(text: string): [string, string] {
  const colon = text.indexOf(':')
  const name = text.slice(0, Math.max(0, colon)).trim()
  const value = text.slice(colon + 1).trim()
  try {
    validateHeaderName(name)
    validateHeaderValue(name, value)
  } catch {
    throw UsageError.of('--header', text, 'a field: Name: value')
  }
  return [name, value]
}

const FAULTS = 'a fault: reset, close, stall (each with @N to strike after N bytes), slow:RATE or garbage@N'

function readFault(text: string | null): Fault | null {
  if (text === null) return null
  const [, slow] = /^slow:(.+)$/.exec(text) ?? []
  if (slow !== undefined) {
    const bytesPerSecond = parseSize(slow.replace(/\/s$/, ''), '--fault')
    if (bytesPerSecond < 1) throw UsageError.of('--fault', text, 'a rate of at least one byte a second: slow:1k')
    return { kind: 'slow', bytesPerSecond }
  }
  const [, kind, size] = /^(reset|close|stall|garbage)(?:@(.+))?$/.exec(text) ?? []
  if (kind === 'reset' || kind === 'close' || kind === 'stall' || kind === 'garbage') {
    return { kind, afterBytes: size === undefined ? 0 : parseSize(size, '--fault') }
  }
  throw UsageError.of('--fault', text, FAULTS)
}

function readTls(args: Arguments): ListenTls | null {
  if (!args.has('tls') && !args.has('starttls')) return null
  const cert = args.file('cert')
  const key = args.file('key')
  if ((cert === null) !== (key === null)) {
    throw new UsageError(
      '--cert and --key go together; without both a certificate is made',
      cert === null ? '--cert' : '--key',
    )
  }
  return {
    certificate: cert !== null && key !== null ? { cert, key } : null,
    alpn: args
      .text('alpn')
      ?.split(',')
      .map((each) => each.trim()),
  }
}
