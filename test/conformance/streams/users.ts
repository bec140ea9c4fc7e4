import type { Dialogue } from './dialogue.js'
import * as parts from './dialogue.js'

/** What a run of netkit is given: where its peer is, and files. */
export interface Given {
  /** Of the peer, or 0. */
  readonly port: number
  /** Of a Unix socket. */
  readonly socketPath: string
  /** How much netkit shall have to say. */
  readonly size: 'little' | 'much'
  path(name: string): string
}

/** A command in one of its modes: all that has a stream of its own. */
export interface User {
  readonly command: string
  /** The peer's part. */
  readonly dialogue: Dialogue
  readonly tls?: true
  readonly unix?: true
  argv(given: Given): readonly string[]
  /** When it is given its stdin: at once, or when somebody is there to hear it. Null: it reads none. */
  readonly stdin: 'at once' | 'when connected' | null
  /** Ends the wait for a silent peer. */
  readonly patience: readonly string[]
}

const HOST = '127.0.0.1'
const IDLE = ['--idle-timeout', '1s', '-w', '1s']
const WAIT = ['-w', '1s']

const ca = ({ path }: Given) => ['--ca', path('certificate')]
const certified = ({ path }: Given) => ['--tls', '--cert', path('certificate'), '--key', path('key')]

function session(dialogue: Dialogue, argv: User['argv'], more: Partial<User> = {}): User {
  return {
    command: 'connect',
    dialogue,
    argv: (given) => ['connect', ...argv(given)],
    stdin: 'at once',
    patience: IDLE,
    ...more,
  }
}

const toPort = ({ port }: Given) => [HOST, String(port)]

function http(argv: User['argv'], tls = false): User {
  const url = ({ port }: Given) => `${tls ? 'https' : 'http'}://${HOST}:${port}/`
  return {
    ...{ command: 'raw-http', dialogue: parts.HTTP_SERVER, patience: IDLE, stdin: null },
    ...(tls && { tls }),
    argv: (given) => ['raw-http', url(given), ...(tls ? ca(given) : []), ...argv(given)],
  }
}

function mail(dialogue: Dialogue, argv: User['argv'], more: Partial<User> = {}): User {
  const addresses = ['-f', 'a@b.example', '-t', 'c@d.example', '--helo', 'client.example']
  return {
    ...{ command: 'smtp-send', dialogue, patience: WAIT, stdin: null },
    argv: (given) => [
      ...['smtp-send', '-s', `${HOST}:${given.port}`, ...addresses, '--data', given.path(`mail-${given.size}`)],
      ...argv(given),
    ],
    ...more,
  }
}

function name(dialogue: Dialogue, scheme: 'tcp' | 'tls' | 'https'): User {
  const server = ({ port }: Given) => `${scheme}://${HOST}:${port}${scheme === 'https' ? '/dns-query' : ''}`
  return {
    ...{ command: 'resolve', dialogue, patience: WAIT, stdin: null },
    ...(scheme !== 'tcp' && { tls: true }),
    argv: (given) => [
      ...['resolve', 'a.example', '-t', 'A', '--retries', '0', '--server', server(given)],
      ...(scheme === 'tcp' ? [] : ca(given)),
    ],
  }
}

function banner(more: Partial<User> = {}): User {
  return {
    ...{ command: 'portscan', dialogue: parts.GREETER, patience: [], stdin: null },
    argv: ({ port }) => ['portscan', HOST, String(port), '--banner'],
    ...more,
  }
}

function server(dialogue: Dialogue, argv: User['argv'], more: Partial<User> = {}): User {
  return {
    ...{ command: 'listen', dialogue, patience: ['--idle-timeout', '1s'], stdin: null },
    argv: (given) => ['listen', more.unix ? `unix:${given.socketPath}` : '0', '--once', ...argv(given)],
    ...more,
  }
}

/** A mode of listen, in the clear and over TLS. */
function both<Name extends string>(name: Name, dialogue: Dialogue, argv: User['argv'], more: Partial<User> = {}) {
  return {
    [name]: server(dialogue, argv, more),
    [`${name} --tls`]: server(dialogue, (given) => [...argv(given), ...certified(given)], { tls: true, ...more }),
  } as Record<Name | `${Name} --tls`, User>
}

