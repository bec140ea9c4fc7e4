import { once } from 'node:events'
import type { Socket } from 'node:net'
import { constants } from 'node:os'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Deadline } from '../../../../src/core/deadline.js'
import { failure } from '../../../../src/core/failure.js'
import { UsageError } from '../../../../src/core/usage-error.js'
import { connectEx } from '../../../../src/net/connect/connect-ex.js'
import { type DialOptions, dial, furthest } from '../../../../src/net/connect/dial.js'
import { Namespace, whyNoNamespaces } from '../../../helpers/namespace.js'
import { listening, refusingPort } from '../../../helpers/sockets.js'

const { errno: ERRNO } = constants

/** Dials, and ends the connection with the test. */
async function dialled(host: string, port: number, options: DialOptions = {}) {
  const outcome = await dial(host, port, options)
  if (outcome.ok) onTestFinished(() => void outcome.value.socket.destroy())
  return outcome
}

describe('dial', () => {
  test('connects and knows both ends', async () => {
    const { port, server } = await listening(() => {})
    const accepted = once(server, 'connection') as Promise<[Socket]>
    const outcome = await dialled('127.0.0.1', port)
    if (!outcome.ok) throw new Error(outcome.failure.message)
    const [peer] = await accepted
    const { socket, localAddress, localPort, attempts } = outcome.value
    expect(outcome.value).toMatchObject({ address: '127.0.0.1', port, family: 4 })
    expect([localAddress, localPort]).toEqual([peer.remoteAddress, peer.remotePort])
    expect(attempts).toEqual([
      {
        address: '127.0.0.1',
        port,
        ok: true,
        code: null,
        errno: 0,
        origin: null,
        syscall: null,
        elapsedMs: expect.any(Number),
      },
    ])
    expect(socket.listenerCount('error')).toBe(0) // its owner's to listen for
    expect(socket.isPaused() || socket.readableFlowing === null).toBe(true)
    expect(socket.allowHalfOpen).toBe(true)
  })

  test('over IPv6', async () => {
    const { port } = await listening((socket) => socket.end(), '::1')
    expect(await dialled('::1', port)).toMatchObject({ ok: true, value: { address: '::1', family: 6 } })
  })

  test('a refusal keeps its errno, syscall, endpoint and attempt', async () => {
    const port = await refusingPort()
    expect(await dialled('127.0.0.1', port)).toMatchObject({
      ok: false,
      failure: {
        phase: 'connect',
        origin: 'os',
        code: 'ECONNREFUSED',
        errno: ERRNO.ECONNREFUSED,
        syscall: 'connect',
        endpoint: { host: '127.0.0.1', address: '127.0.0.1', port, path: null },
        message: expect.stringContaining(`127.0.0.1:${port}`),
        attempts: [{ address: '127.0.0.1', ok: false, code: 'ECONNREFUSED', origin: 'os' }],
      },
    })
  })

  test('leaves from the address and port that were asked for', async () => {
    const { port, server } = await listening(() => {})
    const sourcePort = await refusingPort('127.0.0.2')
    const accepted = once(server, 'connection') as Promise<[Socket]>
    const source = { address: '127.0.0.2', family: 4 } as const
    const outcome = await dialled('127.0.0.1', port, { sourceAddress: source, sourcePort })
    expect(outcome).toMatchObject({ ok: true, value: { localAddress: '127.0.0.2', localPort: sourcePort } })
    const [peer] = await accepted
    expect([peer.remoteAddress, peer.remotePort]).toEqual(['127.0.0.2', sourcePort])
  })

  test('a source address that is not ours fails in phase bind', async () => {
    const source = { address: '192.0.2.1', family: 4 } as const // RFC 5737: nobody's
    const outcome = await dialled('127.0.0.1', await refusingPort(), { sourceAddress: source })
    expect(outcome).toMatchObject({ failure: { phase: 'bind', code: 'EADDRNOTAVAIL', errno: ERRNO.EADDRNOTAVAIL } })
  })

  test('a source port in use fails in phase bind', async () => {
    const { port } = await listening(() => {})
    const { port: taken } = await listening(() => {})
    const source = { address: '127.0.0.1', family: 4 } as const
    const outcome = await dialled('127.0.0.1', port, { sourceAddress: source, sourcePort: taken })
    expect(outcome).toMatchObject({ failure: { phase: 'bind', code: 'EADDRINUSE', syscall: 'bind' } })
    if (!outcome.ok) expect(outcome.failure.message).toContain(`127.0.0.1:${taken}`)
  })

  // Linux and macOS let a socket connect to itself; Windows does not.
  test.skipIf(process.platform === 'win32')('meeting itself is a refusal, not an open port', async () => {
    const port = await refusingPort()
    const source = { address: '127.0.0.1', family: 4 } as const
    const options = { sourceAddress: source, sourcePort: port }
    const outcome = await dialled('127.0.0.1', port, options)
    expect(outcome).toMatchObject({ ok: false, failure: { code: 'ECONNREFUSED', errno: ERRNO.ECONNREFUSED } })
    if (!outcome.ok) expect(outcome.failure.message).toContain('only answered itself')
    expect(await connectEx('127.0.0.1', port, options)).toBe(ERRNO.ECONNREFUSED)
  })

  test('a host name goes through its addresses', async () => {
    const { port } = await listening((socket) => socket.end())
    const outcome = await dialled('localhost', port)
    expect(outcome).toMatchObject({ ok: true, value: { address: '127.0.0.1' } })
  })

  test('an abort before the start, and one on the way, end it', async () => {
    const { port } = await listening(() => {})
    const aborted = { ok: false, failure: { origin: 'abort', code: 'ECANCELED' } }
    expect(await dialled('127.0.0.1', port, { signal: AbortSignal.abort() })).toMatchObject(aborted)
    const controller = new AbortController()
    const under = dialled('127.0.0.1', port, { signal: controller.signal })
    controller.abort()
    expect(await under).toMatchObject(aborted)
  })

  test('a deadline that is over is EAGAIN, in the phase that it cut', async () => {
    const { port } = await listening(() => {})
    const deadline = Deadline.after(0)
    // A connect on loopback may be quicker: then it is connected, since what is there wins.
    const outcome = await dialled('127.0.0.1', port, { deadline })
    if (!outcome.ok) expect(outcome.failure).toMatchObject({ code: 'EAGAIN', origin: 'deadline', phase: 'connect' })
    else expect(outcome.value.port).toBe(port)
  })

  test('misuse is refused before anything is sent', async () => {
    const source = (address: string, family: 4 | 6) => ({ sourceAddress: { address, family } })
    const misuse: [string, number, DialOptions][] = [
      ['', 80, {}],
      ['010.0.0.1', 80, {}],
      ['127.0.0.1', 0, {}],
      ['127.0.0.1', 65_536, {}],
      ['127.0.0.1', 1.5, {}],
      ['127.0.0.1', Number.NaN, {}],
      ['127.0.0.1', 80, { sourcePort: 70_000 }],
      ['127.0.0.1', 80, { sourcePort: -1 }],
      ['127.0.0.1', 80, source('localhost', 4)],
      ['127.0.0.1', 80, source('::1', 4)],
      ['127.0.0.1', 80, { family: 5 as never }],
      [null as never, 80, {}],
    ]
    for (const [host, port, options] of misuse) {
      const what = JSON.stringify([host, port, options])
      await expect(dial(host, port, options), what).rejects.toThrow(UsageError)
      await expect(connectEx(host, port, options), what).rejects.toThrow(UsageError)
    }
  })
})

