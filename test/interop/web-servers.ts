import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const GIB = 1024 ** 3
export const PAGE = `<!doctype html><title>page</title>\n${'<p>all work and no play</p>\n'.repeat(200)}`

/** What the servers serve, and a certificate for `localhost` of an authority of our own. */
export interface Site {
  readonly folder: string
  readonly ca: string
  remove(): void
}

export function makeSite(): Site {
  const folder = mkdtempSync(join(tmpdir(), 'netkit-web-'))
  mkdirSync(join(folder, 'www'), { mode: 0o755 })
  writeFileSync(join(folder, 'www', 'page.html'), PAGE)
  writeFileSync(join(folder, 'www', 'big.bin'), '')
  truncateSync(join(folder, 'www', 'big.bin'), GIB)
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', 'key.pem']
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
  execFileSync('openssl', ['req', '-x509', ...key, '-out', 'cert.pem', '-days', '2', ...names], {
    cwd: folder,
    stdio: 'ignore',
  })
  execFileSync('chmod', ['-R', 'a+rX', folder])
  return { folder, ca: join(folder, 'cert.pem'), remove: () => rmSync(folder, { recursive: true, force: true }) }
}

export interface WebServer {
  readonly port: number
  /** Speaks TLS. */
  readonly tlsPort: number
  stop(): Promise<void>
}

export async function nginx({ folder }: Site): Promise<WebServer> {
  const [port, tlsPort] = [await freePort(), await freePort()]
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path nginx-${name};`,
  )
  writeFileSync(
    join(folder, 'nginx.conf'),
    `daemon off; worker_processes 1; pid nginx.pid; error_log nginx.log;
     ${process.getuid?.() === 0 ? 'user root;' : ''}
     events {}
     http { access_log off; ${temporary.join(' ')} default_type application/octet-stream; types { text/html html; }
       gzip on; gzip_types *; gzip_min_length 0;
       server { listen 127.0.0.1:${port}; listen 127.0.0.1:${tlsPort} ssl;
         ssl_certificate cert.pem; ssl_certificate_key key.pem;
         root www;
         location /chunked/ { alias www/; gzip off; ssi on; ssi_types *; }
         location /moved { return 301 /page.html; }
         location /none { return 204; }
       } }`,
  )
  const child = start('nginx', ['-e', 'stderr', '-p', folder, '-c', 'nginx.conf'], folder)
  return running(child, port, tlsPort)
}

export async function apache({ folder }: Site): Promise<WebServer> {
  const [port, tlsPort] = [await freePort(), await freePort()]
  const modules = [
    'mpm_event',
    'authz_core',
    'dir',
    'mime',
    'filter',
    'deflate',
    'ssl',
    'socache_shmcb',
    'alias',
    'include',
  ]
  const loads = modules.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`)
  writeFileSync(
    join(folder, 'apache.conf'),
    `${loads.join('\n')}
     ServerName localhost
     ServerRoot ${folder}
     PidFile apache.pid
     ErrorLog ${folder}/apache.log
     TypesConfig /dev/null
     AddType text/html .html
     Listen 127.0.0.1:${port}
     Listen 127.0.0.1:${tlsPort}
     DocumentRoot ${folder}/www
     <Directory ${folder}/www>
       Require all granted
     </Directory>
     AddOutputFilterByType DEFLATE text/html
     # What is parsed for includes has no length that is known before.
     Alias /chunked ${folder}/www
     <Location /chunked>
       Options +Includes
       SetOutputFilter INCLUDES
     </Location>
     <VirtualHost 127.0.0.1:${tlsPort}>
       SSLEngine on
       SSLCertificateFile cert.pem
       SSLCertificateKeyFile key.pem
     </VirtualHost>`,
  )
  const child = start('apache2', ['-X', '-f', join(folder, 'apache.conf')], folder)
  return running(child, port, tlsPort)
}

/** As `python3 -m http.server --protocol HTTP/1.1`, and the same over TLS, which it has a flag for from 3.14 on. */
const PYTHON = `
import http.server, ssl, sys, threading
http.server.SimpleHTTPRequestHandler.protocol_version = 'HTTP/1.1'
def serve(port):
    return http.server.ThreadingHTTPServer(('127.0.0.1', port), http.server.SimpleHTTPRequestHandler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain('../cert.pem', '../key.pem')
secure = serve(int(sys.argv[2]))
secure.socket = context.wrap_socket(secure.socket, server_side=True)
threading.Thread(target=secure.serve_forever, daemon=True).start()
serve(int(sys.argv[1])).serve_forever()
`

export async function python({ folder }: Site): Promise<WebServer> {
  const [port, tlsPort] = [await freePort(), await freePort()]
  const child = start('python3', ['-c', PYTHON, String(port), String(tlsPort)], join(folder, 'www'))
  return running(child, port, tlsPort)
}

function start(command: string, args: readonly string[], cwd: string): ChildProcess {
  const path = `${process.env['PATH'] ?? ''}:/usr/sbin`
  return spawn(command, args, { cwd, env: { ...process.env, PATH: path }, stdio: ['ignore', 'ignore', 'pipe'] })
}

async function running(child: ChildProcess, port: number, tlsPort: number): Promise<WebServer> {
  let said = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  let gone: string | null = null
  child.on('error', (error) => {
    gone = error.message
  })
  child.on('exit', (code) => {
    gone = `exit ${code}`
  })
  while (!(await accepts(port))) {
    if (gone !== null) throw new Error(`${child.spawnfile} did not start: ${gone}\n${said}`)
  }
  const stop = async () => {
    if (gone !== null) return
    child.kill()
    await once(child, 'exit')
  }
  return { port, tlsPort, stop }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const settle = (connected: boolean) => {
      socket.destroy()
      setTimeout(() => resolve(connected), connected ? 0 : 20)
    }
    socket.once('connect', () => settle(true)).once('error', () => settle(false))
  })
}

/** Servers of others cannot be told to take port 0 and say which it became. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (typeof address !== 'object' || address === null) throw new Error('no port')
  return address.port
}
