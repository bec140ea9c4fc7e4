import { serviceRegistry } from './service-registry.js'

/**
 * Names in daily use that IANA's registry lacks, or knows by another name, in the same form as the registry.
 * IANA's own name for a port comes first. Sorted by port, as the registry is.
 */
const DE_FACTO = `
53 dns
111 rpcbind
445 smb/t
1433 mssql/t
1521 oracle/t
2181 zookeeper/t
3128 squid/t
3389 rdp
4222 nats/t
5432 postgres/t
5900 vnc/t
5985 winrm/t
6443 kubernetes/t
8086 influxdb/t
8123 clickhouse/t
8200 vault/t
8500 consul/t
9042 cassandra/t
9090 prometheus/t
9092 kafka/t
9200 elasticsearch/t
10250 kubelet/t
11211 memcached
15672 rabbitmq-management/t
25565 minecraft/t
27017 mongo/t
50051 grpc/t
`

export type ServiceProtocol = 'tcp' | 'udp'

/** IANA's name for the service on a port, a name in common use where IANA has none, or null. */
export function serviceName(port: number, protocol: ServiceProtocol): string | null {
  return nameIn(serviceRegistry(), port, protocol) ?? nameIn(DE_FACTO, port, protocol)
}

/** The ports of a service by any of its names, ascending; case is ignored (RFC 6335 section 5.1). Empty for an unknown name. */
export function servicePorts(name: string, protocol: ServiceProtocol): number[] {
  if (!/^[0-9a-z-]+$/i.test(name)) return []
  const ports = [...portsIn(serviceRegistry(), name, protocol), ...portsIn(DE_FACTO, name, protocol)]
  return [...new Set(ports)].sort((a, b) => a - b)
}

/** A binary search in the text itself: nothing has to be parsed before the first answer. */
function nameIn(registry: string, port: number, protocol: ServiceProtocol): string | null {
  let low = 0
  let high = registry.length - 1
  // The line that holds the middle begins after the newline before it; low and high stay on newlines.
  while (low < high) {
    const start = registry.lastIndexOf('\n', (low + high - 1) >> 1)
    const end = registry.indexOf('\n', start + 1)
    const found = Number.parseInt(registry.slice(start + 1, end), 10)
    if (found === port) return nameOn(registry.slice(start + 1, end), protocol)
    if (found < port) low = end
    else high = start
  }
  return null
}

function nameOn(line: string, protocol: ServiceProtocol): string | null {
  for (const marked of line.split(' ').slice(1)) {
    const [name = '', only] = marked.split('/')
    if (only === undefined || only === protocol.charAt(0)) return name
  }
  return null
}

function* portsIn(registry: string, name: string, protocol: ServiceProtocol): Generator<number> {
  for (const [, port] of registry.matchAll(
    new RegExp(`^(\\d+) (?:.* )?${name}(?:/${protocol.charAt(0)})?(?: |$)`, 'gim'),
  )) {
    yield Number(port)
  }
}
