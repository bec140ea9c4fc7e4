// Scans side by side, in one run: wall time, ratio to nmap, recall, peak memory.
//   node bench/portscan.mjs [--runs N] [--only loopback,lab,many,huge] [--lab-nmap]
// Needs a built dist/. nmap is left out where it is missing (Debian: apt-get install nmap); the lab needs root, gcc, ip
// and nft, and the bare C loop gcc. --lab-nmap has nmap scan the lab too, which takes minutes.

import { createServer } from 'node:net'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { compile, OPEN, openLab, TARGET, whyNoLab } from './lab/index.mjs'
import { has, measure, median, table } from './measure.mjs'

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '5' },
    only: { type: 'string', default: 'loopback,lab,many,huge' },
    'lab-nmap': { type: 'boolean', default: false },
  },
})
const runs = Number(values.runs)
const parts = values.only.split(',')
const bin = fileURLToPath(new URL('../bin/netkit.js', import.meta.url))
const withNmap = has('nmap')
if (!withNmap) console.error('nmap is not installed: left out')
const rows = []
/** netkit's exit code where its time was over. */
const TIMED_OUT = 4

const netkit = (...args) => [process.execPath, bin, 'portscan', '--json', '--show', 'open', ...args]
const nmap = (...args) => ['nmap', '-sT', '-n', '-Pn', '-T5', '--min-rate', '100000', '-oG', '-', ...args]

/** `address port` of what a scan found open. */
function openPorts(name, stdout) {
  if (name.startsWith('nmap')) {
    return [...stdout.matchAll(/^Host: (\S+).*Ports: (.*)$/gm)].flatMap(([, host, ports]) =>
      [...ports.matchAll(/(\d+)\/open/g)].map(([, port]) => `${host} ${port}`),
    )
  }
  const lines = stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
  return lines.filter(({ type }) => type === 'port').map(({ address, port }) => `${address} ${port}`)
}

/** Runs the candidates in turn; the first named nmap is what the others are measured by. */
async function compare(scene, candidates, expected, times = runs) {
  const results = candidates.map(() => [])
  for (let run = 0; run < times; run++) {
    for (const [i, [name, command, code = 0]] of candidates.entries()) {
      const result = await measure(command)
      if (result.code !== code) throw new Error(`${name} ended with ${result.code}: ${result.stderr}`)
      const found = expected && !name.startsWith('bare') ? new Set(openPorts(name, result.stdout)) : null
      const recall = found && expected.filter((each) => found.has(each)).length / expected.length
      results[i].push({ ...result, recall })
    }
  }
  const wall = results.map((each) => median(each.map(({ elapsedMs }) => elapsedMs)))
  const by = wall[candidates.findIndex(([name]) => name.startsWith('nmap'))]
  for (const [i, [name]] of candidates.entries()) {
    const recalls = results[i].map(({ recall }) => recall).filter((each) => each !== null)
    const peaks = results[i].map(({ peakMiB }) => peakMiB).filter((each) => each !== null)
    rows.push([
      ...[scene, name, `${(wall[i] / 1000).toFixed(2)} s`],
      by ? (wall[i] / by).toFixed(2) : null,
      recalls.length > 0 ? `${(100 * Math.min(...recalls)).toFixed(1)}%` : null,
      peaks.length > 0 ? `${Math.max(...peaks).toFixed(0)} MiB` : null,
    ])
    console.error(rows.at(-1).join('  '))
  }
}

const servers = await Promise.all(
  Array.from({ length: 8 }, async () => {
    const server = createServer((socket) => socket.on('error', () => {}).end())
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
    return server
  }),
)
const listening = servers.map((server) => `127.0.0.1 ${server.address().port}`)

if (parts.includes('loopback')) {
  const cores = availableParallelism()
  const floor = has('gcc') ? compile('floor') : null
  await compare(
    'loopback 1-65535',
    [
      ...(withNmap ? [['nmap -sT', nmap('-p-', '127.0.0.1')]] : []),
      ['netkit syscall', netkit('127.0.0.1', '-', '--engine', 'syscall')],
      ['netkit net', netkit('127.0.0.1', '-', '--engine', 'net')],
      ...(floor ? [[`bare C loop, ${cores} threads`, [floor.path, String(cores)]]] : []),
    ],
    listening,
  )
  floor?.remove()
}

if (parts.includes('many')) {
  // The listeners are on 127.0.0.1 alone; what is open elsewhere does not count.
  const ports = '40000-40999'
  await compare(
    '127.0.0.0/24 x 1,000 ports',
    [...(withNmap ? [['nmap -sT', nmap('-p', ports, '127.0.0.0/24')]] : []), ['netkit', netkit('127.0.0.0/24', ports)]],
    null,
  )
}

if (parts.includes('huge')) {
  const command = netkit('127.0.0.0/8', '9', '--max-time', '20s')
  await compare('127.0.0.0/8, one port, 20 s', [['netkit', command, TIMED_OUT]], null, 1)
}

if (parts.includes('lab')) {
  const why = whyNoLab()
  if (why) console.error(`the lab is left out: ${why}`)
  const expected = OPEN.map((port) => `${TARGET} ${port}`)
  const links = [
    [10, 1],
    [10, 0],
    [10, 2],
    [10, 5],
    [1, 1],
    [50, 1],
  ]
  for (const [delayMs, lossPercent] of why ? [] : links) {
    const lab = await openLab({ delayMs, lossPercent })
    try {
      const scan = (...command) => lab.inside(command)
      await compare(
        `lab 1-20000, ${delayMs} ms each way, ${lossPercent}% loss`,
        [
          ...(withNmap && values['lab-nmap']
            ? [['nmap -sT', scan('nmap', '-sT', '-n', '-Pn', '-oG', '-', '-p', '1-20000', TARGET)]]
            : []),
          ['netkit', scan(...netkit(TARGET, '1-20000'))],
        ],
        expected,
      )
    } finally {
      await lab.close()
    }
  }
}

for (const server of servers) server.close()
console.log(table(['scan', 'by', 'wall (median)', 'of nmap', 'recall (worst)', 'peak memory'], rows))
