import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, onTestFinished, test } from 'vitest'
import * as netkit from '../../src/index.js'
import { nameHex } from '../helpers/dns-message.js'
import { a, dnsServer } from '../helpers/dns-server.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const page = readFileSync(`${root}/docs/library.md`, 'utf8')

/** What the examples of a section must print, all together, besides something each. */
const TOLD: Readonly<Record<string, readonly RegExp[]>> = {
  Runs: [/127\.0\.0\.1: \d+ open, \d+ closed/, /^true \d/m],
  Options: [/^ports portscan: ports: "1-70000"/m],
  Failures: [/ECONNREFUSED 111 os connect/, /^ECONNREFUSED$/m],
  portscan: [/state: 'closed'/, /as it should be|not met/],
  connect: [/^true$/m, /received: 3/, /\+PONG/],
  'connectEx, dial, lookup': [/111 ECONNREFUSED/, /address: '127\.0\.0\.1'/],
  listen: [/received hello/, /the client: true/, /HTTP_INCOMPLETE|ECONNRESET/],
  rawHttp: [/^200 /m, /healthy/, /^\d{3} \d+$/m],
  smtpSend: [/> MAIL FROM:<a@example\.com>/, /b@example\.com accepted/, /^true$/m, /they would/],
  resolve: [/127\.0\.0\.1 hosts/, /^a\.example\.? A 60 192\.0\.2\.1$/m],
  reverse: [/127\.0\.0\.1 one\.example true/],
  local: [/lo /, /127\.0\.0\.1 from 127\.0\.0\.1/],
  Codes: [/111 61/, /ECONNREFUSED linux/, /EAI_NONAME/],
}

const sections = page
  .split(/^## /m)
  .slice(1)
  .map((section) => ({
    title: section.split('\n')[0] ?? '',
    snippets: [...section.matchAll(/^```js\n(.*?)^```$/gms)].map(([, code]) => code ?? ''),
  }))

test('the page speaks of every function that is not a mere detail of codes', () => {
  const missing = Object.entries(netkit)
    .filter(([name, value]) => typeof value === 'function' && /^[a-z]/.test(name))
    .filter(([name]) => !new RegExp(`\\b${name}\\b`).test(page))
  expect(missing.map(([name]) => name)).toEqual(SAID_ELSEWHERE)
})

/** What their comments in the types say is all there is to say. */
const SAID_ELSEWHERE = ['codesNamed', 'currentSystem', 'errnosElsewhere', 'gaiNumber', 'readEarlier']

/** A server of the library that lasts as long as a test; resolves to its port. */
function serve(mode: netkit.ListenMode): Promise<number> {
  const controller = new AbortController()
  onTestFinished(() => controller.abort())
  return new Promise((resolve, reject) => {
    const watch = async () => {
      for await (const event of netkit.listen({ mode, signal: controller.signal })) {
        if (event.type === 'listening') resolve(event.port ?? 0)
      }
    }
    watch().catch(reject)
  })
}

/** The ports that the page speaks of, and the servers of this machine that stand for them. */
async function startServers(): Promise<Readonly<Record<string, number>>> {
  const dns = await dnsServer((asked) => {
    const { name, type } = asked
    if (name === '1.0.0.127.in-addr.arpa.')
      return asked.answer({ answers: [{ name, type: 'PTR', ttl: 60, rdata: nameHex('one.example') }] })
    if (type === 1) return asked.answer({ answers: [a(name, name.startsWith('one.') ? '127.0.0.1' : '192.0.2.1')] })
    asked.answer()
  })
  return {
    2525: await serve('smtp'),
    5353: dns.port,
    5432: await serve('discard'),
    6379: await serve({ kind: 'reply', body: '+PONG\r\n' }),
    8080: await serve({ kind: 'http', headers: { 'Content-Type': 'text/html' }, body: '<p>hello' }),
  }
}

describe.each(sections.filter(({ snippets }) => snippets.length > 0))('## $title', ({ title, snippets }) => {
  test('runs against the package as it is built, and tells what it should', { timeout: 60_000 }, async () => {
    const ports = await startServers()
    const said: string[] = []
    for (const snippet of snippets) {
      const code = snippet.replaceAll(/\b(?:2525|5353|5432|6379|8080)\b/g, (port) => String(ports[port]))
      const run = promisify(execFile)(process.execPath, ['--input-type=module', '--eval', code], { cwd: root })
      const { stdout, stderr } = await run
      expect(stderr).toBe('')
      expect(stdout).toMatch(/\S/)
      said.push(stdout)
    }
    expect(TOLD).toHaveProperty([title])
    for (const told of TOLD[title] ?? []) expect(said.join('\n')).toMatch(told)
  })
})
