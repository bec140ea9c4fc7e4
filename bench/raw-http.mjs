// A body of 1 GiB to /dev/null, netkit beside curl, in one run: by Content-Length, chunked, and by Content-Length over TLS.
//   node scripts/build.mjs && node bench/raw-http.mjs
// The server is nginx where it is installed (chunked: nginx as proxy of itself), else a Node process that streams.
// The body is a sparse file under the temporary folder for nginx. TLS needs openssl, for a certificate.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const SIZE = 1024 ** 3
const ROUNDS = 5
const BIN = fileURLToPath(new URL('../bin/netkit.js', import.meta.url))

const folder = mkdtempSync(join(tmpdir(), 'netkit-bench-'))
const has = (command, ...args) => spawnSync(command, args, { stdio: 'ignore' }).error === undefined

const hasTls =
  spawnSync(
    'openssl',
    'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout key.pem -out cert.pem -days 1 -subj /CN=localhost'.split(
      ' ',
    ),
    { cwd: folder, stdio: 'ignore' },
  ).status === 0

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}

async function startNginx() {
  const [port, tlsPort] = [await freePort(), await freePort()]
  const file = openSync(join(folder, 'big'), 'w')
  ftruncateSync(file, SIZE)
  closeSync(file)
  const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${folder}/${name};`)
    .join(' ')
  writeFileSync(
    join(folder, 'nginx.conf'),
    `daemon off; worker_processes 1; pid ${folder}/pid; error_log ${folder}/error.log;
     ${process.getuid?.() === 0 ? 'user root;' : ''}
     events {}
     http { access_log off; ${temp} sendfile on; tcp_nopush on;
       server { listen 127.0.0.1:${port};
         ${hasTls ? `listen 127.0.0.1:${tlsPort} ssl; ssl_certificate cert.pem; ssl_certificate_key key.pem;` : ''}
         location /length { alias ${folder}/; }
         location /chunked/ { alias ${folder}/; ssi on; ssi_types *; ssi_last_modified off; output_buffers 4 64k; }
       } }`,
  )
  const child = spawn('nginx', ['-c', join(folder, 'nginx.conf'), '-p', folder], { stdio: 'inherit' })
  return {
    name: 'nginx',
    child,
    length: `http://127.0.0.1:${port}/length/big`,
    chunked: `http://127.0.0.1:${port}/chunked/big`,
    tls: hasTls ? `https://127.0.0.1:${tlsPort}/length/big` : null,
    port,
  }
}

const NODE_SERVER = `
const piece = Buffer.alloc(65536)
const answer = (request, response) => {
  if (request.url === '/length') response.setHeader('Content-Length', ${SIZE})
  let left = ${SIZE} / piece.length
  const go = () => { while (left-- > 0) if (!response.write(piece)) return response.once('drain', go); response.end() }
  go()
}
const { readFileSync } = require('node:fs')
const tls = ${hasTls} && { key: readFileSync('key.pem'), cert: readFileSync('cert.pem') }
require('node:http').createServer(answer).listen(0, '127.0.0.1', function () {
  const { port } = this.address()
  if (!tls) return console.log(port, 0)
  require('node:https').createServer(tls, answer).listen(0, '127.0.0.1', function () { console.log(port, this.address().port) })
})`

async function startNode() {
  const child = spawn(process.execPath, ['-e', NODE_SERVER], { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] })
  const [first] = await once(child.stdout, 'data')
  const [port, tlsPort] = String(first).split(' ').map(Number)
  return {
    name: 'node',
    child,
    length: `http://127.0.0.1:${port}/length`,
    chunked: `http://127.0.0.1:${port}/chunked`,
    tls: hasTls ? `https://127.0.0.1:${tlsPort}/length` : null,
    port,
  }
}

async function untilUp(url) {
  for (let i = 0; i < 100; i++) {
    const answer = await fetch(url, { method: 'HEAD' }).catch(() => null)
    if (answer) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`${url} does not answer`)
}

async function timed(command, args) {
  const started = performance.now()
  const child = spawn(command, args, { stdio: ['ignore', openSync('/dev/null', 'w'), 'inherit'] })
  const [code] = await once(child, 'exit')
  if (code !== 0) throw new Error(`${command} ${args.join(' ')}: exit ${code}`)
  return performance.now() - started
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]

const server = has('nginx', '-v') ? await startNginx() : await startNode()
try {
  await untilUp(`http://127.0.0.1:${server.port}/`)
  const peers = [
    [
      'netkit',
      process.execPath,
      (url) => [BIN, 'raw-http', url, '--body', ...(url.startsWith('https') ? ['--insecure'] : [])],
    ],
  ]
  if (has('curl', '--version')) peers.unshift(['curl', 'curl', (url) => ['-sk', '--http1.1', url]])
  else console.log('curl is not installed: netkit alone')
  console.log(`1 GiB from ${server.name} to /dev/null, median of ${ROUNDS}`)
  if (!server.tls) console.log('no certificate without openssl: nothing over TLS')
  for (const kind of ['length', 'chunked', 'tls']) {
    if (!server[kind]) continue
    const times = new Map(peers.map(([name]) => [name, []]))
    for (let round = 0; round < ROUNDS; round++)
      for (const [name, command, args] of peers) times.get(name).push(await timed(command, args(server[kind])))
    const base = median(times.get('curl') ?? times.get('netkit'))
    for (const [name, all] of times)
      console.log(
        `${kind.padEnd(8)} ${name.padEnd(7)} ${(median(all) / 1000).toFixed(2).padStart(6)} s  ${(median(all) / base).toFixed(2)} of curl`,
      )
  }
} finally {
  server.child.kill()
  await once(server.child, 'exit')
  rmSync(folder, { recursive: true })
}
