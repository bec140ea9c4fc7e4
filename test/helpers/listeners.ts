import { once } from 'node:events'
import { expect } from 'vitest'
import { BIN, jsonLines } from './cli.js'
import { Namespace } from './namespace.js'

/** Listeners at the ends of the range, among the ephemeral ports and elsewhere; half of them for one family alone. */
const SERVER = `
const ports = { '127.0.0.1': [1, 22, 8080, 32768, 40001, 60999, 65535], '::1': [1, 443, 8080, 33333, 60998, 65534] }
let left = Object.values(ports).flat().length
for (const [host, list] of Object.entries(ports)) for (const port of list) {
  require('node:net').createServer((socket) => socket.on('error', () => {}).end())
    .listen({ port, host, backlog: 128 }, () => --left || console.log('ready'))
}
`
const LISTEN = '0A'

/** A namespace in which thirteen ports are listened on, and every port of both families is scanned. */
export class ListenersNamespace {
  readonly space = new Namespace('listeners')
  #server: ReturnType<Namespace['spawn']> | undefined

  async open(): Promise<void> {
    this.#server = this.space.spawn(process.execPath, ['-e', SERVER])
    await once(this.#server.stdout, 'data')
  }

  close(): void {
    this.#server?.kill()
    this.space.remove()
  }

  /** `address port` of every listener, as the kernel has them (proc_net_tcp(5)). */
  listening(): string[] {
    const found = [
      ['tcp', '127.0.0.1'],
      ['tcp6', '::1'],
    ].flatMap(([file, address]) =>
      this.space
        .run('cat', [`/proc/net/${file}`])
        .split('\n')
        .map((line) => line.trim().split(/\s+/))
        .filter(([, , , state]) => state === LISTEN)
        .map(([, local = '']) => `${address} ${Number.parseInt(local.split(':')[1] ?? '', 16)}`),
    )
    expect(found).toHaveLength(13)
    return found.sort()
  }

  /** `address port` of every port that a scan of all of them finds open, with so many descriptors allowed. */
  async scan(engine: string, limit: string): Promise<string[]> {
    const script = `ulimit -n ${limit}; exec "$@"`
    const args = ['portscan', '127.0.0.1,::1', '-', '--json', '--show', 'open', '--engine', engine]
    const { code, stdout, stderr } = await this.space.start('sh', ['-c', script, 'sh', process.execPath, BIN, ...args])
    const lines = jsonLines(stdout)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(lines.find(({ type }) => type === 'engine')).toMatchObject({ engine })
    expect(lines.at(-1)).toMatchObject({ ok: true, scanned: 2 * 65_535, filtered: 0 })
    return lines
      .filter(({ type }) => type === 'port')
      .map(({ address, port }) => `${address} ${port}`)
      .sort()
  }
}