describe('connectEx', () => {
  test('is 0 where it connected, and closes again', async () => {
    const { port, server } = await listening((socket) => void socket.resume())
    const accepted = once(server, 'connection') as Promise<[Socket]>
    expect(await connectEx('127.0.0.1', port)).toBe(0)
    const [peer] = await accepted
    if (!peer.readableEnded) await once(peer, 'end')
  })

  test('is the errno where it did not', async () => {
    expect(await connectEx('127.0.0.1', await refusingPort(), { timeoutMs: 5000 })).toBe(ERRNO.ECONNREFUSED)
  })

  test.each([-5, Number.NaN, '5' as never])('is no number where timeoutMs is %j', async (timeoutMs) => {
    await expect(connectEx('127.0.0.1', await refusingPort(), { timeoutMs })).rejects.toThrow(UsageError)
  })

  test('takes no time at all for a time', async () => {
    // What is there by then wins.
    expect([ERRNO.ECONNREFUSED, ERRNO.EAGAIN]).toContain(
      await connectEx('127.0.0.1', await refusingPort(), { timeoutMs: 0 }),
    )
  })

  test('is ECANCELED where its signal is aborted', async () => {
    const options = { signal: AbortSignal.abort() }
    expect(await connectEx('127.0.0.1', await refusingPort(), options)).toBe(ERRNO.ECANCELED)
  })

  test('is negative where the family does not fit', async () => {
    expect(await connectEx('127.0.0.1', 80, { family: 6 })).toBeLessThan(0)
  })
})

