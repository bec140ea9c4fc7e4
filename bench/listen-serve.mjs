// Requests a second for one small file: `netkit listen --serve` beside python's http.server and the npm servers `serve`
// and `http-server`. python answers HTTP/1.0 without keep-alive as it is started in most places, and keeps connections
// alive with --protocol HTTP/1.1: both are measured, the load asks for keep-alive each time. The load is wrk's, one
// thread. Build first; peers are taken from PATH, what is missing is skipped.
//
//   node bench/listen-serve.mjs [rounds] [seconds a round]
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const ROUNDS = Number(process.argv[2] ?? 3)
const SECONDS = Number(process.argv[3] ?? 3)
/** Until then code is compiled as it gets hot; a server runs for longer than that. */
const WARM_SECONDS = 3
const CONNECTIONS = 32
const FILE_BYTES = 2048

const folder = mkdtempSync(join(tmpdir(), 'netkit-bench-'))
writeFileSync(join(folder, 'page.html'), 'x'.repeat(FILE_BYTES))

const PEERS = [
  [
    'netkit',
    process.execPath,
    (port) => [fileURLToPath(new URL('../bin/netkit.js', import.meta.url)), 'listen', port, '--serve', folder],
  ],
  [
    'python, keep-alive',
    'python3',
    (port) => ['-m', 'http.server', port, '--bind', '127.0.0.1', '--protocol', 'HTTP/1.1', '-d', folder],
  ],
  ['python, as it is', 'python3', (port) => ['-m', 'http.server', port, '--bind', '127.0.0.1', '-d', folder]],
  ['serve', 'serve', (port) => ['-l', `tcp://127.0.0.1:${port}`, '-L', folder]],
  ['http-server', 'http-server', (port) => [folder, '-a', '127.0.0.1', '-p', port, '-s']],
]

function isInstalled(command) {
  return command === process.execPath || spawnSync('sh', ['-c', `command -v ${command}`]).status === 0
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
}

async function untilOpen(port, child) {
  while (child.exitCode === null) {
    const open = await new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false))
      socket.once('connect', () => socket.destroy())
    })
    if (open) return
    await sleep(50)
  }
  throw new Error(`the server ended with ${child.exitCode}`)
}

/** Requests a second, or null where an answer was not 200. */
function load(port, seconds) {
  const url = `http://127.0.0.1:${port}/page.html`
  const { stdout } = spawnSync('wrk', ['-t1', `-c${CONNECTIONS}`, `-d${seconds}s`, url], { encoding: 'utf8' })
  if (/Non-2xx/.test(stdout)) return null
  return Number(/Requests\/sec:\s*([\d.]+)/.exec(stdout)?.[1])
}

async function measure(command, args) {
  const port = await freePort()
  // Each server writes its log as it would; nobody reads it.
  const child = spawn(command, args(String(port)), { stdio: 'ignore' })
  try {
    await untilOpen(port, child)
    load(port, WARM_SECONDS)
    return load(port, SECONDS)
  } finally {
    child.kill('SIGKILL')
    await new Promise((resolve) => child.once('close', resolve))
  }
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]

if (!isInstalled('wrk')) {
  console.error('wrk is not installed')
  process.exit(1)
}
const present = PEERS.filter(([name, command]) => {
  if (isInstalled(command)) return true
  console.error(`${name} is not installed: skipped`)
  return false
})
const rates = new Map(present.map(([name]) => [name, []]))
try {
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, command, args] of present) rates.get(name).push(await measure(command, args))
  }
} finally {
  rmSync(folder, { recursive: true })
}
const own = median(rates.get('netkit'))
console.log(
  `one file of ${FILE_BYTES} bytes, ${CONNECTIONS} connections kept alive, medians of ${ROUNDS} rounds of ${SECONDS} s`,
)
console.log(`${'server'.padEnd(20)}${'requests/s'.padStart(12)}${'netkit is'.padStart(14)}`)
for (const [name, values] of rates) {
  const rate = values.includes(null) ? null : median(values)
  const ratio = rate === null ? 'failed' : `${(own / rate).toFixed(2)} times`
  console.log(`${name.padEnd(20)}${String(Math.round(rate ?? 0)).padStart(12)}${ratio.padStart(14)}`)
}
