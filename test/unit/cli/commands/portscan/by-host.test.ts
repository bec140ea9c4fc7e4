import { expect, it } from 'vitest'
import { PortsByHost } from '../../../../../src/cli/commands/portscan/by-host.js'
import type { PortEvent } from '../../../../../src/operations/portscan/index.js'

function event(port: number, state: PortEvent['state'], code: string | null, address = '192.0.2.1'): PortEvent {
  const known = { type: 'port', target: address, address, port, state, code, errno: null, origin: null } as const
  return {
    ...known,
    rttMs: null,
    tries: 1,
    service: port === 22 ? 'ssh' : null,
    banner: null,
    bannerBase64: null,
    tls: null,
  }
}

it('lists what is open or few, by port, and counts what is many, by code', () => {
  const hosts = new PortsByHost()
  for (let port = 1000; port > 900; port--)
    hosts.add(event(port, 'filtered', port % 2 === 0 ? 'EAGAIN' : 'EHOSTUNREACH'))
  hosts.add(event(80, 'closed', 'ECONNREFUSED'))
  hosts.add(event(22, 'open', null))
  hosts.add(event(22, 'closed', 'ECONNREFUSED', '192.0.2.2'))
  const { listed, ignored } = hosts.take('192.0.2.1', '192.0.2.1')
  expect(listed.map(({ port, state, service }) => [port, state, service])).toEqual([
    [22, 'open', 'ssh'],
    [80, 'closed', 'http'],
  ])
  const codes = new Map([
    ['EAGAIN', 50],
    ['EHOSTUNREACH', 50],
  ])
  expect(ignored).toEqual([{ state: 'filtered', count: 100, codes }])
  expect(hosts.take('192.0.2.1', '192.0.2.1')).toEqual({ listed: [], ignored: [] })
  expect(hosts.take('192.0.2.2', '192.0.2.2').listed).toHaveLength(1)
})

it.each([
  [25, 25, 0],
  [26, 0, 26],
])('of %i closed ports it lists %i and counts %i', (count, listed, counted) => {
  const hosts = new PortsByHost()
  for (let port = 1; port <= count; port++) hosts.add(event(port, 'closed', 'ECONNREFUSED'))
  const taken = hosts.take('192.0.2.1', '192.0.2.1')
  expect(taken.listed).toHaveLength(listed)
  expect(taken.ignored.reduce((sum, each) => sum + each.count, 0)).toBe(counted)
})
