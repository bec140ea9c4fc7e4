import { execFile, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { userInfo } from 'node:os'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { BIN, jsonLines } from '../helpers/cli.js'
import { folder } from '../helpers/folder.js'

const start = promisify(execFile)
const run = (program: string, args: readonly string[], options: { cwd?: string; env?: NodeJS.ProcessEnv } = {}) =>
  start(program, args, { ...options, encoding: 'utf8', maxBuffer: 1 << 26 })
const DOC = readFileSync(new URL('../../docs/scanning-at-scale.md', import.meta.url), 'utf8')

/** The first block of that language below a heading, as its reader copies it. */
function block(heading: string, language: 'sh' | 'yaml', after = ''): string {
  const below = DOC.slice(DOC.indexOf(heading) + heading.length)
  const from = below.slice(below.indexOf(after) + after.length)
  const [, text] = new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(from) ?? []
  return text ?? expect.fail(`no ${language} below ${heading}`)
}

function parseYaml(text: string): unknown {
  const load = 'import json, sys, yaml; json.dump(yaml.load(sys.stdin, yaml.BaseLoader), sys.stdout)'
  const { status, stdout, stderr } = spawnSync('/usr/bin/python3', ['-c', load], { input: text, encoding: 'utf8' })
  expect(status, stderr).toBe(0)
  return JSON.parse(stdout)
}

/** A folder to work in, and an environment in which `netkit` and `npx netkit` are the built command. */
function workplace() {
  const file = folder()
  mkdirSync(file('bin'))
  const node = `exec '${process.execPath}' '${BIN}' "$@"`
  for (const [name, script] of [
    ['netkit', node],
    ['npx', `shift\n${node}`],
  ] as const) {
    writeFileSync(file(`bin/${name}`), `#!/bin/sh\n${script}\n`)
    chmodSync(file(`bin/${name}`), 0o755)
  }
  const path = `${file('bin')}:${process.env['PATH']}`
  return { file, cwd: file('.'), path, env: { ...process.env, PATH: path, HOME: file('.') } }
}

/** What the parts come to, which must be a whole scan with each port once. */
async function expectWhole(cwd: string, env: NodeJS.ProcessEnv, total: number): Promise<void> {
  const { stdout } = await run('sh', ['-c', 'netkit portscan --merge part-*.jsonl --json'], { cwd, env })
  const lines = jsonLines(stdout)
  expect(lines.at(-1)).toMatchObject({ ok: true, total, scanned: total, shard: null })
  const ports = lines.flatMap(({ type, address, port }) => (type === 'port' ? [`${address} ${port}`] : []))
  expect(new Set(ports).size).toBe(total)
}

const PARALLEL = '### On one machine or several, with GNU parallel'
const TOTAL = 16 * 1000

test('GNU parallel on one machine', async () => {
  const { cwd, env } = workplace()
  const { stdout } = await run('sh', ['-ec', block(PARALLEL, 'sh')], { cwd, env })
  expect(stdout).toContain('16,000 probed on 16 addresses')
  await expectWhole(cwd, env, TOTAL)
})

/** An sshd of the test's own, and the configuration with which ssh finds it as host1, host2 and host3. */
async function sshServer({ file, path }: ReturnType<typeof workplace>): Promise<string> {
  for (const key of ['host', 'user'])
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file(`${key}-key`)])
  const port = await freePort()
  const serverConfig = [
    `ListenAddress 127.0.0.1:${port}`,
    `HostKey ${file('host-key')}`,
    `AuthorizedKeysFile ${file('user-key.pub')}`,
    'StrictModes no',
    'UsePAM no',
    'PidFile none',
    `SetEnv PATH=${path}`,
  ]
  writeFileSync(file('sshd_config'), `${serverConfig.join('\n')}\n`)
  mkdirSync('/run/sshd', { recursive: true }) // sshd wants it, and nobody makes it where no init runs
  const server = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', file('sshd_config')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  onTestFinished(() => void server.kill())
  let said = ''
  server.stderr.on('data', (chunk: Buffer) => {
    said += chunk
  })
  while (!said.includes('Server listening')) {
    const [chunk] = await Promise.race([once(server.stderr, 'data'), once(server, 'exit')])
    if (typeof chunk === 'number') expect.fail(`sshd ended with ${chunk}: ${said}`)
  }
  const clientConfig = [
    'Host host1 host2 host3',
    'HostName 127.0.0.1',
    `Port ${port}`,
    `User ${userInfo().username}`,
    `IdentityFile ${file('user-key')}`,
    'IdentitiesOnly yes',
    `UserKnownHostsFile ${file('known_hosts')}`,
    'StrictHostKeyChecking accept-new',
  ]
  writeFileSync(file('ssh_config'), `${clientConfig.join('\n')}\n`)
  return file('ssh_config')
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address ? address.port : expect.fail('a listening server has a port')
}

test('GNU parallel over ssh, which brings the results home', async () => {
  const place = workplace()
  const config = await sshServer(place)
  const env = { ...place.env, PARALLEL_SSH: `ssh -F ${config}` }
  const { stdout } = await run('sh', ['-ec', block(PARALLEL, 'sh', 'Over ssh')], { cwd: place.cwd, env })
  expect(stdout).toContain('16,000 probed on 16 addresses')
  await expectWhole(place.cwd, place.env, TOTAL)
})

interface Job {
  readonly spec: {
    readonly completions: string
    readonly template: {
      readonly spec: {
        readonly containers: readonly {
          readonly command: readonly string[]
          readonly env: readonly { readonly name: string; readonly value: string }[]
        }[]
      }
    }
  }
}

test('the command of the Indexed Job, for each of its indices', async () => {
  const { cwd, env } = workplace()
  const { spec } = parseYaml(block('### A Kubernetes Indexed Job', 'yaml')) as Job
  const [container] = spec.template.spec.containers
  const [program = '', ...args] = container?.command ?? []
  const given = Object.fromEntries(container?.env.map(({ name, value }) => [name, value]) ?? [])
  expect(given['SHARDS']).toBe(spec.completions)
  const settings = { ...env, ...given, TARGETS: '127.0.0.0/29', PORTS: '20001-20040' }
  const pod = (index: number) => run(program, args, { cwd, env: { ...settings, JOB_COMPLETION_INDEX: String(index) } })
  for (let index = 0; index < Number(spec.completions); index++) await pod(index)
  await expectWhole(cwd, env, 8 * 40)
})

interface Workflow {
  readonly jobs: {
    readonly scan: {
      readonly strategy: { readonly matrix: { readonly shard: readonly string[] } }
      readonly steps: readonly { readonly run?: string }[]
    }
    readonly merge: { readonly steps: readonly { readonly run?: string }[] }
  }
}

test('the steps of the matrix, for each of its values', async () => {
  const { cwd, env } = workplace()
  const { jobs } = parseYaml(block('### A GitHub Actions matrix', 'yaml')) as Workflow
  const script = (steps: readonly { readonly run?: string }[]) => steps.flatMap((step) => step.run ?? []).join('\n')
  for (const shard of jobs.scan.strategy.matrix.shard) {
    const text = script(jobs.scan.steps).replaceAll(/\$\{\{ matrix\.shard \}\}/g, shard)
    expect(text).not.toContain('${{')
    await run('bash', ['-e', '-c', text], { cwd, env: { ...env, TARGETS: '127.0.0.0/30' } })
  }
  await run('bash', ['-e', '-c', script(jobs.merge.steps)], { cwd, env })
  await expectWhole(cwd, env, 4 * 1024)
})
