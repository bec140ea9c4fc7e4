// How long it takes to bring a file from stdin to a TCP sink on loopback: netkit beside nc, ncat and socat.
// node bench/connect-throughput.mjs [size in MiB, 1024] [rounds, 7]
import { spawn, spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { createServer, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'

/** Reads and forgets, in a thread of its own, into one buffer. */
function sink() {
  const server = createServer({ pauseOnConnect: true }, (paused) => {
    // Accepted sockets take no buffer of ours, their descriptor in a new one does.
    const onread = { buffer: Buffer.allocUnsafeSlow(262_144), callback: () => true }
    const socket = new Socket({ handle: paused._handle, onread, allowHalfOpen: false })
    socket.on('error', () => {})
    socket.resume()
  })
  server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port))
}

function time(command, args, file) {
  return new Promise((resolve, reject) => {
    const fd = openSync(file)
    const started = performance.now()
    const child = spawn(command, args, { stdio: [fd, 'ignore', 'inherit'] })
    closeSync(fd)
    child.once('error', reject)
    child.once('close', (code) =>
      code === 0 ? resolve(performance.now() - started) : reject(new Error(`${command} ended with ${code}`)),
    )
  })
}

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]

async function bench() {
  const [sizeMiB = 1024, rounds = 7] = process.argv.slice(2).map(Number)
  const folder = mkdtempSync(join(tmpdir(), 'netkit-bench-'))
  const file = join(folder, 'input')
  const fd = openSync(file, 'w')
  const piece = Buffer.alloc(1_048_576, 'netkit throughput ')
  for (let i = 0; i < sizeMiB; i++) writeSync(fd, piece)
  closeSync(fd)

  const worker = new Worker(new URL(import.meta.url))
  const port = String(await new Promise((resolve) => worker.once('message', resolve)))
  const netkit = fileURLToPath(new URL('../bin/netkit.js', import.meta.url))
  const shell = (command) => ['sh', ['-c', `cat "$0" | ${command}`, file]]
  const peers = [
    ['nc', 'nc', ['-N', '127.0.0.1', port]],
    ['netkit', process.execPath, [netkit, 'connect', '-q', '127.0.0.1', port]],
    ['ncat', 'ncat', ['--send-only', '127.0.0.1', port]],
    ['socat', 'socat', ['-u', '-', `TCP:127.0.0.1:${port}`]],
    ['nc, piped', ...shell(`nc -N 127.0.0.1 ${port}`)],
    ['netkit, piped', ...shell(`'${process.execPath}' '${netkit}' connect -q 127.0.0.1 ${port}`)],
    ['ncat, piped', ...shell(`ncat --send-only 127.0.0.1 ${port}`)],
    ['socat, piped', ...shell(`socat -u - TCP:127.0.0.1:${port}`)],
  ].filter(([name, command, args]) => {
    const tool = command === 'sh' ? args[1].split('| ')[1].split(' ')[0].replaceAll("'", '') : command
    const found = spawnSync('sh', ['-c', `command -v '${tool}'`]).status === 0
    if (!found) console.log(`${name}: not installed, left out`)
    return found
  })
  try {
    const times = new Map(peers.map(([name]) => [name, []]))
    for (let round = 0; round <= rounds; round++) {
      for (const [name, command, args] of peers) {
        const ms = await time(command, args, file)
        if (round > 0) times.get(name).push(ms) // the first warms the caches
      }
    }
    console.log(`${sizeMiB} MiB from stdin to a socket, median of ${rounds} rounds`)
    for (const [name, all] of times) {
      // Each round against nc in the same round: the machine drifts.
      const peer = times.get(name.endsWith('piped') ? 'nc, piped' : 'nc')
      const ratio = peer ? `  ${median(all.map((ms, round) => ms / peer[round])).toFixed(2)} of nc` : ''
      const fastest = `fastest ${(Math.min(...all) / 1000).toFixed(2)} s`
      console.log(`${name.padEnd(14)} ${(median(all) / 1000).toFixed(2)} s${ratio.padEnd(14)}  ${fastest}`)
    }
  } finally {
    await worker.terminate()
    rmSync(folder, { recursive: true })
  }
}

if (isMainThread) await bench()
else sink()
