import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Namespace } from './namespace.js'

/** Where each server of the tree listens, on port 53. */
export const AT = {
  resolver: '127.0.0.1',
  root: '127.0.0.2',
  top: '127.0.0.3',
  leaf: '127.0.0.4',
  dead: '127.0.0.9',
} as const

const HEAD = '$TTL 300\n@ SOA ns h 1 7200 3600 1209600 30\n'

const ZONES = {
  root: `${HEAD}@ NS a.root.
a.root. A ${AT.root}
example. NS dead.example.
example. NS ns1.example.
dead.example. A ${AT.dead}
ns1.example. A ${AT.top}
other. NS ns.other.
ns.other. A ${AT.top}
2.0.192.in-addr.arpa. NS ns1.example.
8.b.d.0.1.0.0.2.ip6.arpa. NS dns.other.
`,
  // dns.other has no glue here: it must be found from the root. Nobody serves lame.example.
  'example.': `${HEAD}@ NS ns1
@ NS dead
dead A ${AT.dead}
ns1 A ${AT.top}
www A 192.0.2.10
sub NS dns.other.
lame NS ns1
alias CNAME www.sub
far CNAME www.other.
*.wild A 192.0.2.66
`,
  'other.': `${HEAD}@ NS ns
ns A ${AT.top}
dns A ${AT.leaf}
www A 192.0.2.20
`,
  // RFC 2317: half of the addresses are somebody else's.
  '2.0.192.in-addr.arpa.': `${HEAD}@ NS ns1.example.
1 CNAME 1.0-127
2 CNAME 2.0-127
0-127 NS dns.other.
200 PTR www.example.
`,
  'sub.example.': `${HEAD}@ NS dns.other.
www A 192.0.2.1
www AAAA 2001:db8::1
mail A 192.0.2.1
mail A 192.0.2.2
six AAAA 2001:db8::1
`,
  '0-127.2.0.192.in-addr.arpa.': `${HEAD}@ NS dns.other.
1 PTR www.sub.example.
1 PTR mail.sub.example.
1 PTR gone.sub.example.
2 PTR gone.sub.example.
`,
  '8.b.d.0.1.0.0.2.ip6.arpa.': `${HEAD}@ NS dns.other.
1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0 PTR six.sub.example.
`,
}

const TOP = ['example.', 'other.', '2.0.192.in-addr.arpa.'] as const
const LEAF = ['sub.example.', '0-127.2.0.192.in-addr.arpa.', '8.b.d.0.1.0.0.2.ip6.arpa.'] as const

/**
 * A DNS of its own in a network namespace: the root on BIND, top-level domains on NSD, the zones below on Knot, and
 * Unbound, which resolves through them, in resolv.conf.
 */
export class DnsTree {
  readonly namespace: Namespace
  readonly #directory = mkdtempSync(join(tmpdir(), 'netkit-tree-'))
  readonly #stops: (() => void)[] = []
  #log = ''

  private constructor() {
    this.namespace = new Namespace('dns')
  }

  static async grow(): Promise<DnsTree> {
    const tree = new DnsTree()
    try {
      await tree.#grow()
    } catch (error) {
      tree.fell()
      throw error
    }
    return tree
  }

