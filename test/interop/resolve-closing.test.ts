import { execFileSync } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CLASS, decodeMessage, QueryWriter, TYPE } from '../../src/protocol/dns/index.js'
import { BIN, jsonLines } from '../helpers/cli.js'
import { Daemons } from '../helpers/daemons.js'
import { a, messageFor } from '../helpers/dns-server.js'
import { Namespace } from '../helpers/namespace.js'

/** `NETKIT_NAMES=100000` asks for so many. */
const COUNT = Number(process.env['NETKIT_NAMES'] ?? 300)
const NAMES = Array.from({ length: COUNT }, (_, i) => `n${i}.closing.example`)
/** dig asks for one after the other, and all of them answer it. */
const DIG_COUNT = Math.min(COUNT, 1000)
const PATIENCE_MS = 60_000 + 10 * COUNT

/** NSD closes a connection after so many questions, dnsmasq after 100 (its TCP_MAX_QUERIES), nginx after 1,000. */
const NSD = { one: '127.0.0.1', two: '127.0.0.2', fifty: '127.0.0.3' }
const DNSMASQ = '127.0.0.4'
const KNOT = '127.0.0.5'
const UNBOUND = '127.0.0.6'
const BIND = '127.0.0.7'
const DNSDIST = '127.0.0.8'
const NGINX = { http2: '127.0.0.9', http1: '127.0.0.10' }
const NGHTTPD = '127.0.0.11'

const servers: readonly (readonly [program: string, server: string, dig: readonly string[]])[] = [
  ['NSD, one question a connection', `tcp://${NSD.one}`, [`@${NSD.one}`, '+tcp']],
  ['NSD, two', `tcp://${NSD.two}`, [`@${NSD.two}`, '+tcp']],
  ['NSD, fifty', `tcp://${NSD.fifty}`, [`@${NSD.fifty}`, '+tcp']],
  ['dnsmasq', `tcp://${DNSMASQ}`, [`@${DNSMASQ}`, '+tcp']],
  ['Knot', `tcp://${KNOT}`, [`@${KNOT}`, '+tcp']],
  ...[
    ['Unbound', UNBOUND],
    ['BIND', BIND],
    ['dnsdist', DNSDIST],
  ].flatMap(([program, at]) => [
    [`${program} over TCP`, `tcp://${at}`, [`@${at}`, '+tcp']] as const,
    [`${program} over TLS`, `tls://${at}`, [`@${at}`, '+tls']] as const,
    [`${program} over HTTPS`, `https://${at}/dns-query`, [`@${at}`, '+https']] as const,
  ]),
  ['nginx before it, HTTP/2', `https://${NGINX.http2}/dns-query`, [`@${NGINX.http2}`, '+https']],
]

let namespace: Namespace
let daemons: Daemons
let list = ''
let digList = ''

