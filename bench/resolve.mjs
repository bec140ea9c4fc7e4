// 10,000 names against BIND on loopback: netkit over UDP, over one TCP connection and over TLS, dig -f, and kdig where
// it is installed. Needs Debian's bind9, bind9-dnsutils and openssl, and `npm run build` before.
//   node bench/resolve.mjs [rounds]
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const NAMES = 10_000
const rounds = Number(process.argv[2] ?? 5)
const netkit = fileURLToPath(new URL('../bin/netkit.js', import.meta.url))
const directory = mkdtempSync(join(tmpdir(), 'netkit-bench-'))
const path = (name) => join(directory, name)

const [port, tlsPort] = await freePorts(2)
execFileSync(
  'openssl',
  'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost'
    .split(' ')
    .concat('-keyout', path('key'), '-out', path('cert')),
  { stdio: 'ignore' },
)
const hosts = Array.from({ length: NAMES }, (_, i) => `n${i}`)
writeFileSync(path('names'), hosts.map((host) => `${host}.bench.example\n`).join(''))
writeFileSync(
  path('zone'),
  `$TTL 60\n@ SOA ns h 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\n${hosts.map((host) => `${host} A 192.0.2.1\n`).join('')}`,
)
writeFileSync(
  path('conf'),
  `tls own { key-file "${path('key')}"; cert-file "${path('cert')}"; };
   options { directory "${directory}"; listen-on port ${port} { 127.0.0.1; }; listen-on port ${tlsPort} tls own { 127.0.0.1; };
     listen-on-v6 { none; }; pid-file none; session-keyfile none; lock-file none; recursion no; dnssec-validation no; };
   controls { };
   zone "bench.example" { type primary; file "zone"; };`,
)
const named = spawn('named', ['-c', path('conf'), '-g'], { stdio: ['ignore', 'ignore', 'pipe'] })
await new Promise((resolve, reject) => {
  named.once('error', reject)
  named.stderr.on('data', (chunk) => / running$/m.test(chunk.toString()) && resolve())
})

const ask = [netkit, 'resolve', '--names', path('names'), '-t', 'A', '--short', '--server']
const peers = {
  'dig -f': ['dig', ['@127.0.0.1', '-p', String(port), '+short', '-f', path('names')]],
  'netkit, UDP': [process.execPath, [...ask, `127.0.0.1:${port}`]],
  'netkit, one TCP connection': [process.execPath, [...ask, `tcp://127.0.0.1:${port}`]],
  'netkit, DNS over TLS': [process.execPath, [...ask, `tls://127.0.0.1:${tlsPort}`, '--insecure']],
  kdig: ['kdig', ['@127.0.0.1', '-p', String(port), '+short', ...hosts.map((host) => `${host}.bench.example`)]],
}

const walls = new Map()
for (let round = 0; round < rounds; round++) {
  for (const [name, [command, args]] of Object.entries(peers)) {
    const started = performance.now()
    const { stdout, error } = spawnSync(command, args, { maxBuffer: 1 << 26 })
    const wallMs = performance.now() - started
    if (error) {
      if (error.code !== 'ENOENT') throw error
      if (round === 0) console.log(`${name}: not installed, skipped`)
      continue
    }
    const answers = stdout
      .toString()
      .split('\n')
      .filter((line) => line === '192.0.2.1').length
    const all = walls.get(name) ?? []
    all.push({ wallMs, lost: NAMES - answers })
    walls.set(name, all)
  }
}
named.kill()
await new Promise((resolve) => named.once('exit', resolve))
rmSync(directory, { recursive: true })

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]
const dig = median(walls.get('dig -f').map(({ wallMs }) => wallMs))
console.log(
  `\n${NAMES} names, whole process, median of ${rounds}; load ${readFileSync('/proc/loadavg', 'utf8').split(' ')[0]}\n`,
)
console.log(`${''.padEnd(28)}  wall      names/s  to dig   lost`)
for (const [name, all] of walls) {
  const wallMs = median(all.map((each) => each.wallMs))
  const lost = Math.max(...all.map((each) => each.lost))
  const ratio = (dig / wallMs).toFixed(2).padStart(5)
  const perSecond = Math.round((NAMES / wallMs) * 1000)
  console.log(
    `${name.padEnd(28)}  ${(wallMs / 1000).toFixed(2)} s  ${String(perSecond).padStart(8)}  ${ratio}x  ${lost}`,
  )
}

async function freePorts(count) {
  const servers = Array.from({ length: count }, () => createServer())
  const ports = await Promise.all(
    servers.map(
      (server) => new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server.address().port))),
    ),
  )
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}