  fell(): void {
    for (const stop of this.#stops) stop()
    this.namespace.remove()
    rmSync(this.#directory, { recursive: true, force: true })
  }

  async #grow(): Promise<void> {
    chmodSync(this.#directory, 0o755)
    // BIND listens only at addresses that an interface has.
    this.namespace.ip('address', 'add', `${AT.root}/8`, 'dev', 'lo')
    this.namespace.etc({
      'resolv.conf': `nameserver ${AT.resolver}\nsearch nowhere.example sub.example\noptions ndots:1 timeout:3\n`,
      hosts: '127.0.0.1 localhost\n192.0.2.99 listed.example listed other-name\n',
      'nsswitch.conf': 'hosts: files dns\n',
    })
    const file = (name: string, text: string) => {
      writeFileSync(join(this.#directory, name), text)
      return join(this.#directory, name)
    }
    const zone = (name: keyof typeof ZONES) => file(`${name}zone`, ZONES[name])
    for (const name of Object.keys(ZONES)) zone(name as keyof typeof ZONES)
    const named = `options { directory "${this.#directory}"; listen-on { ${AT.root}; }; listen-on-v6 { none; }; recursion no;
      pid-file none; session-keyfile none; lock-file none; dnssec-validation no; version "a-bind"; };
      controls { }; zone "." { type primary; file "${zone('root')}"; };`
    this.#start('named', ['-g', '-c', file('named.conf', named)])
    const nsd = `server:\n ip-address: ${AT.top}\n username: ""\n zonesdir: "${this.#directory}"\n pidfile: ""\n database: ""
 xfrdfile: "${this.#directory}/xfrd"\n xfrdir: "${this.#directory}"\n zonelistfile: "${this.#directory}/zones"\n identity: "an-nsd"
 nsid: "ascii_an-nsd"\nremote-control:\n control-enable: no\n${TOP.map((name) => `zone:\n name: ${name}\n zonefile: ${zone(name)}\n`).join('')}`
    this.#start('nsd', ['-d', '-c', file('nsd.conf', nsd)])
    mkdirSync(join(this.#directory, 'knot'))
    const knot = `server:\n    rundir: "${this.#directory}/knot"\n    listen: ${AT.leaf}@53\n    identity: a-knot\n    nsid: a-knot
database:\n    storage: "${this.#directory}/knot"\nzone:\n${LEAF.map((name) => `  - domain: ${name}\n    file: ${zone(name)}\n    journal-content: none\n`).join('')}`
    this.#start('knotd', ['-c', file('knot.conf', knot)])
    const hints = file('hints', `. 3600 NS a.root.\na.root. 3600 A ${AT.root}\n`)
    const unbound = `server:\n interface: ${AT.resolver}\n chroot: ""\n username: ""\n directory: "${this.#directory}"\n pidfile: ""
 use-syslog: no\n do-not-query-localhost: no\n root-hints: "${hints}"\n module-config: "iterator"\n do-ip6: no\n qname-minimisation: no
 local-zone: "2.0.192.in-addr.arpa." nodefault\n local-zone: "8.b.d.0.1.0.0.2.ip6.arpa." nodefault
 local-zone: "refused.example." refuse\nremote-control:\n control-enable: no\n`
    this.#start('unbound', ['-d', '-c', file('unbound.conf', unbound)])
    await Promise.all([
      this.#answers(AT.root, '.'),
      this.#answers(AT.top, 'example.'),
      this.#answers(AT.leaf, 'sub.example.'),
      this.#answers(AT.resolver, 'www.example.'),
    ])
  }

  #start(program: string, args: readonly string[]): void {
    const path = execFileSync('sh', ['-c', `PATH=$PATH:/usr/sbin command -v ${program}`], { encoding: 'utf8' }).trim()
    const child = this.namespace.spawn(path, args)
    const listen = (bytes: Buffer) => {
      this.#log += bytes.toString()
    }
    child.stdout.on('data', listen)
    child.stderr.on('data', listen)
    this.#stops.push(() => child.kill('SIGKILL'))
  }

  /** Until a server answers, or has not for too long. */
  async #answers(address: string, name: string): Promise<void> {
    const until = performance.now() + 20_000
    for (;;) {
      const { code, stdout } = await this.namespace.start('dig', [`@${address}`, '+time=1', '+tries=1', name, 'SOA'])
      if (code === 0 && stdout.includes('NOERROR')) return
      if (performance.now() > until)
        throw new Error(`the server at ${address} does not answer:\n${stdout}\n${this.#log}`)
    }
  }
}
