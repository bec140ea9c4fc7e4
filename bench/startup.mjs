// How long `netkit connect -z` takes to an open port of loopback, against what Node itself takes to start, and nc.
//   node bench/startup.mjs [RUNS]        needs a built dist/; nc (netcat-openbsd) is left out where it is missing
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { has, measure, median, table } from './measure.mjs'

const runs = Number(process.argv[2] ?? 15)
const bin = fileURLToPath(new URL('../bin/netkit.js', import.meta.url))
const directory = mkdtempSync(join(tmpdir(), 'netkit-bench-'))
const empty = join(directory, 'empty.mjs')
writeFileSync(empty, '')
const server = createServer((socket) => socket.on('error', () => {}).end())
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
const port = String(server.address().port)

const candidates = [
  ['an empty script', [process.execPath, empty]],
  ['node -e 0', [process.execPath, '-e', '0']],
  ['netkit connect -z', [process.execPath, bin, 'connect', '127.0.0.1', port, '-z']],
]
if (has('nc')) candidates.push(['nc -z', ['nc', '-z', '127.0.0.1', port]])
else console.error('nc is not installed: left out (Debian: apt-get install netcat-openbsd)')

// In turn, so that a slow moment of the machine falls on all of them.
const times = candidates.map(() => [])
for (let run = 0; run < runs; run++) {
  for (const [i, [name, command]] of candidates.entries()) {
    const { code, elapsedMs, stderr } = await measure(command)
    if (code !== 0) throw new Error(`${name} ended with ${code}: ${stderr}`)
    times[i].push(elapsedMs)
  }
}
server.close()
rmSync(directory, { recursive: true })
const base = median(times[0])
const rows = candidates.map(([name], i) => [name, median(times[i]).toFixed(0), (median(times[i]) / base).toFixed(2)])
console.log(`Median of ${runs} runs; goal: at most 1.35 times an empty script.\n`)
console.log(table(['command', 'ms', 'ratio'], rows))
