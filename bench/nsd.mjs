// The server that the benches ask: Debian's nsd with a zone of many names, each with the address 192.0.2.1 (RFC 5737).
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

export const ANSWER = /\b192\.0\.2\.1\b/g

/** Starts it with these hosts below bench.example; `within` may put the command into a namespace. Files go into `directory`. */
export function startNsd({ directory, address, port = 53, hosts, within = (command) => command }) {
  const path = (name) => join(directory, name)
  const records = hosts.map((host) => `${host} A 192.0.2.1\n`).join('')
  writeFileSync(
    path('zone'),
    `$ORIGIN bench.example.\n$TTL 60\n@ SOA ns h 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\n${records}`,
  )
  writeFileSync(
    path('nsd.conf'),
    `server:
  server-count: 2
  rrl-ratelimit: 0
  reuseport: yes
  ip-address: ${address}@${port}
  username: ""
  chroot: ""
  zonesdir: "${directory}"
  database: ""
  pidfile: "${path('pid')}"
  xfrdfile: ""
  xfrdir: "${directory}"
  zonelistfile: "${path('list')}"
remote-control:
  control-enable: no
zone:
  name: bench.example
  zonefile: zone
`,
  )
  return started(within(['nsd', '-d', '-c', path('nsd.conf')]), /nsd started/)
}

/** A server, once its stderr shows the sign that it serves. */
export async function started([program, ...args], sign) {
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  const early = () => new Error(`${program} did not start`)
  await new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', () => reject(early()))
    child.stderr.on('data', (chunk) => sign.test(chunk.toString()) && resolve())
  })
  return child
}
