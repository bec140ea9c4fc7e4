// Round trips of one mail over a 20 ms link, and 1,000 mails: netkit smtp-send beside swaks and curl. The link is a proxy
// on loopback that holds every piece back for 10 ms each way and counts how often the client had to wait.
//
//     npm run build && node bench/smtp-send.mjs        (apt-get install swaks curl)
import { spawn, spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ONE_WAY_MS = 10
const RUNS = 5
const MAILS = 1000
const SWAKS_CALLS = 100

const bin = fileURLToPath(new URL('../bin/netkit.js', import.meta.url))
const message = join(tmpdir(), `netkit-bench-${process.pid}.eml`)
writeFileSync(message, 'From: a@b.example\r\nTo: d@e.example\r\nSubject: x\r\n\r\nhello\r\n')

/** As quick as a mail server can be: it says yes, and knows PIPELINING. */
function mailServer() {
  let mails = 0
  const server = createServer((socket) => {
    let pending = ''
    let inMessage = false
    socket.setNoDelay(true)
    socket.on('error', () => {}) // a client that leaves early
    socket.write('220 bench ESMTP\r\n')
    socket.on('data', (chunk) => {
      pending += chunk.toString('latin1')
      let answer = ''
      for (;;) {
        const end = pending.indexOf(inMessage ? '\r\n.\r\n' : '\r\n')
        if (end < 0) break
        const line = pending.slice(0, end)
        pending = pending.slice(end + (inMessage ? 5 : 2))
        if (inMessage) {
          inMessage = false
          mails++
          answer += '250 queued\r\n'
        } else if (line === 'DATA') {
          inMessage = true
          answer += '354 go on\r\n'
        } else if (line === 'QUIT') answer += '221 bye\r\n'
        else answer += line.startsWith('EHLO') ? '250-bench\r\n250-PIPELINING\r\n250 8BITMIME\r\n' : '250 fine\r\n'
      }
      if (answer) socket.write(answer)
      if (answer.endsWith('221 bye\r\n')) socket.end()
    })
  })
  return { server, taken: () => mails }
}

/** Passes on what comes after a while, and counts the waits of the client: the greeting, and each answer to a flight. */
function slowLink(target) {
  const link = { waits: 0, server: null }
  link.server = createServer((client) => {
    let waiting = true // for the greeting
    link.waits++
    const upstream = connect(target, '127.0.0.1')
    for (const socket of [client, upstream]) socket.setNoDelay(true).on('error', () => {}) // ends with the other
    client.on('data', (chunk) => {
      if (!waiting) link.waits++
      waiting = true
      setTimeout(() => upstream.write(chunk), ONE_WAY_MS)
    })
    upstream.on('data', (chunk) =>
      setTimeout(() => {
        waiting = false
        client.write(chunk)
      }, ONE_WAY_MS),
    )
    client.on('end', () => setTimeout(() => upstream.end(), ONE_WAY_MS))
    upstream.on('end', () => setTimeout(() => client.end(), ONE_WAY_MS))
  })
  return link
}

const listen = (server) => new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server.address().port)))
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]
const installed = (command) => spawnSync(command, ['--version']).error === undefined

function timed(command, args) {
  return new Promise((resolve, reject) => {
    const started = performance.now()
    const child = spawn(command, args, { stdio: 'ignore' })
    child.once('error', reject)
    child.once('close', (code) =>
      code === 0 ? resolve(performance.now() - started) : reject(new Error(`${command} ended with ${code}`)),
    )
  })
}

const clients = {
  netkit: (port) => [
    process.execPath,
    [bin, 'smtp-send', '-s', `127.0.0.1:${port}`, '-f', 'a@b.example', '-t', 'd@e.example', '--data', message],
  ],
  swaks: (port) => [
    'swaks',
    ['--server', `127.0.0.1:${port}`, '--from', 'a@b.example', '--to', 'd@e.example', '--data', `@${message}`],
  ],
  'swaks --pipeline': (port) => ['swaks', [...clients.swaks(port)[1], '--pipeline']],
  curl: (port) => [
    'curl',
    ['-sS', `smtp://127.0.0.1:${port}`, '--mail-from', 'a@b.example', '--mail-rcpt', 'd@e.example', '-T', message],
  ],
}

const mail = mailServer()
const mailPort = await listen(mail.server)
const link = slowLink(mailPort)
const linkPort = await listen(link.server)

console.log(`One mail over a link of ${2 * ONE_WAY_MS} ms, median of ${RUNS} runs`)
console.log('client             waits    wall')
for (const [name, command] of Object.entries(clients)) {
  if (name !== 'netkit' && !installed(name.split(' ')[0])) {
    console.log(`${name.padEnd(18)} not installed`)
    continue
  }
  const walls = []
  const waits = []
  for (let run = 0; run < RUNS; run++) {
    const before = link.waits
    walls.push(await timed(...command(linkPort)))
    waits.push(link.waits - before)
  }
  console.log(`${name.padEnd(18)} ${String(median(waits)).padStart(5)} ${median(walls).toFixed(0).padStart(5)} ms`)
}

console.log(`\n${MAILS} mails to a server on loopback`)
const before = mail.taken()
const [node, args] = clients.netkit(mailPort)
const netkitMs = await timed(node, [...args, '--repeat', String(MAILS)])
if (mail.taken() - before !== MAILS) throw new Error(`${mail.taken() - before} of ${MAILS} mails came`)
console.log(`netkit --repeat ${MAILS}: ${(netkitMs / 1000).toFixed(2)} s`)
if (installed('swaks')) {
  let swaksMs = 0
  for (let call = 0; call < SWAKS_CALLS; call++) swaksMs += await timed(...clients.swaks(mailPort))
  const wholeMs = (swaksMs / SWAKS_CALLS) * MAILS
  console.log(
    `swaks in a loop: ${(wholeMs / 1000).toFixed(1)} s, extrapolated from ${SWAKS_CALLS} calls; ${(wholeMs / netkitMs).toFixed(0)} times as long`,
  )
} else console.log('swaks: not installed')
mail.server.close()
link.server.close()
process.exit(0)
