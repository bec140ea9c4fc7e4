import { describe, expect, test } from 'vitest'
import { inProcess } from '../../../helpers/in-process.js'
import { mailServer } from '../../../helpers/scripted-server.js'

const ADDRESSES = ['--from', 'a@b.example', '--to', 'd@e.example']
const LONG = 'x'.repeat(5000)
const VALUES: Readonly<Record<string, readonly string[]>> = {
  from: [
    'a@b.example\r\nRCPT TO:<evil@x.example>',
    'a@b\nc',
    `${LONG}@b.example`,
    `a@${LONG}.example`,
    'a b@c',
    'a',
    'Na\nme <a@b.example>',
    `${LONG} <a@b.example>`,
    '',
    ' ',
    'Name <>',
  ],
  to: ['d@e.example>\r\nDATA', 'd@e\r', `${LONG}@e.example`, '', '<>', 'd@@e', 'd@e_f.example'],
  cc: ['d@e.example\nBcc: x@y.example', `${LONG}@e.example`],
  bcc: ['d@e.example\r\nX: y', `${LONG}@e.example`],
  subject: ['hi\r\nBcc: x@y.example', 'hi\n', LONG],
  header: [
    'X: y\r\nBcc: x@y.example',
    'X y: z',
    'X',
    ': y',
    `X: ${LONG}`,
    'Bcc: x@y.example',
    'Content-Type: text/html',
  ],
  helo: ['me\r\nMAIL', `${LONG}.example`, 'a b', '', '[1.2.3]', 'under_score.example'],
  'envelope-id': ['a\r\nb', LONG, 'ü'],
  'dsn-notify': ['never\r\n', LONG, 'never,success', 'always'],
  'dsn-return': ['full\r\n', 'half'],
  auth: ['me\r\nRSET', LONG, ''],
  'auth-mechanism': ['PLAIN\r\nRSET', 'ANONYMOUS', LONG],
  'expect-reply': ['rcpt', 'rcpt=99', 'lunch=250', 'rcpt=250\r\n'],
  'quit-after': ['lunch', 'rcpt\r\n'],
  repeat: ['0', '-1', 'many', '1000001'],
  attach: ['', '/etc/hostname;type=text\r\nX: y', '/etc/hostname;type=x', `/etc/hostname;type=text/${LONG}`],
  starttls: ['maybe'],
}

/** Each of them in the midst of what would be right. */
const INJECTED: Readonly<Record<string, (bad: string) => string>> = {
  server: (bad) => `127.0.0.1${bad}:25`,
  from: (bad) => `a${bad}@b.example`,
  to: (bad) => `d@e${bad}.example`,
  cc: (bad) => `Na${bad}me <d@e.example>`,
  bcc: (bad) => `"d${bad}"@e.example`,
  subject: (bad) => `hi${bad}`,
  header: (bad) => `X: y${bad}`,
  helo: (bad) => `me${bad}.example`,
  auth: (bad) => `me${bad}`,
  'envelope-id': (bad) => `id${bad}`,
  'dsn-notify': (bad) => `never${bad}`,
  'dsn-return': (bad) => `full${bad}`,
  attach: (bad) => `/etc/host${bad}name`,
  servername: (bad) => `mx${bad}.example`,
  'auth-mechanism': (bad) => `PLAIN${bad}`,
  data: (bad) => `mail${bad}`,
}
const BAD: readonly (readonly [string, string])[] = [
  ['CR', '\r'],
  ['LF', '\n'],
  ['CRLF and a command', '\r\nRSET\r\n'],
  ['NUL', '\0'],
  ['over-long', LONG],
]

/** The flag as it is typed; of a line that is too long only the message as a whole knows. */
const names = (flag: string) =>
  new RegExp(`^netkit smtp-send: (--${flag}: |the header field [A-Za-z-]+ has no space to be folded at)`)