const body = ({ path, size }: Given) => ['-d', `@${path(size)}`]

export const USERS = {
  connect: session(parts.TALK, toPort),
  'connect --tls': session(parts.TALK, (given) => [...toPort(given), '--tls', ...ca(given)], { tls: true }),
  'connect --send --expect': session(
    parts.TALK,
    (given) => [...toPort(given), '--send', 'question\\n', '--expect', parts.TOKEN],
    { stdin: null, patience: ['--idle-timeout', '1s'] },
  ),
  'connect unix:': session(parts.TALK, ({ socketPath }) => [`unix:${socketPath}`], { unix: true }),
  'connect --starttls': session(
    parts.TALK_STARTTLS,
    (given) => [...toPort(given), '--starttls', 'smtp', ...ca(given)],
    {
      tls: true,
    },
  ),
  'connect --proxy socks5:': session(parts.TALK_SOCKS5, ({ port }) => [
    HOST,
    '7',
    '--proxy',
    `socks5://${HOST}:${port}`,
  ]),
  'connect --proxy http:': session(parts.TALK_HTTP_PROXY, ({ port }) => [
    HOST,
    '7',
    '--proxy',
    `http://${HOST}:${port}`,
  ]),
  'raw-http': http(() => []),
  'raw-http https:': http(() => [], true),
  'raw-http --request': http(({ path, size }) => ['--request', path(`request-${size}`)]),
  'raw-http --data': http(body),
  'raw-http --data https:': http(body, true),
  'smtp-send': mail(parts.MAIL_SERVER, () => []),
  'smtp-send --starttls': mail(parts.MAIL_SERVER_STARTTLS, (given) => ['--starttls', 'always', ...ca(given)], {
    tls: true,
  }),
  'smtp-send --tls': mail(parts.MAIL_SERVER, (given) => ['--tls', ...ca(given)], { tls: true }),
  'resolve tcp:': name(parts.NAME_SERVER, 'tcp'),
  'resolve tls:': name(parts.NAME_SERVER, 'tls'),
  'resolve https:': name(parts.DOH_SERVER, 'https'),
  'portscan --banner': banner(),
  'portscan --banner over TLS': banner({ tls: true }),
  ...both('listen', parts.TALKER, () => [], { stdin: 'at once' }),
  'listen unix:': server(parts.TALKER, () => [], { stdin: 'at once', unix: true }),
  ...both('listen --echo', parts.ECHOED, () => ['--echo']),
  ...both('listen --reply', parts.TALKER, ({ path, size }) => ['--reply', `@${path(size)}`]),
  ...both('listen --discard', parts.TELLER, () => ['--discard']),
  ...both('listen --chat', parts.TALKER, () => ['--chat'], { stdin: 'when connected' }),
  ...both('listen --exec', parts.TALKER, ({ path, size }) => [
    ...['--shell', '--exec', `cat ${path(size)}; cat >/dev/null`],
  ]),
  ...both('listen --http', parts.HTTP_CLIENT, ({ path, size }) => ['--http', '--body', `@${path(size)}`]),
  'listen --http --delay': server(parts.HTTP_CLIENT, ({ path, size }) => [
    ...['--http', '--delay', '200ms', '--body', `@${path(size)}`],
  ]),
  ...both('listen --serve', parts.HTTP_CLIENT, ({ path, size }) => ['--serve', path(`site-${size}`)]),
  ...both('listen --replay', parts.TALKER, ({ path, size }) => ['--replay', path(`recording-${size}`)]),
  ...both('listen --smtp', parts.MAIL_CLIENT, () => ['--smtp']),
  'listen --smtp --delay': server(parts.MAIL_CLIENT, () => ['--smtp', '--delay', 'message=200ms']),
  'listen --smtp --starttls': server(
    parts.MAIL_CLIENT_STARTTLS,
    ({ path }) => ['--smtp', '--starttls', '--cert', path('certificate'), '--key', path('key')],
    { tls: true },
  ),
} satisfies Readonly<Record<string, User>>

export type UserName = keyof typeof USERS
export const USER_NAMES = Object.keys(USERS) as readonly UserName[]
