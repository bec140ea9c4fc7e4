import { execFile } from 'node:child_process'
import { createServer, type Server } from 'node:net'
import { networkInterfaces } from 'node:os'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { jsonLines, netkit } from '../helpers/cli.js'

const run = promisify(execFile)

/** Ports with a listener, and as many that had one a moment ago. */
const LISTENING = 20

/** Containers often come without IPv6. */
const ADDRESSES = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .filter(({ internal, address }) => internal && (address === '127.0.0.1' || address === '::1'))
  .map(({ address }) => address)

describe.each(ADDRESSES)('on %s', (address) => {
  const servers: Server[] = []
  const closed: number[] = []

  beforeAll(async () => {
    for (let i = 0; i < 2 * LISTENING; i++) servers.push(await listen(address))
    for (const server of servers.splice(LISTENING)) {
      closed.push(portOf(server))
      await close(server)
    }
  })
  afterAll(() => Promise.all(servers.map(close)))

  test.each(['net', 'syscall'])('the %s engine and nmap -sT come to the same verdict on every port', async (engine) => {
    const ports = [...servers.map(portOf), ...closed]
    const list = ports.join(',')
    const nmap = await run('nmap', [
      ...(address.includes(':') ? ['-6'] : []),
      ...['-sT', '-Pn', '-n', '-T4', '-oG', '-', '-p', list, address],
    ])
    const { code, stdout } = await netkit(['portscan', address, list, '--engine', engine, '--json'])
    expect(code).toBe(0)
    const ours = jsonLines(stdout).flatMap(({ type, port, state }) => (type === 'port' ? [`${port} ${state}`] : []))
    expect(ours.sort()).toEqual(verdicts(nmap.stdout).sort())
    expect(ours.filter((each) => each.endsWith(' open'))).toHaveLength(LISTENING)
  })
})

/** `22/open/tcp//ssh///` of nmap's grepable output. */
function verdicts(output: string): string[] {
  return [...output.matchAll(/(\d+)\/(open|closed|filtered)\/tcp/g)].map(([, port, state]) => `${port} ${state}`)
}

function listen(address: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy())
    server.once('error', reject)
    server.listen(0, address, () => resolve(server))
  })
}

function close(server: Server): Promise<unknown> {
  return new Promise((resolve) => server.close(resolve))
}

function portOf(server: Server): number {
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('a listening server has a port')
  return address.port
}
