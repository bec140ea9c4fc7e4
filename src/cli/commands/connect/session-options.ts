import { parseEndpoint } from '../../../core/address/endpoint.js'
import { unescapeBytes } from '../../../core/text/escapes.js'
import { UsageError } from '../../../core/usage-error.js'
import type { ProxyServer, SessionMode, Step } from '../../../operations/connect/index.js'
import { TLS_FLAG_NAMES, tlsOptions } from '../../args/flags/tls.js'
import type { Environment } from '../../environment.js'
import type { ConnectEndpoint } from './endpoints.js'
import type { ConnectArguments } from './flags.js'

const DEFAULT_SOCKS_PORT = 1080

/** How what comes is shown: untouched, as text that is safe for a terminal, as a hex dump, as events for a program, or not at all. */
export type Show = 'bytes' | 'text' | 'hex' | 'events' | 'nothing'

export function readShow(args: ConnectArguments, { stdout }: Pick<Environment, 'stdout'>): Show {
  if (args.format !== null) return 'events'
  if (args.has('hex')) return 'hex'
  if (args.has('output')) return 'nothing'
  return stdout.isTTY && !args.has('raw') ? 'text' : 'bytes'
}

/** Throws UsageError for flags that cannot go together. */
export function readSession(
  args: ConnectArguments,
  [endpoint]: readonly ConnectEndpoint[],
  { input, stdout, env }: Environment,
): SessionMode {
  const udp = args.has('udp') || endpoint?.scheme === 'udp'
  const starttls = args.value('starttls')
  const wantsTls = args.has('tls') || starttls !== null || endpoint?.scheme === 'tls'
  const tls = tlsOptions(args)
  const stray = args.firstOf(TLS_FLAG_NAMES)
  if (!wantsTls && stray !== null) throw new UsageError(`--${stray} goes with --tls or --starttls`, `--${stray}`)
  const proxy = readProxy(args, env)
  const stream = wantsTls ? 'TLS' : proxy ? '--proxy' : endpoint?.scheme === 'unix' ? 'unix:PATH' : null
  if (udp && stream) throw new UsageError(`--udp does not go with ${stream}, which needs a stream`, '--udp')
  if (proxy && endpoint?.scheme === 'unix') throw new UsageError('--proxy does not go with unix:PATH', '--proxy')
  if (args.has('output') && args.value('output') === args.value('record'))
    throw new UsageError('--output and --record name the same file', '--record')

  const show = readShow(args, { stdout })
  return {
    kind: 'session',
    transport: udp ? 'udp' : 'tcp',
    tls: wantsTls ? tls : null,
    starttls,
    proxy,
    idleMs: args.value('idle-timeout'),
    steps: readSteps(args),
    input: input.pieces(),
    unseenFile: show === 'events' || show === 'hex' ? null : input.file,
    crlf: args.value('crlf'),
    output: {
      write: (bytes) => {
        if (show === 'bytes') stdout.write(bytes)
        return stdout.drained()
      },
      end: () => {
        if (show === 'bytes') stdout.end?.()
      },
    },
    halfClose: args.value('half-close') ?? undefined,
    lingerMs: args.value('linger') ?? undefined,
    direction: args.has('send-only') ? 'send' : args.has('recv-only') ? 'receive' : 'both',
    outputFile: args.value('output'),
    recordFile: args.value('record'),
    endsWithPeer: input.isTTY,
  }
}

function readSteps(args: ConnectArguments): Step[] {
  return args.inOrder('send', 'expect').map(({ flag, value }) => {
    if (flag === 'send') return { kind: 'send', bytes: unescapeBytes(value, '--send') }
    try {
      return { kind: 'expect', pattern: new RegExp(value, 'm') }
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      throw new UsageError(`--expect: ${why}`, '--expect')
    }
  })
}

function readProxy(args: ConnectArguments, env: Environment['env']): ProxyServer | null {
  const text = args.value('proxy')
  const variable = args.value('proxy-password-env')
  if (text === null) return null
  // Before anything quotes it.
  const scheme = text.indexOf('://')
  if (scheme >= 0 && /^[^@/:]*:[^/]*@/.test(text.slice(scheme + '://'.length))) {
    const message =
      '--proxy: a password does not belong where every process list shows it; name a variable that holds it'
    throw new UsageError(`${message} with --proxy-password-env`, '--proxy')
  }
  const [, kindOf = '', user, authority = ''] = /^(socks5h?|http):\/\/(?:([^@/]*)@)?([^/]+)\/?$/i.exec(text) ?? []
  if (authority === '') throw UsageError.of('--proxy', text, 'socks5://[user@]host[:port] or http://[user@]host:port')
  const kind = kindOf.toLowerCase() === 'http' ? 'http' : 'socks5'
  const { host, port } = parseEndpoint(authority, '--proxy')
  const number = port ?? (kind === 'socks5' ? DEFAULT_SOCKS_PORT : null)
  if (host === null || number === null) throw UsageError.of('--proxy', text, 'a proxy with a port')
  return { scheme: kind, host, port: number, credentials: readCredentials(user, variable, env) }
}

function readCredentials(
  user: string | undefined,
  variable: string | null,
  env: Environment['env'],
): ProxyServer['credentials'] {
  if (variable === null) {
    if (!user) return null
    throw new UsageError(`--proxy names the user ${user}; --proxy-password-env says where the password is`, '--proxy')
  }
  if (!user) throw new UsageError('--proxy-password-env needs a user in --proxy', '--proxy-password-env')
  const password = env[variable]
  const flag = '--proxy-password-env'
  if (password === undefined) throw UsageError.of(flag, variable, 'a variable that is set')
  const username = decodeURIComponent(user)
  if ([username, password].some((part) => part === '' || Buffer.byteLength(part) > 255))
    throw new UsageError('user and password of the proxy are 1 to 255 bytes each', flag)
  return { username, password }
}
