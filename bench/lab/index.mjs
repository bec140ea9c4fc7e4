// The bench's own lab: two network namespaces joined by a link that delays and loses packets (relay.c). In the far one
// 7 ports are open, about a quarter of the others refuses, and a firewall drops the rest. Needs root, gcc, ip and nft.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const TARGET = '192.0.2.2' // for documentation (RFC 5737), and nowhere but in the lab
export const OPEN = [22, 80, 443, 3306, 8080, 15_000, 19_999]
/** One port in four answers. */
const ANSWERING = Array.from({ length: 5000 }, (_, i) => 4 * i + 2)

const SERVER = `
let left = ${OPEN.length}
for (const port of ${JSON.stringify(OPEN)})
  require('node:net').createServer((socket) => socket.on('error', () => {}).end())
    .listen({ port, host: '0.0.0.0', backlog: 1024 }, () => --left || console.log('ready'))
`

/** Why the lab cannot be built here, or null. */
export function whyNoLab() {
  if (process.platform !== 'linux') return 'network namespaces are Linux’s'
  if (process.getuid() !== 0) return 'making network namespaces needs root'
  const missing = ['gcc', 'ip', 'nft'].filter((program) => spawnSync(program, ['--version']).error)
  return missing.length > 0 ? `not installed: ${missing.join(', ')} (Debian: gcc libc6-dev iproute2 nftables)` : null
}

function run(program, ...args) {
  const { status, stderr, error } = spawnSync(program, args, { encoding: 'utf8' })
  if (error) throw error
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr.trim()}`)
}

/** Compiles one of the lab's programs; returns its path and a function that removes it. */
export function compile(name) {
  const directory = mkdtempSync(join(tmpdir(), 'netkit-lab-'))
  const path = join(directory, name)
  run('gcc', '-O2', '-Wall', '-pthread', '-o', path, fileURLToPath(new URL(`${name}.c`, import.meta.url)))
  return { path, remove: () => rmSync(directory, { recursive: true }) }
}

/** Builds the lab. `inside` puts a command into the near namespace, `beyond` into the far one; `close` takes all down. */
export async function openLab({ delayMs, lossPercent, seed = 1 }) {
  const near = `netkit-lab-${process.pid}-near`
  const far = `netkit-lab-${process.pid}-far`
  const relay = compile('relay')
  const children = []
  const close = async () => {
    for (const signal of ['SIGINT', 'SIGTERM']) process.off(signal, onStop)
    const ended = children.map((child) => child.exitCode ?? once(child, 'close'))
    for (const child of children) child.kill()
    await Promise.all(ended)
    for (const name of [near, far]) spawnSync('ip', ['netns', 'del', name])
    relay.remove()
  }
  const onStop = () => void close().finally(() => process.exit(130))
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, onStop)
  try {
    for (const name of [near, far]) {
      run('ip', 'netns', 'add', name)
      run('ip', '-n', name, 'link', 'set', 'lo', 'up')
      run('ip', '-n', name, 'tuntap', 'add', 'lab0', 'mode', 'tun')
    }
    const link = spawn(relay.path, [near, 'lab0', far, 'lab0', delayMs, lossPercent, seed].map(String))
    children.push(link)
    await once(link.stdout, 'data')
    for (const [name, own] of [
      [near, '192.0.2.1'],
      [far, TARGET],
    ]) {
      run('ip', '-n', name, 'address', 'add', `${own}/24`, 'dev', 'lab0')
      run('ip', '-n', name, 'link', 'set', 'lab0', 'up', 'txqueuelen', '20000')
    }
    const answering = [...new Set([...ANSWERING, ...OPEN])].join(',')
    const rule = `add table inet lab; add chain inet lab input { type filter hook input priority 0; }; add rule inet lab input tcp dport != { ${answering} } drop`
    run('ip', 'netns', 'exec', far, 'nft', rule)
    const server = spawn('ip', ['netns', 'exec', far, process.execPath, '-e', SERVER], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    children.push(server)
    await once(server.stdout, 'data')
  } catch (error) {
    await close()
    throw error
  }
  // exec makes it the very process that is measured.
  const within = (name) => (command) => ['ip', 'netns', 'exec', name, ...command]
  return { inside: within(near), beyond: within(far), close }
}
