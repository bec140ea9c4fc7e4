import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { describe, expect, it } from 'vitest'
import { jsonLines, netkit } from '../helpers/cli.js'
import { expectValidLines } from '../helpers/schema.js'

const LINUX = process.platform === 'linux'

describe('local', () => {
  it('tells names, interfaces, resolvers and limits, each as the system has it', async () => {
    const { code, stdout } = await netkit(['local', '--json', '--timeout', '2s'])
    const lines = jsonLines(stdout)
    expectValidLines('local', lines)
    const of = (type: string) => lines.filter((line) => line.type === type)
    expect(of('host')[0]).toMatchObject({ hostName: hostname() })
    expect(of('interface')).toContainEqual(
      expect.objectContaining({ address: '127.0.0.1', netmask: '255.0.0.0', prefixLength: 8, internal: true }),
    )
    if (LINUX) {
      const [first, last] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8')
        .trim()
        .split(/\s+/)
        .map(Number)
      const backlogMax = Number(readFileSync('/proc/sys/net/core/somaxconn', 'utf8'))
      expect(of('settings')[0]).toMatchObject({ ephemeralPortFirst: first, ephemeralPortLast: last, backlogMax })
      expect(of('interface')).toContainEqual(
        expect.objectContaining({ name: 'lo', mtuBytes: Number(readFileSync('/sys/class/net/lo/mtu', 'utf8')) }),
      )
    }
    expect(code).toBe(0)
  })

  it('tells the source address toward a host, by name and by address', async () => {
    const { code, stdout } = await netkit(['local', '--to', '127.0.0.1', '--to', 'localhost', '-4', '--json'])
    const sources = jsonLines(stdout).filter(({ type }) => type === 'source')
    expect(sources.map(({ sourceAddress }) => sourceAddress)).toEqual(['127.0.0.1', '127.0.0.1'])
    expect(code).toBe(0)
  })

  it('a table shows the same', async () => {
    const { stdout } = await netkit(['local', '--to', '127.0.0.1'])
    expect(stdout).toMatch(/^host name +/m)
    expect(stdout).toMatch(/^toward 127\.0\.0\.1 +from 127\.0\.0\.1/m)
    expect(stdout).toMatch(/127\.0\.0\.1\/8/)
  })

  it.runIf(LINUX && hasPython())('finds the full name that CPython finds (needs Linux and python3)', async () => {
    const { stdout } = await netkit(['local', '--json'])
    const fqdn = execFileSync('python3', ['-c', 'import socket; print(socket.getfqdn())'], { encoding: 'utf8' }).trim()
    expect(jsonLines(stdout).find(({ type }) => type === 'host')).toMatchObject({ fqdn })
  })

  it('refuses what can be no host', async () => {
    expect((await netkit(['local', '--to', '010.0.0.1'])).code).toBe(2)
    expect((await netkit(['local', 'extra'])).code).toBe(2)
  })
})

function hasPython(): boolean {
  try {
    execFileSync('python3', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
