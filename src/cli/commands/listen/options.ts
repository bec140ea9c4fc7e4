import { isAddress } from '../../../core/address/address.js'
import { parseListenPort } from '../../../core/address/endpoint.js'
import { checkHost } from '../../../core/address/host-name.js'
import { parseAddressRanges } from '../../../core/address/target-syntax.js'
import { parseDuration } from '../../../core/text/duration.js'
import { UsageError } from '../../../core/usage-error.js'
import {
  type ListenOptions,
  type ListenTarget,
  type ListenTls,
  type Mode,
  parseRecording,
} from '../../../operations/listen/index.js'
import type { Environment } from '../../environment.js'
import { LISTEN_FLAGS, type ListenArguments } from './flags.js'
import { readSmtpMode } from './smtp-options.js'

const DEFAULT_HOST = '127.0.0.1'
const NOTHING = new Uint8Array()

export interface ListenCommandOptions extends ListenOptions {
  readonly hex: boolean
  /** Bytes as they come, also on a terminal. */
  readonly raw: boolean
}

const MODES = ['echo', 'reply', 'chat', 'discard', 'http', 'serve', 'smtp', 'exec', 'replay'] as const
/** A Unix socket has neither addresses nor ports. */
const INET_ONLY = ['udp', 'host', 'reuse-port', 'dual-stack', 'ipv6-only', 'allow', 'deny'] as const

/** Throws UsageError. */
export function readListen(args: ListenArguments, environment: Environment): ListenCommandOptions {
  const { input } = environment
  const target = readTarget(args)
  const mode = readMode(args, environment)
  const typing = mode.kind === 'conversation' || mode.kind === 'chat'
  return {
    ...args.options(LISTEN_FLAGS),
    target,
    mode,
    tls: readTls(args),
    count: args.has('once') ? 1 : (args.value('count') ?? Number.POSITIVE_INFINITY),
    maxConnections: args.value('max-connections') ?? undefined,
    backlog: args.value('backlog') ?? undefined,
    allow: parseAddressRanges(args.value('allow'), '--allow'),
    deny: parseAddressRanges(args.value('deny'), '--deny'),
    input: typing ? { isTTY: input.isTTY, chunks: input.pieces() } : null,
    idleTimeoutMs: args.value('idle-timeout'),
  }
}

function readTarget(args: ListenArguments): ListenTarget {
  const word = args.word('port')
  const force = args.has('force')
  if (/^unix:/i.test(word)) {
    const path = word.slice('unix:'.length).replace(/^\/\/(?=\/)/, '')
    if (path === '' || path.includes('\0')) throw UsageError.of('<port>', word, 'unix: and the path of a socket')
    const inet = args.firstOf(INET_ONLY)
    if (inet) throw new UsageError(`--${inet} has no meaning for a Unix socket`, `--${inet}`)
    return { kind: 'unix', path, force }
  }
  if (force) throw new UsageError('--force goes with unix:PATH', '--force')
  const { host, port } = readAddress(word, args.value('host'))
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

function readMode(args: ListenArguments, environment: Environment): Mode {
  const kind = args.firstOf(MODES)
  if (kind === null) return { kind: 'conversation' }
  switch (kind) {
    case 'echo':
    case 'chat':
    case 'discard':
      return { kind }
    case 'reply':
      return { kind, bytes: args.value('reply') ?? NOTHING }
    case 'http':
      return {
        kind,
        statusCode: args.value('status'),
        headers: args.value('header'),
        body: args.value('body') ?? NOTHING,
        delayMs: parseDuration(args.value('delay') ?? '0', '--delay'),
      }
    case 'serve':
      return { kind, directory: args.value('serve') ?? '', dotfiles: args.has('dotfiles') }
    case 'exec':
      return { kind, command: args.value('exec') ?? '', shell: args.has('shell') }
    case 'smtp':
      return readSmtpMode(args, environment)
    case 'replay':
      return { kind, chunks: parseRecording(args.value('replay') ?? '', '--replay', fileName(args.written('replay'))) }
  }
}

/** As messages name it. */
const fileName = ([text = '-']: readonly string[]) => (text === '-' ? 'stdin' : text)

function readTls(args: ListenArguments): ListenTls | null {
  if (!args.has('tls') && !args.has('starttls')) return null
  const cert = args.value('cert')
  const key = args.value('key')
  if ((cert === null) !== (key === null)) {
    throw new UsageError(
      '--cert and --key go together; without both a certificate is made',
      cert === null ? '--cert' : '--key',
    )
  }
  return {
    certificate: cert !== null && key !== null ? { cert, key } : null,
    alpn: args
      .value('alpn')
      ?.split(',')
      .map((each) => each.trim()),
  }
}
