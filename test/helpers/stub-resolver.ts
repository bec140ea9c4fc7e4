import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { Daemons } from './daemons.js'
import { Namespace } from './namespace.js'

export const STUB = {
  address: '127.0.0.53',
  authority: '127.0.0.2',
  other: '127.0.0.3',
  linkLocal: 'fe80::53',
} as const

const HEAD = '$TTL 300\n@ SOA ns h 1 7200 3600 1209600 30\n@ NS ns\nns A 127.0.0.2\n'
const CORP = `${HEAD}www A 192.0.2.10
www AAAA 2001:db8::10
multi A 192.0.2.1
multi A 192.0.2.2
mail A 192.0.2.11
`
/** The same zone at another server: other data, another order, another TTL. */
const CORP_ELSEWHERE = `${HEAD}www A 192.0.2.20
www AAAA 2001:db8::10
multi A 192.0.2.2
multi A 192.0.2.1
mail 60 A 192.0.2.11
`

/** Zones whose signatures are right, or wrong in the way that they are called. */
const SIGNED = ['good.test', 'expired.test', 'tampered.test', 'unproved.test'] as const

/**
 * A machine as systemd-resolved sets it up: a validating resolver (Unbound) at 127.0.0.53, with resolv.conf to match. It
 * is reached over TLS and HTTPS too, at a link-local address of the interface `one`. Behind it BIND has the zones; a second
 * BIND has one of them in another version, and answers for all names that do not exist.
 */
export class StubResolver {
  readonly namespace = new Namespace('stub')
  /** PEM of the certificate for dns.example. */
  ca = ''
  readonly #daemons = new Daemons(this.namespace)

  static async start(): Promise<StubResolver> {
    const stub = new StubResolver()
    try {
      await stub.#start()
    } catch (error) {
      stub.stop()
      throw error
    }
    return stub
  }

  stop(): void {
    this.#daemons.stop()
    this.namespace.remove()
  }

  /** Writes a file that those inside can read; returns its path. */
  file(name: string, text: string): string {
    return this.#daemons.file(name, text)
  }

  async #start(): Promise<void> {
    const { namespace } = this
    for (const address of [STUB.authority, STUB.other]) namespace.ip('address', 'add', `${address}/8`, 'dev', 'lo')
    namespace.ip('link', 'add', 'one', 'type', 'veth', 'peer', 'two')
    for (const name of ['one', 'two']) {
      namespace.ip('link', 'set', name, 'addrgenmode', 'none')
      namespace.ip('link', 'set', name, 'up')
    }
    namespace.ip('address', 'add', `${STUB.linkLocal}/64`, 'dev', 'one', 'nodad')
    namespace.etc({
      'resolv.conf': `nameserver ${STUB.address}\noptions edns0 trust-ad ndots:2\nsearch corp.example other.example\n`,
      hosts: '127.0.0.1 localhost\n192.0.2.77 main.example second third.example\n2001:db8::77 six.example six\n',
      'nsswitch.conf': 'hosts: files dns\n',
    })
    this.#sign()
    this.#makeCertificate()
    this.#serve()
    await this.#daemons.answers(STUB.authority, 'corp.example')
    await this.#daemons.answers(STUB.other, 'corp.example')
    await this.#daemons.answers(STUB.address, 'corp.example')
  }

  #inside(program: string, ...args: readonly string[]): void {
    execFileSync(program, args, { cwd: this.#daemons.directory, stdio: 'pipe' })
  }

  #sign(): void {
    const { directory } = this.#daemons
    for (const zone of SIGNED) {
      this.file(zone, `${HEAD}www A 192.0.2.40\n`)
      this.#inside('dnssec-keygen', '-q', '-a', 'ED25519', '-f', 'KSK', zone)
      this.#inside('dnssec-keygen', '-q', '-a', 'ED25519', zone)
      const past = zone === 'expired.test' ? ['-s', '20200101000000', '-e', '20200201000000'] : []
      this.#inside('dnssec-signzone', '-q', '-S', '-P', '-O', 'full', ...past, '-o', zone, '-f', `${zone}.signed`, zone)
      const signed = readFileSync(`${directory}/${zone}.signed`, 'utf8')
      if (zone === 'tampered.test') this.file(`${zone}.signed`, signed.replace('192.0.2.40', '192.0.2.41'))
      if (zone === 'unproved.test') this.file(`${zone}.signed`, signed.replace(/^.*\bNSEC\b.*\n/gm, ''))
      this.#inside('sh', '-c', `cat K${zone}.*.key | grep 'DNSKEY 257' > ${zone}.anchor`)
    }
  }

  #makeCertificate(): void {
    const subject = ['-subj', '/CN=dns.example', '-addext', 'subjectAltName=DNS:dns.example']
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', 'key']
    this.#inside('openssl', 'req', '-x509', ...key, '-out', 'cert', '-days', '2', ...subject)
    this.ca = readFileSync(`${this.#daemons.directory}/cert`, 'utf8')
  }

  #serve(): void {
    const { directory } = this.#daemons
    const options = `directory "${directory}"; listen-on-v6 { none; }; recursion no; dnssec-validation no; pid-file none;
      session-keyfile none; lock-file none;`
    const signed = SIGNED.map((zone) => `zone "${zone}" { type primary; file "${zone}.signed"; };`).join('\n')
    this.file('corp', CORP)
    this.file('elsewhere', CORP_ELSEWHERE)
    this.file('hijack', `${HEAD}* A 203.0.113.80\n* AAAA 2001:db8::80\n`)
    const authority = this.file(
      'authority.conf',
      `options { ${options} listen-on { ${STUB.authority}; }; }; controls { };
      zone "corp.example" { type primary; file "corp"; };\n${signed}`,
    )
    const other = this.file(
      'other.conf',
      `options { ${options} listen-on { ${STUB.other}; }; }; controls { };
      zone "corp.example" { type primary; file "elsewhere"; }; zone "." { type primary; file "hijack"; };`,
    )
    const stubZones = ['corp.example', ...SIGNED].map(
      (zone) => `stub-zone:\n name: ${zone}\n stub-addr: ${STUB.authority}\n`,
    )
    // As RFC 8375's and 6761's names are: none of these is asked for outside.
    const unbound = this.file(
      'unbound.conf',
      `server:\n interface: ${STUB.address}\n interface: ${STUB.linkLocal}%one@53\n interface: ${STUB.linkLocal}%one@853
 interface: ${STUB.linkLocal}%one@443\n tls-service-key: "${directory}/key"\n tls-service-pem: "${directory}/cert"
 access-control: fe80::/10 allow\n chroot: ""\n username: ""\n directory: "${directory}"\n pidfile: ""\n use-syslog: no
 do-not-query-localhost: no\n module-config: "validator iterator"\n ede: yes\n do-ip6: yes\n do-udp: yes\n val-log-level: 2
 local-zone: "test." nodefault\n domain-insecure: "example."\n local-zone: "blocked.example." always_nxdomain
 local-zone: "refused.example." always_refuse\n local-zone: "other.example." static
${SIGNED.map((zone) => ` trust-anchor-file: "${directory}/${zone}.anchor"\n`).join('')}remote-control:\n control-enable: no
${stubZones.join('')}`,
    )
    this.#daemons.start('named', ['-g', '-c', authority])
    this.#daemons.start('named', ['-g', '-c', other])
    this.#daemons.start('unbound', ['-d', '-c', unbound])
  }
}
