import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BIN, jsonLines } from '../helpers/cli.js'
import { Namespace, whyNoNamespaces } from '../helpers/namespace.js'
import { expectValidLines } from '../helpers/schema.js'

const missing = whyNoNamespaces()
// A peer that is missing fails this suite; so does the network that its peers live in.
if (missing !== null) throw new Error(`no network namespaces: ${missing}`)

const ZONE = `$TTL 60
@ SOA ns hostmaster 1 3600 600 86400 60
@ NS ns
ns A 127.0.0.1
@ MX 10 busy
@ MX 20 mx
busy A 127.0.0.3
mx CNAME real
real A 127.0.0.2
bare A 127.0.0.2
null MX 0 .
down MX 10 off
down MX 20 none
down MX 30 busy
off A 127.0.0.9
none TXT "neither MX nor address"
`

describe('--mx in a network of its own', () => {
  const directory = mkdtempSync(join(tmpdir(), 'netkit-mx-'))
  const path = (name: string) => join(directory, name)
  const children: ChildProcess[] = []
  let network: Namespace

  function serve(program: string, args: readonly string[], ready: RegExp): Promise<void> {
    const child = network.spawn(program, args)
    children.push(child)
    let said = ''
    return new Promise((resolve, reject) => {
      const hear = (chunk: Buffer) => {
        said += chunk.toString()
        if (ready.test(said)) resolve()
      }
      child.stdout.on('data', hear)
      child.stderr.on('data', hear)
      child.once('error', reject)
      child.once('exit', (code) => reject(new Error(`${program} ended with ${code}: ${said}`)))
    })
  }

  beforeAll(async () => {
    network = new Namespace('mx')
    // The hosts file has no say in where mail goes.
    network.etc({ 'resolv.conf': 'nameserver 127.0.0.1\n', hosts: '127.0.0.9 mx.x.example busy.x.example\n' })
    writeFileSync(path('x.zone'), ZONE)
    writeFileSync(
      path('named.conf'),
      `options { directory "${directory}"; listen-on { 127.0.0.1; }; listen-on-v6 { none; }; recursion no; pid-file none;
  session-keyfile "${path('session.key')}"; dnssec-validation no; };
controls {};
zone "x.example" { type primary; file "x.zone"; };
`,
    )
    const sink = (...args: string[]) =>
      serve(process.execPath, [BIN, 'listen', '--smtp', '--json', ...args], /listening/)
    await serve('/usr/sbin/named', ['-g', '-n', '1', '-c', path('named.conf')], /running/)
    await Promise.all([sink('127.0.0.2:25'), sink('127.0.0.3:25', '--reject', 'connect=554')])
  }, 60_000)

  afterAll(async () => {
    for (const child of children) {
      const gone = new Promise((resolve) => child.once('exit', resolve))
      if (child.exitCode === null && child.kill()) await gone
    }
    network.remove()
    rmSync(directory, { recursive: true })
  })

  const mailTo = (domain: string, ...args: string[]) => {
    const envelope = ['--from', 'a@b.example', '--to', `d@${domain}`, '--helo', 'me.example']
    return network.start(process.execPath, [BIN, 'smtp-send', '--mx', ...envelope, ...args])
  }

  test('by the name servers of the system, to the first that takes mail', async () => {
    const run = await mailTo('x.example', '--body', 'hi', '--json')
    const lines = jsonLines(run.stdout)
    expectValidLines('smtp-send', lines)
    expect(run.code).toBe(0)
    expect(lines.filter(({ type }) => type === 'mx')).toMatchObject([
      { exchange: 'busy.x.example', preference: 10, addresses: ['127.0.0.3'], alias: null },
      { exchange: 'mx.x.example', preference: 20, addresses: ['127.0.0.2'], alias: 'real.x.example' },
    ])
    expect(lines.filter(({ type }) => type === 'unreached')).toMatchObject([
      { host: 'busy.x.example', code: 'SMTP_554' },
    ])
    expect(lines.at(-1)).toMatchObject({ ok: true, server: 'mx.x.example', accepted: 1 })
  })

  test.each([
    [
      'a domain without MX is its own mail server',
      'bare.x.example',
      0,
      /bare\.x\.example, no MX, so the domain itself/,
    ],
    ['a null MX is a no', 'null.x.example', 1, /accepts no mail/],
    ['no MX and no address', 'none.x.example', 3, /none\.x\.example has no address/],
    ['no such name', 'gone.x.example', 3, /NXDOMAIN/],
    ['a server that does not want to say', 'y.test', 3, /REFUSED/],
  ])('%s', async (_what, domain, code, told) => {
    const run = await mailTo(domain, '--body', 'hi')
    expect(run.stdout + run.stderr).toMatch(told)
    expect(run.code).toBe(code)
  })

  test('where none of them would, what came of each is told', async () => {
    const run = await mailTo('down.x.example', '--body', 'hi')
    expect(run.code).toBe(1)
    const told = run.stderr.replace(/ after [\d.]+ ms$/gm, '').split('\n')
    expect(told).toContainEqual(expect.stringContaining('all 3 mail servers failed'))
    expect(told).toContain(`  off.x.example, 127.0.0.9 port 25: ECONNREFUSED (111)`)
    expect(told).toContain(`  none.x.example, 127.0.0.1 port 53: NODATA`)
    expect(told).toContain(`  busy.x.example, 127.0.0.3 port 25: SMTP_554`)

    const lines = jsonLines((await mailTo('down.x.example', '--body', 'hi', '--json')).stdout)
    expectValidLines('smtp-send', lines)
    expect(lines.at(-1)).toMatchObject({
      type: 'result',
      code: 'SEVERAL',
      attempts: [
        { address: '127.0.0.9', port: 25, ok: false, code: 'ECONNREFUSED', errno: 111, elapsedMs: expect.any(Number) },
        { address: '127.0.0.1', port: 53, ok: false, code: 'NODATA', origin: 'resolver' },
        { address: '127.0.0.3', port: 25, ok: true, code: 'SMTP_554', errno: null, origin: 'peer' },
      ],
    })
  })

  test('or by the one that is named', async () => {
    const run = await mailTo('bare.x.example', '--body', 'hi', '--dns-server', 'tcp://127.0.0.1')
    expect(run.code).toBe(0)
    expect((await mailTo('bare.x.example', '--dns-server', '127.0.0.4', '--timeout', '500ms')).code).not.toBe(0)
  })
})