describe('injection: exit 2, not even a connection', () => {
  const cases = Object.entries(INJECTED).flatMap(([flag, make]) =>
    BAD.map(([what, bad]) => [what, flag, make(bad)] as const),
  )
  test.each(cases)('%s in --%s', async (_what, flag, value) => {
    const server = await mailServer()
    const basic: Record<string, string> = { from: 'a@b.example', to: 'd@e.example', server: `127.0.0.1:${server.port}` }
    const args = Object.entries({ ...basic, [flag]: value }).map(([name, given]) => `--${name}=${given}`)
    const secret = flag.startsWith('auth') ? ['--password-env', 'PW', ...(flag === 'auth' ? [] : ['--auth', 'me'])] : []
    const run = await inProcess(['smtp-send', ...args, ...secret], { env: { PW: 'secret' } })
    expect(run.stderr.trim().split('\n').length).toBeLessThanOrEqual(2)
    expect(run.stderr).toMatch(names(flag))
    // Of a path that leads nowhere the file system has the word.
    const leadsNowhere =
      (flag === 'data' && !value.includes('\0')) || (flag === 'attach' && value.endsWith(`${LONG}name`))
    expect(run.code).toBe(leadsNowhere ? 5 : 2)
    expect(server.connections()).toBe(0)
  })

  test.each([
    ['a NUL', 'se\0cret'],
    ['a line break', 'se\rcret'],
    ['too much', 'x'.repeat(20_000)],
    ['nothing', ''],
  ])('%s as the password', async (_what, secret) => {
    const server = await mailServer()
    const to = ['--server', `127.0.0.1:${server.port}`, ...ADDRESSES]
    const run = await inProcess(['smtp-send', ...to, '--auth', 'me', '--password-env', 'PW'], { env: { PW: secret } })
    expect(run.code).toBe(2)
    if (secret !== '') expect(run.stdout + run.stderr).not.toContain(secret)
    expect(server.connections()).toBe(0)
  })
})

describe('misuse: exit 2, nothing sent', () => {
  const cases = Object.entries(VALUES).flatMap(([flag, values]) => values.map((value) => [flag, value] as const))
  test.each(cases)('--%s %j', async (flag, value) => {
    const server = await mailServer()
    const basic: Record<string, string> = { from: 'a@b.example', to: 'd@e.example', server: `127.0.0.1:${server.port}` }
    const args = Object.entries({ ...basic, [flag]: value }).map(([name, given]) => `--${name}=${given}`)
    const secret = flag.startsWith('auth') ? ['--password-env', 'PW', ...(flag === 'auth' ? [] : ['--auth', 'me'])] : []
    const run = await inProcess(['smtp-send', ...args, ...secret], { env: { PW: 'secret' } })
    expect(run.stderr.trim().split('\n').length).toBe(1)
    expect(run.stderr).toMatch(names(flag))
    expect(run.code).toBe(2)
    expect(server.connections()).toBe(0)
  })

  test.each([
    [[], 'where to?'],
    [['--mx', '--server', 'localhost'], '--mx and --server exclude each other'],
    [['--mx', '--to', 'a@other.example'], 'several domains'],
    [['--server', 'localhost', '--tls', '--starttls', 'always'], 'exclude each other'],
    [['--server', 'localhost', '--data', '-', '--subject', 'x'], '--subject and --data exclude each other'],
    [['--server', 'localhost', '--password-env', 'PW'], '--password-env goes with --auth'],
    [['--server', 'localhost', '--auth', 'me'], 'there is no terminal to ask at'],
    [['--server', 'http://localhost'], 'is not host, host:port or unix:PATH'],
    [['--server', 'smtp://localhost'], 'is not host, host:port or unix:PATH'],
    [['--server', 'localhost:0'], '--server'],
    [['--server', 'unix:'], '--server'],
  ] as const)('%j: %s', async (args, message) => {
    const run = await inProcess(['smtp-send', ...ADDRESSES, ...args])
    expect(run.stderr).toContain(message)
    expect(run.code).toBe(2)
  })
})

describe('the password at the terminal', () => {
  const login = (port: number) => [
    ...['smtp-send', '--server', `127.0.0.1:${port}`, '--helo', 'me.example'],
    ...['--auth', 'me', '--auth-insecure', '--quit-after', 'auth'],
  ]
  const offers = { EHLO: '250-x\r\n250 AUTH PLAIN\r\n' }

  test.each([
    ['secret\r', 'secret'],
    ['sec\x7fcret\n', 'secret'],
    ['wrong\x15pässw0rd\x7f\x7fd\r', 'pässw0d'],
    ['zä\x7fq\r', 'zq'],
  ])('%j is read as %j and not shown', async (typed, password) => {
    const server = await mailServer(offers)
    const run = await inProcess(login(server.port), { typed })
    expect(run.code).toBe(0)
    expect(server.heard[1]).toBe(`AUTH PLAIN ${Buffer.from(`\0me\0${password}`).toString('base64')}`)
    expect(run.stderr).toContain('password of me: \n')
    expect(run.stdout + run.stderr).not.toContain(password)
  })

  test('^C gives up: 130, nothing sent', async () => {
    const server = await mailServer(offers)
    expect((await inProcess(login(server.port), { typed: 'sec\x03' })).code).toBe(130)
    expect(server.bytes().length).toBe(0)
  })

  test('^D instead of a password is misuse', async () => {
    const server = await mailServer(offers)
    expect((await inProcess(login(server.port), { typed: '\x04' })).code).toBe(2)
    expect(server.bytes().length).toBe(0)
  })
})