test('of several failures the one that got furthest speaks, the first of equals', () => {
  const of = (code: string) => failure({ phase: 'connect', origin: 'os', code })
  const ladder = ['ECANCELED', 'EADDRNOTAVAIL', 'EAFNOSUPPORT', 'ENETUNREACH', 'EHOSTUNREACH', 'EAGAIN', 'ETIMEDOUT']
  const rungs = [...ladder, 'ECONNREFUSED'].map(of)
  for (const [i, rung] of rungs.entries()) {
    const below = rungs.slice(0, i + 1)
    expect(furthest(below)).toBe(rung)
    expect(furthest(below.toReversed())).toBe(rung)
  }
  const [first, second] = [of('ECONNREFUSED'), of('ECONNRESET')]
  expect(furthest([first, second])).toBe(first)
})

const why = whyNoNamespaces()

describe(`races between addresses${why === null ? '' : ` (skipped: ${why})`}`, () => {
  const DIST = new URL('../../../../dist/', import.meta.url).href

  /** Runs a script beside the library, in a namespace with these hosts; it prints one line of JSON. */
  async function inside(namespace: Namespace, script: string) {
    const code = `
      const { dial } = await import(process.argv[1] + 'net/connect/dial.js')
      const { lookup } = await import(process.argv[1] + 'net/connect/lookup.js')
      const { Deadline } = await import(process.argv[1] + 'core/deadline.js')
      const flat = ({ ok, value, failure }) => ({
        ok,
        code: failure?.code ?? null,
        address: value?.address ?? null,
        attempts: (value ?? failure).attempts.map(({ address, code, origin }) => ({ address, code, origin })),
      })
      ${script}`
    const ended = await namespace.start(process.execPath, ['--input-type=module', '-e', code, DIST])
    expect(ended).toMatchObject({ code: 0, stderr: '' })
    return JSON.parse(ended.stdout)
  }

  function namespaceWith(hosts: string): Namespace {
    const namespace = new Namespace('race')
    onTestFinished(() => namespace.remove())
    namespace.etc({ hosts, 'nsswitch.conf': 'hosts: files\n' })
    return namespace
  }

  /** A name of two addresses beyond a cable: the first gives no sound, at the second port 9 is open. */
  async function withSilence(name: string) {
    const [silent, open] = ['192.0.2.10', '192.0.2.11']
    const namespace = namespaceWith(`${silent} ${name}\n${open} ${name}\n`)
    const peer = new Namespace('peer')
    onTestFinished(() => peer.remove())
    namespace.ip('link', 'add', 'veth0', 'type', 'veth', 'peer', 'name', 'veth0', 'netns', peer.name)
    const mac = '02:00:00:00:00:02'
    peer.ip('link', 'set', 'veth0', 'address', mac, 'up')
    peer.ip('address', 'add', `${open}/24`, 'dev', 'veth0')
    namespace.ip('link', 'set', 'veth0', 'up')
    namespace.ip('address', 'add', '192.0.2.1/24', 'dev', 'veth0')
    // Frames for the silent one arrive at a machine that does not feel meant.
    for (const address of [silent, open]) namespace.ip('neighbour', 'add', address, 'lladdr', mac, 'dev', 'veth0')
    const script = `require('node:net').createServer((socket) => socket.end()).listen(9, () => console.log('ready'))`
    const server = peer.spawn(process.execPath, ['-e', script])
    onTestFinished(() => void server.kill())
    await once(server.stdout, 'data')
    return { namespace, silent, open }
  }

  test('a refused address gives way to the next at once, and stays on record', async ({ skip }) => {
    if (why !== null) return skip(why)
    const namespace = namespaceWith('127.0.0.2 twins\n127.0.0.3 twins\n')
    const found = await inside(
      namespace,
      `const { createServer } = await import('node:net')
       const [first, second] = (await lookup('twins')).value.map(({ address }) => address)
       const server = createServer().listen(0, second, async () => {
         const { port } = server.address()
         const told = []
         const outcome = await dial('twins', port, { onAttempt: ({ address }) => told.push(address) })
         outcome.value.socket.destroy()
         server.close(() => console.log(JSON.stringify({ first, second, told, ...flat(outcome) })))
       })`,
    )
    expect(found).toMatchObject({ ok: true, address: found.second, told: [found.first, found.second] })
    expect(found.attempts).toEqual([
      { address: found.first, code: 'ECONNREFUSED', origin: 'os' },
      { address: found.second, code: null, origin: null },
    ])
  })

  test('all refused: each on record, and the process ends with nothing left open', async ({ skip }) => {
    if (why !== null) return skip(why)
    const namespace = namespaceWith('127.0.0.2 triplets\n127.0.0.3 triplets\n127.0.0.4 triplets\n')
    const found = await inside(namespace, `console.log(JSON.stringify(flat(await dial('triplets', 9))))`)
    expect(found).toMatchObject({ ok: false, code: 'ECONNREFUSED' })
    expect(found.attempts).toHaveLength(3)
  })

  test('a silent address is joined by the next, and is called off when that one wins', async ({ skip }) => {
    if (why !== null) return skip(why)
    const { namespace, silent, open } = await withSilence('twins')
    const found = await inside(
      namespace,
      `const outcome = await dial('twins', 9)
       const { socket } = outcome.value
       socket.destroy()
       await new Promise((resolve) => socket.once('close', () => setImmediate(resolve)))
       const left = process.getActiveResourcesInfo().filter((each) => /TCP|Timeout|Immediate/.test(each))
       console.log(JSON.stringify({ left, ...flat(outcome) }))`,
    )
    expect(found).toMatchObject({ ok: true, address: open, left: [] })
    expect(found.attempts).toEqual([
      { address: open, code: null, origin: null },
      { address: silent, code: 'ECANCELED', origin: 'abort' },
    ])
  })

  test('the deadline ends all that are still silent, each on record', async ({ skip }) => {
    if (why !== null) return skip(why)
    const { namespace, silent } = await withSilence('twins')
    const found = await inside(
      namespace,
      `console.log(JSON.stringify(flat(await dial('${silent}', 9, { deadline: Deadline.after(100) }))))`,
    )
    expect(found).toEqual({
      ok: false,
      code: 'EAGAIN',
      address: null,
      attempts: [{ address: silent, code: 'EAGAIN', origin: 'deadline' }],
    })
  })

  test('an abort while one was refused and one is silent is an abort', async ({ skip }) => {
    if (why !== null) return skip(why)
    const { namespace, silent, open } = await withSilence('twins')
    const found = await inside(
      namespace,
      `const controller = new AbortController()
       const onAttempt = () => controller.abort()
       console.log(JSON.stringify(flat(await dial('twins', 10, { signal: controller.signal, onAttempt }))))`,
    )
    expect(found).toMatchObject({ ok: false, code: 'ECANCELED' })
    expect(found.attempts).toEqual([
      { address: open, code: 'ECONNREFUSED', origin: 'os' },
      { address: silent, code: 'ECANCELED', origin: 'abort' },
    ])
  })
})
