import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { describe, expect, onTestFinished, test } from 'vitest'
import { BIN, type JsonLine } from '../../../helpers/cli.js'
import { Namespace, whyNoNamespaces } from '../../../helpers/namespace.js'

const why = whyNoNamespaces('python3')
const FIRST_LOCAL = 40_000
const PORTS = 400

/** Takes every local port that connect(2) could take, says so, and gives them back at the end of its input. */
const HOLDER = `
import socket, sys
held = []
for port in range(${FIRST_LOCAL}, ${FIRST_LOCAL} + 10):
    held.append(socket.socket())
    held[-1].bind(("0.0.0.0", port))
print("held", flush=True)
sys.stdin.read()
`
const LISTENER = `
import socket, time
servers = [socket.create_server(("127.0.0.1", port), backlog=128) for port in (7, 77, 399)]
print("ready", flush=True)
while True:
    time.sleep(60)
`

describe(`when this machine runs out${why === null ? '' : ` (skipped: ${why})`}`, () => {
  const network = async () => {
    const space = new Namespace('scarce')
    onTestFinished(() => space.remove())
    space.run('sysctl', ['-qw', `net.ipv4.ip_local_port_range=${FIRST_LOCAL} ${FIRST_LOCAL + 9}`])
    await python(space, LISTENER)
    return space
  }
  const python = async (space: Namespace, script: string) => {
    const child = space.spawn('python3', ['-c', script])
    onTestFinished(() => void child.kill())
    child.stderr.pipe(process.stderr)
    await once(child.stdout, 'data')
    return child
  }
  const scan = (space: Namespace, engine: string, before: readonly string[] = []) => {
    const args = [BIN, 'portscan', '127.0.0.1', `1-${PORTS}`, '--json', '--progress', 'json', '--engine', engine]
    const [program = '', ...more] = [...before, process.execPath, ...args, '--concurrency', '300']
    const child = space.spawn(program, more)
    onTestFinished(() => void child.kill('SIGKILL'))
    return child
  }
  const expectAll = (lines: readonly JsonLine[]) => {
    const ports = lines.flatMap(({ type, port, state }) => (type === 'port' ? [{ port: Number(port), state }] : []))
    const numbers = ports.map(({ port }) => port).sort((a, b) => a - b)
    expect(numbers).toEqual(Array.from({ length: PORTS }, (_, i) => i + 1))
    const open = ports.flatMap(({ port, state }) => (state === 'open' ? [port] : []))
    expect(open.sort((a, b) => a - b)).toEqual([7, 77, 399])
    expect(lines.at(-1)).toMatchObject({ ok: true, open: 3, closed: PORTS - 3, filtered: 0 })
  }

  test.for(['net', 'syscall'])(
    'of local ports, the %s engine waits for some and loses nothing',
    async (engine, context) => {
      if (why !== null) return context.skip(why)
      const space = await network()
      const holder = await python(space, HOLDER)
      const lines: JsonLine[] = []
      let doneWhileHeld: unknown = null
      const child = scan(space, engine)
      for await (const text of createInterface(child.stdout)) {
        const line = JSON.parse(text) as JsonLine
        lines.push(line)
        if (line.type !== 'progress' || doneWhileHeld !== null) continue
        doneWhileHeld = line['done']
        holder.stdin.end() // gives the ports back
      }
      expect(doneWhileHeld).toBe(0)
      expectAll(lines)
    },
  )

  test.for(['net', 'syscall'])('of local ports for good, the %s engine says so', async (engine, context) => {
    if (why !== null) return context.skip(why)
    const space = await network()
    await python(space, HOLDER)
    const lines: JsonLine[] = []
    const child = scan(space, engine)
    const ended = once(child, 'close')
    for await (const text of createInterface(child.stdout)) lines.push(JSON.parse(text) as JsonLine)
    expect((await ended)[0]).toBe(5)
    expect(lines.at(-1)).toMatchObject({ ok: false, code: 'EADDRNOTAVAIL', scanned: 0, total: PORTS })
    expect(lines.filter(({ type }) => type === 'port')).toEqual([])
  })

  test.for(['net', 'syscall'])('of descriptors, the %s engine makes do with few', async (engine, context) => {
    if (why !== null) return context.skip(why)
    const lines: JsonLine[] = []
    const child = scan(await network(), engine, ['sh', '-c', 'ulimit -n 64; exec "$0" "$@"'])
    for await (const text of createInterface(child.stdout)) lines.push(JSON.parse(text) as JsonLine)
    expectAll(lines)
  })
})