beforeAll(async () => {
  namespace = new Namespace('closing')
  daemons = new Daemons(namespace)
  // BIND listens at the addresses of interfaces alone.
  namespace.ip('address', 'add', `${BIND}/8`, 'dev', 'lo')
  const { directory } = daemons
  const zone = daemons.file('zone', '$TTL 60\n@ SOA ns h 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\n* A 192.0.2.1\n')
  list = daemons.file('names', NAMES.map((name) => `${name}\n`).join(''))
  digList = daemons.file(
    'names-of-dig',
    NAMES.slice(0, DIG_COUNT)
      .map((name) => `${name}\n`)
      .join(''),
  )
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', `${directory}/key`]
  const request = ['req', '-x509', ...key, '-out', `${directory}/cert`, '-days', '2', '-subj', '/CN=closing.example']
  execFileSync('openssl', request, { stdio: 'pipe' })
  for (const [name, most] of Object.entries({ one: 1, two: 2, fifty: 50 })) {
    const config = `server:
  server-count: 1
  rrl-ratelimit: 0
  tcp-query-count: ${most}
  ip-address: ${NSD[name as keyof typeof NSD]}
  username: ""
  chroot: ""
  zonesdir: "${directory}"
  database: ""
  pidfile: "${directory}/${name}.pid"
  xfrdfile: ""
  xfrdir: "${directory}"
  zonelistfile: "${directory}/${name}.list"
remote-control:
  control-enable: no
zone:
  name: closing.example
  zonefile: ${zone}
`
    daemons.start('nsd', ['-d', '-c', daemons.file(`${name}.conf`, config)])
  }
  const plain = ['--keep-in-foreground', '--conf-file=/dev/null', '--no-resolv', '--no-hosts', '--user=', '--pid-file=']
  const serves = ['--local=/closing.example/', '--address=/closing.example/192.0.2.1', '--bind-interfaces']
  daemons.start('dnsmasq', [...plain, ...serves, `--listen-address=${DNSMASQ}`])
  const knot = `server:
  rundir: "${directory}/knot"
  listen: ${KNOT}@53
database:
  storage: "${directory}/knot"
zone:
  - domain: closing.example
    storage: "${directory}"
    file: "zone"
    zonefile-sync: -1
    journal-content: none
`
  execFileSync('mkdir', ['-p', `${directory}/knot`])
  daemons.start('knotd', ['-c', daemons.file('knot.conf', knot)])
  const unbound = `server:
  interface: ${UNBOUND}@53
  interface: ${UNBOUND}@853
  interface: ${UNBOUND}@443
  tls-service-key: "${directory}/key"
  tls-service-pem: "${directory}/cert"
  chroot: ""
  username: ""
  directory: "${directory}"
  pidfile: ""
  use-syslog: no
  local-zone: "closing.example." redirect
  local-data: "closing.example. 60 IN A 192.0.2.1"
  local-data: "closing.example. 60 IN SOA ns.closing.example. h.closing.example. 1 2 3 4 5"
remote-control:
  control-enable: no
`
  daemons.start('unbound', ['-d', '-c', daemons.file('unbound.conf', unbound)])
  const bind = `tls own { key-file "${directory}/key"; cert-file "${directory}/cert"; };
options { directory "${directory}"; listen-on-v6 { none; }; recursion no; dnssec-validation no; pid-file none;
  session-keyfile none; lock-file none; listen-on { ${BIND}; }; listen-on port 853 tls own { ${BIND}; };
  listen-on port 443 tls own http default { ${BIND}; }; };
controls { };
zone "closing.example" { type primary; file "zone"; };
`
  daemons.start('named', ['-g', '-c', daemons.file('named.conf', bind)])
  const dnsdist = `setLocal("${DNSDIST}:53")
addTLSLocal("${DNSDIST}:853", "${directory}/cert", "${directory}/key")
addDOHLocal("${DNSDIST}:443", "${directory}/cert", "${directory}/key", "/dns-query")
addDOHLocal("${DNSDIST}:8053", nil, nil, "/dns-query")
setACL({"127.0.0.0/8"})
setSecurityPollSuffix("")
newServer("${BIND}:53"):setUp()
`
  daemons.start('dnsdist', ['--supervised', '--disable-syslog', '-C', daemons.file('dnsdist.conf', dnsdist)])
  const nginx = `daemon off; master_process off; error_log stderr; pid "${directory}/nginx.pid"; worker_processes 1;
events { worker_connections 4096; }
http {
  access_log off; client_body_temp_path "${directory}/b"; proxy_temp_path "${directory}/p"; fastcgi_temp_path "${directory}/f";
  uwsgi_temp_path "${directory}/u"; scgi_temp_path "${directory}/s";
  ssl_certificate "${directory}/cert"; ssl_certificate_key "${directory}/key";
  upstream resolver { server ${DNSDIST}:8053; keepalive 8; }
  server { listen ${NGINX.http2}:443 ssl http2; include "${directory}/locations"; }
  server { listen ${NGINX.http1}:443 ssl; include "${directory}/locations"; }
}
`
  daemons.file(
    'locations',
    'location / { proxy_pass http://resolver; proxy_http_version 1.1; proxy_set_header Connection ""; }\n',
  )
  daemons.start('nginx', ['-c', daemons.file('nginx.conf', nginx)])
  serveOneAnswer()
  for (const address of [...Object.values(NSD), DNSMASQ, KNOT, UNBOUND, BIND, DNSDIST])
    await daemons.answers(address, 'closing.example')
}, 60_000)
afterAll(() => {
  daemons?.stop()
  namespace?.remove()
})

/** nghttpd has files: the one answer to the one question. */
function serveOneAnswer(): void {
  const { directory } = daemons
  const form = { type: TYPE.A, class: CLASS.IN, recursionDesired: true, checkingDisabled: false, edns: null }
  const bytes = new Uint8Array(512)
  const query = decodeMessage(bytes.subarray(0, new QueryWriter(form).write(0, NAME, bytes, 0)))
  if (!query) throw new Error('no query')
  execFileSync('mkdir', ['-p', `${directory}/files`])
  const answer = messageFor({ query }, { answers: [a(NAME, '192.0.2.1')] })
  execFileSync('tee', [`${directory}/files/answer.dns`], { input: answer, stdio: ['pipe', 'ignore', 'inherit'] })
  const types = daemons.file('types', 'application/dns-message dns\n')
  const options = ['-a', NGHTTPD, '-d', `${directory}/files`, `--mime-types-file=${types}`]
  daemons.start('nghttpd', [...options, '443', `${directory}/key`, `${directory}/cert`])
}
const NAME = 'one.closing.example.'

async function resolve(names: string, server: string) {
  const tls = server.startsWith('tcp') ? [] : ['--insecure']
  const args = ['resolve', '--names', names, '-t', 'A', '--server', server, '--retries', '0', '--json', ...tls]
  const { code, stdout } = await namespace.start(process.execPath, [BIN, ...args])
  const lines = jsonLines(stdout)
  return {
    code,
    values: lines.filter(({ type }) => type === 'answer').map(({ value }) => value),
    unresolved: lines.filter(({ type }) => type === 'unresolved').map(({ name, message }) => `${name}: ${message}`),
  }
}

const ALL = { code: 0, values: NAMES.map(() => '192.0.2.1'), unresolved: [] }

describe.each(servers)('%s', (_, server, dig) => {
  it(
    'resolves every name that dig resolves, at the first try',
    async () => {
      const { stdout: dug } = await namespace.start('dig', [...dig, '+short', '-f', digList])
      expect(dug.match(/^192\.0\.2\.1$/gm)).toHaveLength(DIG_COUNT)
      expect(await resolve(list, server)).toEqual(ALL)
    },
    PATIENCE_MS,
  )
})

// dig speaks HTTP/2 alone.
it(
  'nginx without HTTP/2: every name is resolved at the first try',
  async () => expect(await resolve(list, `https://${NGINX.http1}/dns-query`)).toEqual(ALL),
  PATIENCE_MS,
)

it(
  'nghttpd: every question is answered at the first try',
  async () => {
    const same = daemons.file('same', `${NAME}\n`.repeat(COUNT))
    expect(await resolve(same, `https://${NGHTTPD}/answer.dns`)).toEqual(ALL)
  },
  PATIENCE_MS,
)
