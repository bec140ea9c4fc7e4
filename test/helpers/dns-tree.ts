import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { Daemons } from './daemons.js'
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
six. NS ns.six.
ns.six. AAAA ::1
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
  readonly #daemons: Daemons

  private constructor() {
    this.namespace = new Namespace('dns')
    this.#daemons = new Daemons(this.namespace)
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
    this.#daemons.stop()
    this.namespace.remove()
  }

  async #grow(): Promise<void> {
    const daemons = this.#daemons
    const { directory } = daemons
    // BIND listens only at addresses that an interface has.
    this.namespace.ip('address', 'add', `${AT.root}/8`, 'dev', 'lo')
    this.namespace.etc({
      'resolv.conf': `nameserver ${AT.resolver}\nsearch nowhere.example sub.example\noptions ndots:1 timeout:3\n`,
      hosts: '127.0.0.1 localhost\n192.0.2.99 listed.example listed other-name\n',
      'nsswitch.conf': 'hosts: files dns\n',
    })
    const file = (name: string, text: string) => daemons.file(name, text)
    const zone = (name: keyof typeof ZONES) => file(`${name}zone`, ZONES[name])
    for (const name of Object.keys(ZONES)) zone(name as keyof typeof ZONES)
    const named = `options { directory "${directory}"; listen-on { ${AT.root}; }; listen-on-v6 { none; }; recursion no;
      pid-file none; session-keyfile none; lock-file none; dnssec-validation no; version "a-bind"; };
      controls { }; zone "." { type primary; file "${zone('root')}"; };`
    daemons.start('named', ['-g', '-c', file('named.conf', named)])
    const nsd = `server:\n ip-address: ${AT.top}\n username: ""\n zonesdir: "${directory}"\n pidfile: ""\n database: ""
 xfrdfile: "${directory}/xfrd"\n xfrdir: "${directory}"\n zonelistfile: "${directory}/zones"\n identity: "an-nsd"
 nsid: "ascii_an-nsd"\nremote-control:\n control-enable: no\n${TOP.map((name) => `zone:\n name: ${name}\n zonefile: ${zone(name)}\n`).join('')}`
    daemons.start('nsd', ['-d', '-c', file('nsd.conf', nsd)])
    mkdirSync(join(directory, 'knot'))
    const knot = `server:\n    rundir: "${directory}/knot"\n    listen: ${AT.leaf}@53\n    identity: a-knot\n    nsid: a-knot\n    edns-client-subnet: on
database:\n    storage: "${directory}/knot"\nzone:\n${LEAF.map((name) => `  - domain: ${name}\n    file: ${zone(name)}\n    journal-content: none\n`).join('')}`
    daemons.start('knotd', ['-c', file('knot.conf', knot)])
    const hints = file('hints', `. 3600 NS a.root.\na.root. 3600 A ${AT.root}\n`)
    const unbound = `server:\n interface: ${AT.resolver}\n chroot: ""\n username: ""\n directory: "${directory}"\n pidfile: ""
 use-syslog: no\n do-not-query-localhost: no\n root-hints: "${hints}"\n module-config: "iterator"\n do-ip6: no\n qname-minimisation: no
 local-zone: "2.0.192.in-addr.arpa." nodefault\n local-zone: "8.b.d.0.1.0.0.2.ip6.arpa." nodefault
 local-zone: "refused.example." refuse\nremote-control:\n control-enable: no\n`
    daemons.start('unbound', ['-d', '-c', file('unbound.conf', unbound)])
    await Promise.all([
      daemons.answers(AT.root, '.'),
      daemons.answers(AT.top, 'example.'),
      daemons.answers(AT.leaf, 'sub.example.'),
      daemons.answers(AT.resolver, 'www.example.'),
    ])
  }
}
