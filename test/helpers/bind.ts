import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { appendFileSync, chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ZONE = fileURLToPath(new URL('../interop/dns-zone/every-type.zone', import.meta.url))
const EDGES = fileURLToPath(new URL('../interop/dns-zone/edges.zone', import.meta.url))
const SIGNED = '$TTL 60\n@ SOA ns h 1 2 3 4 30\n@ NS ns\nns A 192.0.2.1\nwww A 192.0.2.2\n*.wild TXT "here"\n'

export interface Bind {
  readonly port: number
  readonly tlsPort: number
  readonly httpsPort: number
  /** PEM of its certificate, for localhost, 127.0.0.1 and ::1. */
  readonly ca: string
  /** PEM of the key of that certificate. */
  readonly key: string
  stop(): Promise<void>
}

/**
 * BIND 9 on loopback, authoritative for types.example, edge.example, signed.example (with NSEC3), large.example,
 * live.example, which nsupdate may change, and, for those who have a key, secret.example, over UDP, TCP, TLS and HTTPS, IPv4 and IPv6; all it writes is in a directory of its own.
 */
export async function startBind(): Promise<Bind> {
  const directory = mkdtempSync(join(tmpdir(), 'netkit-bind-'))
  chmodSync(directory, 0o755)
  const path = (name: string) => join(directory, name)
  copyFileSync(ZONE, path('zone'))
  // Too large for UDP without EDNS.
  const texts = [1, 2, 3].map((digit) => `big TXT "${String(digit).repeat(250)}"\n`)
  appendFileSync(path('zone'), `\n${texts.join('')}`)
  copyFileSync(EDGES, path('edges'))
  writeFileSync(path('signed'), SIGNED)
  // Too large for one message.
  writeFileSync(
    path('large'),
    `$TTL 60\n@ SOA ns h 1 2 3 4 30\n@ NS ns\nns A 192.0.2.1\n$GENERATE 1-4000 host-$ A 192.0.2.1\n`,
  )
  writeFileSync(
    path('live'),
    `$TTL 60\n@ SOA ns h 1 2 3 4 30\n@ NS ns\nns A 192.0.2.1\n$GENERATE 1-50 host-$ A 192.0.2.1\n`,
  )
  const inside = { cwd: directory, stdio: 'pipe' } as const
  execFileSync('dnssec-keygen', ['-q', '-a', 'ED25519', '-f', 'KSK', 'signed.example'], inside)
  execFileSync('dnssec-keygen', ['-q', '-a', 'ED25519', 'signed.example'], inside)
  execFileSync(
    'dnssec-signzone',
    ['-q', '-S', '-3', 'AABB', '-o', 'signed.example', '-f', 'signed.out', 'signed'],
    inside,
  )
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1']
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', path('key')]
  execFileSync('openssl', ['req', '-x509', ...newKey, '-out', path('cert'), '-days', '2', ...subject], {
    stdio: 'pipe',
  })
  const [port, tlsPort, httpsPort] = await freePorts(3)
  if (!port || !tlsPort || !httpsPort) throw new Error('three ports')
  writeFileSync(
    path('conf'),
    `tls own { key-file "${path('key')}"; cert-file "${path('cert')}"; };
     http own { endpoints { "/dns-query"; }; };
     options {
       directory "${directory}";
       listen-on port ${port} { 127.0.0.1; };
       listen-on port ${tlsPort} tls own { 127.0.0.1; };
       listen-on port ${httpsPort} tls own http own { 127.0.0.1; };
       listen-on-v6 port ${port} { ::1; };
       listen-on-v6 port ${tlsPort} tls own { ::1; };
       listen-on-v6 port ${httpsPort} tls own http own { ::1; };
       pid-file none; session-keyfile none; lock-file none;
       notify no; recursion no; dnssec-validation no; server-id "netkit-bind"; version "netkit-version"; minimal-any no;
     };
     controls { };
     key ours { algorithm hmac-sha256; secret "bmV0a2l0IHRlc3Qga2V5"; };
     zone "secret.example" { type primary; file "signed"; allow-query { key ours; }; };
     zone "live.example" { type primary; file "live"; allow-update { 127.0.0.1; }; };
     zone "large.example" { type primary; file "large"; };
     zone "types.example" { type primary; file "zone"; check-names ignore; };
     zone "edge.example" { type primary; file "edges"; check-names ignore; };
     zone "signed.example" { type primary; file "signed.out"; };`,
  )
  const child = spawn('named', ['-c', path('conf'), '-g'], { stdio: ['ignore', 'ignore', 'pipe'] })
  await running(child)
  return {
    port,
    tlsPort,
    httpsPort,
    ca: readFileSync(path('cert'), 'utf8'),
    key: readFileSync(path('key'), 'utf8'),
    stop: async () => {
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.kill()
      await ended
      rmSync(directory, { recursive: true })
    },
  }
}

/** Until it says so; what it says instead is the error. */
function running(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let log = ''
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`named ended with ${code}:\n${log}`)))
    child.stderr?.on('data', (chunk: Buffer) => {
      log += chunk.toString()
      if (/ running$/m.test(log)) resolve()
    })
  })
}

/** Ports that were free a moment ago: named cannot be told to take any. */
async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer()
      await new Promise<void>((resolve) => server.listen(0, '::', resolve))
      return server
    }),
  )
  const ports = servers.map((server) => {
    const address = server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  })
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}
