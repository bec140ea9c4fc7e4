// 10,000 names against a server on loopback: netkit over UDP, one TCP connection and TLS beside dig, kdig, adnshost,
// blastdns (crates.io) and massdns (in no package registry of Debian, PyPI or crates.io: from its source). NSD (two
// processes) answers several times as fast as any of them asks, so that the askers are measured, not the server; over TLS
// it is BIND, because NSD leaves pipelined questions lying when they share a TLS record.
//   node bench/resolve.mjs [rounds] [names] [rounds of ten times as many names, for the rate without start and warming up]
// Needs Debian's nsd, bind9, bind9-dnsutils and openssl, and `npm run build` before; knot-dnsutils, adns-tools, blastdns and
// massdns are left out where they are missing. As root it runs in a network namespace of its own, where the server can have port 53:
// adnshost knows no other. All write into a file, and each has the flags that it was fastest with here.
import { execFileSync, spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { median, table } from './measure.mjs'
import { ANSWER, started, startNsd } from './nsd.mjs'

const [rounds, count, steadyRounds] = [5, 10_000, 0].map((usual, at) => Number(process.argv[2 + at] ?? usual))
if (process.getuid() === 0 && process.env.NETKIT_BENCH_INSIDE === undefined) {
  const inside = [
    '--net',
    'sh',
    '-c',
    'ip link set lo up && exec "$@"',
    'sh',
    process.execPath,
    ...process.argv.slice(1),
  ]
  const env = { ...process.env, NETKIT_BENCH_INSIDE: '1' }
  process.exit(spawnSync('unshare', inside, { stdio: 'inherit', env }).status ?? 1)
}

const [port, tlsPort] = process.getuid() === 0 ? [53, 853] : await freePorts(2)
const netkit = fileURLToPath(new URL('../bin/netkit.js', import.meta.url))
const bare = fileURLToPath(new URL('bare-resolver.cjs', import.meta.url))
const directory = mkdtempSync(join(tmpdir(), 'netkit-bench-'))
const path = (name) => join(directory, name)
const many = 10 * count
const hosts = Array.from({ length: many }, (_, i) => `n${i}`)
const names = hosts.slice(0, count).map((host) => `${host}.bench.example`)
for (const [file, length] of Object.entries({ names: count, many })) {
  writeFileSync(
    path(file),
    hosts
      .slice(0, length)
      .map((host) => `${host}.bench.example\n`)
      .join(''),
  )
}
const servers = [await startNsd({ directory, address: '127.0.0.1', port, hosts }), await startNamed()]

const ask = [process.execPath, netkit, 'resolve', '--names', path('names'), '-t', 'A', '--short', '--server']
const dig = ['dig', '@127.0.0.1', '-p', String(port), '+short', '-f', path('names')]
const kdig = ['kdig', '@127.0.0.1', '-p', String(port), '+short']
writeFileSync(path('resolvers'), `127.0.0.1:${port}\n`)
// With its own 10,000 in flight most questions are lost, and it waits half a second for each.
const modest = ['-s', '100', '-i', '50']
const massdns = ['massdns', '-q', '-r', path('resolvers'), '--root', '-t', 'A', '-o', 'S', ...modest, path('names')]
// 32 is the most that it takes over one socket; with a socket for each question it takes twice as long.
const steadily = ['--persistent-socket', '--max-inflight-per-resolver', '32', '--no-adaptive', '--cache-capacity', '0']
const blastdns = ['blastdns', path('names'), '--rdtype', 'A', '--brief', '--resolvers', path('resolvers'), ...steadily]
const runs = [
  ['UDP', 'netkit', [...ask, `127.0.0.1:${port}`]],
  ['UDP', 'a bare loop in Node', [process.execPath, bare, String(port), path('names')]],
  ['UDP', 'dig -f', dig],
  ['UDP', 'kdig', [...kdig, ...names]],
  ['UDP', 'blastdns', blastdns],
  ['UDP', 'massdns', massdns],
  ...(port === 53 ? [['UDP', 'adnshost -a', ['adnshost', '--config', 'nameserver 127.0.0.1', '-a', '-f']]] : []),
  ['one TCP connection', 'netkit', [...ask, `tcp://127.0.0.1:${port}`]],
  ['TCP', 'dig -f +tcp', [...dig, '+tcp', '+keepopen']],
  ['TCP', 'kdig +tcp', [...kdig, '+tcp', '+keepopen', ...names]],
  ['one TLS connection', 'netkit', [...ask, `tls://127.0.0.1:${tlsPort}`, '--insecure']],
].map(([transport, name, command]) => ({ transport, name, command, results: [], more: [] }))

const steady = runs.filter(
  ({ name, transport }) => transport === 'UDP' && ['netkit', 'dig -f', 'massdns'].includes(name),
)

for (let round = 0; round < rounds; round++) {
  for (const { transport, name, command, results } of runs) {
    const result = run(command, 'names', count)
    if (result !== null) results.push(result)
    else if (round === 0) console.log(`${name} (${transport}): not installed, left out`)
  }
}
for (let round = 0; round < steadyRounds; round++) {
  for (const { command, results, more } of steady) {
    const longer = command.map((word) => (word === path('names') ? path('many') : word))
    if (results.length > 0) more.push(run(longer, 'many', many))
  }
}
for (const server of servers) {
  server.kill()
  await new Promise((resolve) => server.once('exit', resolve))
}
rmSync(directory, { recursive: true })

const of = (results, what) => median(results.map((result) => result[what]))
const baseline = of(runs.find(({ name }) => name === 'dig -f').results, 'wallMs')
const load = readFileSync('/proc/loadavg', 'utf8').split(' ')[0]
console.log(`\n${count} names, whole process, medians of ${rounds} rounds; load ${load}; Node ${process.version}\n`)
const rows = runs
  .filter(({ results }) => results.length > 0)
  .map(({ transport, name, results }) => {
    const wallMs = of(results, 'wallMs')
    return [
      transport,
      name,
      `${(wallMs / 1000).toFixed(2)} s`,
      `${(of(results, 'cpuMs') / 1000).toFixed(2)} s`,
      Math.round((count / wallMs) * 1000),
      (baseline / wallMs).toFixed(2),
      Math.max(...results.map(({ lost }) => lost)),
    ]
  })
console.log(table(['over', 'by', 'wall', 'user + system', 'names/s', 'of dig -f', 'lost'], rows))

if (steadyRounds > 0) {
  const rates = steady
    .filter(({ more }) => more.length > 0)
    .map(({ name, results, more }) => {
      const wallMs = of(more, 'wallMs') - of(results, 'wallMs')
      const cpuMs = of(more, 'cpuMs') - of(results, 'cpuMs')
      const each = (ms) => `${((ms / (many - count)) * 1000).toFixed(1)} µs`
      const lost = Math.max(...more.map((result) => result.lost))
      return [name, Math.round(((many - count) / wallMs) * 1000), each(wallMs), each(cpuMs), lost]
    })
  console.log(`\n${many} names less ${count}, UDP, ${steadyRounds} rounds\n`)
  console.log(table(['by', 'names/s', 'wall, each', 'user + system, each', 'lost'], rates))
}

/** One program to its end; null where it is not installed. */
function run([program, ...args], file, asked) {
  // time(1) of the shell: what a child has used is not to be had of spawnSync.
  const timed = ['-c', 'TIMEFORMAT="%U %S"; { time "$@" 2>/dev/null; } < "$0"', path(file), program, ...args]
  if (spawnSync('sh', ['-c', 'command -v "$0"', program], { stdio: 'ignore' }).status !== 0) return null
  const output = openSync(path('answers'), 'w')
  const started = performance.now()
  const { stderr } = spawnSync('bash', timed, { stdio: ['ignore', output, 'pipe'] })
  const wallMs = performance.now() - started
  closeSync(output)
  const [user, system] = stderr.toString().trim().split('\n').at(-1).split(' ').map(Number)
  const answers = readFileSync(path('answers'), 'latin1').match(ANSWER)?.length ?? 0
  return { wallMs, cpuMs: (user + system) * 1000, lost: asked - answers }
}

function startNamed() {
  const request = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost'
  const files = ['-keyout', path('key'), '-out', path('cert')]
  execFileSync('openssl', [...request.split(' '), ...files], { stdio: 'ignore' })
  writeFileSync(
    path('named.conf'),
    `tls own { key-file "${path('key')}"; cert-file "${path('cert')}"; };
     options { directory "${directory}"; listen-on port ${tlsPort} tls own { 127.0.0.1; }; listen-on-v6 { none; };
       pid-file none; session-keyfile none; lock-file none; notify no; recursion no; dnssec-validation no; };
     controls { };
     zone "bench.example" { type primary; file "zone"; };`,
  )
  return started(['named', '-c', path('named.conf'), '-g'], / running$/m)
}

async function freePorts(wanted) {
  const listeners = Array.from({ length: wanted }, () => createServer())
  const ports = await Promise.all(
    listeners.map((one) => new Promise((resolve) => one.listen(0, '127.0.0.1', () => resolve(one.address().port)))),
  )
  await Promise.all(listeners.map((one) => new Promise((resolve) => one.close(resolve))))
  return ports
}
