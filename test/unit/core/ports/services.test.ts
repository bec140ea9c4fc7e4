import { describe, expect, test } from 'vitest'
import { serviceRegistry } from '../../../../src/core/ports/service-registry.js'
import { serviceName, servicePorts } from '../../../../src/core/ports/services.js'

const lines = serviceRegistry().trim().split('\n')

describe('the registry', () => {
  test('is whole, ascending and of one form', () => {
    expect(lines.length).toBeGreaterThan(6000)
    let before = 0
    for (const line of lines) {
      expect(line).toMatch(/^\d+( [0-9A-Za-z-]+(\/[tu])?)+$/)
      const port = Number.parseInt(line, 10)
      expect(port).toBeGreaterThan(before)
      before = port
    }
    expect(before).toBeLessThanOrEqual(65535)
  })
})

describe('serviceName', () => {
  test.each([
    [1, 'tcp', 'tcpmux'],
    [22, 'tcp', 'ssh'],
    [53, 'udp', 'domain'],
    [80, 'tcp', 'http'],
    [443, 'tcp', 'https'],
    [465, 'tcp', 'submissions'],
    [465, 'udp', 'igmpv3lite'],
    [514, 'tcp', 'shell'],
    [514, 'udp', 'syslog'],
    [2049, 'tcp', 'nfs'],
    [5432, 'tcp', 'postgresql'],
    [6063, 'tcp', 'x11'],
    [6379, 'tcp', 'redis'],
    [6379, 'udp', null],
    [8080, 'tcp', 'http-alt'],
    [9042, 'tcp', 'cassandra'],
    [9042, 'udp', null],
    [11211, 'tcp', 'memcache'],
    [27017, 'tcp', 'mongodb'],
    [50051, 'tcp', 'grpc'],
    [0, 'tcp', null],
    [4, 'tcp', null],
    [65535, 'tcp', null],
    [99999, 'tcp', null],
  ] as const)('%i/%s is %s', (port, protocol, name) => {
    expect(serviceName(port, protocol)).toBe(name)
  })

  test('finds what a walk through the registry finds, on every port', () => {
    for (const protocol of ['tcp', 'udp'] as const) {
      const walked = new Map<number, string>()
      for (const line of lines) {
        const [port, ...names] = line.split(' ')
        const name = names.find((one) => !one.includes('/') || one.endsWith(`/${protocol.charAt(0)}`))
        if (name !== undefined) walked.set(Number(port), name.replace(/\/.$/, ''))
      }
      for (const [port, name] of walked) expect(serviceName(port, protocol)).toBe(name)
    }
  })
})

describe('servicePorts', () => {
  test.each([
    ['http', 'tcp', [80]],
    ['HTTP', 'tcp', [80]],
    ['www', 'tcp', [80]],
    ['http-alt', 'tcp', [591, 8008, 8080]],
    ['tcpmux', 'tcp', [1]],
    ['inspider', 'tcp', [49150]],
    ['syslog', 'udp', [514]],
    ['syslog', 'tcp', []],
    ['xmlipcregsvc', 'tcp', [9092]],
    ['kafka', 'tcp', [9092]],
    ['elasticsearch', 'tcp', [9200]],
    ['memcached', 'tcp', [11211]],
    ['rdp', 'tcp', [3389]],
    ['http-', 'tcp', []],
    ['ttp', 'tcp', []],
    ['80', 'tcp', []],
    ['.*', 'tcp', []],
    ['', 'tcp', []],
  ] as const)('%s/%s', (name, protocol, ports) => {
    expect(servicePorts(name, protocol)).toEqual(ports)
  })
})
