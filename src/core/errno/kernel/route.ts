import { hint } from '../../hint.js'
import { type CodeEntry, errno } from '../entry.js'

/** What the network and the local addresses say: routes, links, firewalls, names of this machine's ends. */
export const routeCodes = (): readonly CodeEntry[] => [
  errno('EHOSTUNREACH', [113, 65, 10065], ['connect', 'accept', 'send', 'recv'], {
    meaning: 'no way to that host: a router, or this machine, said that it cannot be reached',
    causes: [
      'the host is down and does not answer ARP or neighbour discovery',
      'a route or firewall rejects as host unreachable',
      'the wrong subnet or a missing VPN',
    ],
    hint: 'check that the host is up and in the expected subnet, then who sends the ICMP answer',
  }),
  errno('ENETUNREACH', [101, 51, 10051], ['connect', 'accept', 'send', 'recv'], {
    meaning: 'this machine, or a router, has no route to that network',
    causes: ['no default route', 'an IPv6 address on a machine without IPv6', 'a VPN or interface is down'],
    ...hint(
      'look at the routing table (ip route get ADDRESS); if only one family has a way out, ask for that one',
      'one-family',
    ),
  }),
  errno('ENETDOWN', [100, 50, 10050], ['connect', 'accept', 'bind', 'send', 'recv', 'socket'], {
    meaning: 'the interface that leads there is down',
    causes: ['cable or Wi-Fi lost', 'the interface was taken down', 'the network stack failed'],
    hint: 'bring the interface up (ip link, ifconfig) and look at the cable or the Wi-Fi',
  }),
  errno('EHOSTDOWN', [112, 64, 10064], ['connect', 'accept', 'send'], {
    meaning: 'the host does not answer on its own network',
    causes: [
      'the host is off',
      'its address moved or is wrong',
      'nobody answers ARP for it',
      'a router answered ICMP host unknown',
    ],
    hint: 'check that the host is on and that its address is right (arp -n, ip neigh)',
  }),
  errno('ENONET', [64, null, null], ['connect', 'accept', 'send', 'recv'], {
    meaning: 'a router said that the host is cut off from the network',
    causes: ['an ICMP host isolated answer', 'the machine is not on any network'],
    hint: 'ask who runs the router that answered; rare, and mostly a setting there',
  }),
  errno('EACCES', [13, 13, 10013], ['connect', 'bind', 'socket', 'send', 'open', 'unlink', 'rename'], {
    meaning: 'permission denied: for this port, address, route or path',
    causes: [
      'a port below 1024 without privilege',
      'a prohibit route or an ICMP answer that forbids it',
      'a broadcast address without SO_BROADCAST',
      'rights on a file, a Unix socket or its folder; a Windows port reservation or exclusive bind',
    ],
    hint: 'when binding, use a port from 1024 up or grant the privilege; when connecting, look for a rule or right that forbids it',
  }),
  errno('EPERM', [1, 1, 1], ['connect', 'accept', 'bind', 'socket', 'send', 'open', 'unlink'], {
    meaning: 'the system does not allow this, whatever the rights of the file are',
    causes: [
      'a local firewall rule drops what this machine sends',
      'a sandbox, container or SELinux policy',
      'a raw socket without privilege',
    ],
    hint: 'look at the OUTPUT rules of the local firewall and at the sandbox or container policy',
  }),
  errno('EADDRINUSE', [98, 48, 10048], ['bind', 'listen', 'connect'], {
    meaning: 'that local address and port are taken',
    causes: [
      'another process listens there',
      'an old connection of that pair is still in TIME_WAIT',
      'a Unix socket file was left behind',
    ],
    hint: 'find the owner (ss -ltnp, lsof -i, netstat -ano), stop it, or choose another port',
  }),
  errno('EADDRNOTAVAIL', [99, 49, 10049], ['bind', 'connect', 'send'], {
    meaning: 'that local address does not belong to this machine, or no local port is left for this peer',
    causes: [
      'a source address of another machine',
      'an address not up yet, or gone with its interface',
      'all ephemeral ports to that peer are in use',
      'port 0 as the target on macOS and Windows',
    ],
    ...hint('count connections in TIME_WAIT, and compare the address with those of this machine', 'local'),
  }),
  errno('EMSGSIZE', [90, 40, 10040], ['send', 'recv', 'connect'], {
    meaning: 'the message is too large to be sent or received in one piece',
    causes: ['a datagram above the limit of its protocol', 'above the path MTU', 'a receive buffer that is too small'],
    hint: 'send smaller datagrams, or use TCP; on a VPN look at the MTU',
  }),
  errno('EQFULL', [null, 106, null], ['send'], {
    meaning: 'the output queue of the interface is full',
    causes: ['more is sent than the link takes', 'a link that is going down'],
    hint: 'send slower, and look at the link',
  }),
]
