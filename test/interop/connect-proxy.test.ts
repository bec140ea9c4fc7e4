import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BIN } from '../helpers/cli.js'
import { Namespace } from '../helpers/namespace.js'
import { refusingPort } from '../helpers/sockets.js'

/**
 * Proxies, target and netkit in a network of their own, where the name `inside.test` is known to the proxies alone:
 * /etc/hosts is replaced for what `ip netns exec` starts, and not for what nsenter starts.
 */
const namespace = new Namespace('proxy')
const children: ReturnType<Namespace['spawn']>[] = []
const directory = mkdtempSync(join(tmpdir(), 'netkit-proxy-'))
const [danteConfig, httpConfig] = [join(directory, 'danted.conf'), join(directory, 'tinyproxy.conf')]
const ports = { target: '', socks: '', dante: '', http: '', refusing: '', forbidden: '' }

async function netkit(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const inside = [`--net=/run/netns/${namespace.name}`, process.execPath, BIN, 'connect', ...args]
  const child = spawn('nsenter', inside, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  const out: Buffer[] = []
  const err: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk))
  const [code] = await once(child, 'close')
  return { code, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() }
}

async function serve(port: string, program: string, ...args: readonly string[]): Promise<void> {
  const child = namespace.spawn(program, args)
  child.on('error', () => {}) // what did not start is not reached either
  children.push(child)
  const up = await netkit(['--wait', '20s', '127.0.0.1', port])
  if (up.code !== 0) throw new Error(`${program} is not up: ${up.stderr}`)
}

beforeAll(async () => {
  namespace.etc({ hosts: '127.0.0.1 localhost inside.test\n' })
  for (const name of Object.keys(ports) as (keyof typeof ports)[]) ports[name] = String(await refusingPort())
  const { target, socks, dante, http, forbidden, refusing } = ports
  await serve(target, 'socat', `TCP-LISTEN:${target},bind=127.0.0.1,fork,reuseaddr`, 'EXEC:cat')
  await serve(socks, 'microsocks', '-i', '127.0.0.1', '-p', socks, '-u', 'me', '-P', 'secret')
  const everyone = 'from: 127.0.0.0/8 to: 0.0.0.0/0'
  writeFileSync(
    danteConfig,
    `logoutput: stderr
internal: 127.0.0.1 port = ${dante}
external: lo
clientmethod: none
socksmethod: none
user.unprivileged: nobody
client pass { ${everyone} }
socks block { ${everyone} port = ${forbidden} }
socks pass { ${everyone} }
`,
  )
  await serve(dante, 'danted', '-f', danteConfig)
  const ways = [target, refusing].map((port) => `ConnectPort ${port}\n`).join('')
  writeFileSync(httpConfig, `Port ${http}\nListen 127.0.0.1\nAllow 127.0.0.1\nBasicAuth me secret\n${ways}`)
  await serve(http, 'tinyproxy', '-d', '-c', httpConfig)
}, 60_000)

afterAll(async () => {
  for (const child of children) {
    if (child.exitCode !== null || child.pid === undefined) continue
    const gone = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await gone
  }
  namespace.remove()
  rmSync(directory, { recursive: true })
})

const SECRET = { SECRET: 'secret' }
const asMe = (scheme: string, port: string) => [
  '--proxy',
  `${scheme}://me@127.0.0.1:${port}`,
  '--proxy-password-env',
  'SECRET',
]
const conversation = ['--send', 'through', '--expect', '^through']

describe('microsocks', () => {
  it.each(['127.0.0.1', 'inside.test'])('is the way to %s, with a password', async (host) => {
    const run = await netkit([host, ports.target, ...asMe('socks5', ports.socks), ...conversation], SECRET)
    expect(run).toEqual({ code: 0, stdout: 'through', stderr: '' })
  })

  it.each([
    ['a refused target', '127.0.0.1', 'refusing', 'SOCKS5_5', /refused/],
    ['a network without a route', '192.0.2.1', 'target', 'SOCKS5_3', /network is unreachable/],
  ] as const)('says of %s what it found, and it is no errno of ours', async (_, host, port, code, words) => {
    const run = await netkit([host, ports[port], ...asMe('socks5', ports.socks), '--json'], SECRET)
    const last = JSON.parse(run.stdout.trim().split('\n').at(-1) ?? '')
    expect(last).toMatchObject({ ok: false, code, errno: null, origin: 'peer', message: expect.stringMatching(words) })
    expect(run.code).toBe(1)
  })

  it.each([
    ['without a password', ['--proxy', 'socks5://127.0.0.1:PORT'], {}, /wants a user name and a password/],
    [
      'with a wrong one',
      ['--proxy', 'socks5://me@127.0.0.1:PORT', '--proxy-password-env', 'SECRET'],
      { SECRET: 'x' },
      /did not take the password of me/,
    ],
  ] as const)('does not let in %s', async (_, flags, env, words) => {
    const proxy = flags.map((flag) => flag.replace('PORT', ports.socks))
    const run = await netkit(['127.0.0.1', ports.target, ...proxy], env)
    expect(run.stderr).toMatch(words)
    expect(run.stderr).not.toContain('secret')
    expect(run.code).toBe(1)
  })
})

describe('Dante', () => {
  it.each(['127.0.0.1', 'inside.test'])('is the way to %s', async (host) => {
    const run = await netkit([host, ports.target, '--proxy', `socks5://127.0.0.1:${ports.dante}`, ...conversation])
    expect(run).toEqual({ code: 0, stdout: 'through', stderr: '' })
  })

  it.each([
    ['forbidden', /its rules do not allow this connection \(reply 2\)/],
    ['refusing', /the connection was refused \(reply 5\)/],
  ] as const)('tells of a %s port', async (port, words) => {
    const run = await netkit(['127.0.0.1', ports[port], '--proxy', `socks5://127.0.0.1:${ports.dante}`])
    expect(run.stderr).toMatch(words)
    expect(run.code).toBe(1)
  })
})

describe('Tinyproxy', () => {
  it.each(['127.0.0.1', 'inside.test'])('is the way to %s, with a password', async (host) => {
    const run = await netkit([host, ports.target, ...asMe('http', ports.http), ...conversation], SECRET)
    expect(run).toEqual({ code: 0, stdout: 'through', stderr: '' })
  })

  it.each([
    ['forbidden', SECRET, /answered CONNECT 127\.0\.0\.1:\d+ with 403 /],
    ['refusing', SECRET, /answered CONNECT 127\.0\.0\.1:\d+ with 50\d /],
    ['target', { SECRET: 'wrong' }, /with 40[17] /],
  ] as const)('answers for a %s port, %j', async (port, env, words) => {
    const run = await netkit(['127.0.0.1', ports[port], ...asMe('http', ports.http)], env)
    expect(run.stderr).toMatch(words)
    expect(run.code).toBe(1)
  })

  it('wants a password, and says so', async () => {
    const proxy = `http://127.0.0.1:${ports.http}`
    const run = await netkit(['127.0.0.1', ports.target, '--proxy', proxy])
    expect(run.stderr).toMatch(/with 407 Proxy Authentication Required/)
    expect(run.stderr).toMatch(/hint: .*--proxy-password-env/)
    expect(run.code).toBe(1)
  })
})
