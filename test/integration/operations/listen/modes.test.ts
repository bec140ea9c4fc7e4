import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { exitCodeFor } from '../../../../src/cli/exit-code.js'
import { Deadline } from '../../../../src/core/deadline.js'
import { client, startListening } from '../../../helpers/listen.js'

async function* stream(...pieces: readonly string[]) {
  for (const piece of pieces) yield Buffer.from(piece)
}

describe('a conversation', () => {
  test('is told from beginning to end', async () => {
    const server = await startListening()
    const peer = await client(server.port)
    peer.socket.end('hello')
    const closed = await server.event('closed')
    expect(closed).toMatchObject({ id: 1, bytesIn: 5, bytesOut: 0, reason: 'fin', code: null, address: '127.0.0.1' })
    expect(server.all('connection')).toMatchObject([{ id: 1, address: '127.0.0.1', port: closed.port, tls: null }])
    expect(server.all('data')).toMatchObject([{ id: 1, direction: 'received', bytes: Buffer.from('hello') }])
    const outcome = await server.stop()
    expect(outcome).toMatchObject({ ok: true, value: { connections: 1, peak: 1, refused: 0, bytesIn: 5, bytesOut: 0 } })
  })

  test('piped input goes out, our side is ended, and what still comes is read', async () => {
    const server = await startListening({ input: { isTTY: false, chunks: stream('one', 'two') }, count: 1 })
    const peer = await client(server.port)
    expect((await peer.received).toString()).toBe('onetwo')
    peer.socket.end('after the end')
    expect(await server.outcome).toMatchObject({ ok: true, value: { bytesIn: 13, bytesOut: 6 } })
  })

  test('a peer that half-closes first still gets all of the input', async () => {
    const server = await startListening({ input: { isTTY: false, chunks: stream('late') }, count: 1 })
    const peer = await client(server.port)
    peer.socket.end('done')
    expect((await peer.received).toString()).toBe('late')
    expect((await server.outcome).ok).toBe(true)
  })

  test('what is typed goes to the one peer, and to nobody where there are two', async () => {
    let type: (line: string) => void = () => {}
    const line = () => new Promise<string>((resolve) => (type = resolve))
    async function* typed() {
      for (;;) yield Buffer.from(await line())
    }
    const server = await startListening({ input: { isTTY: true, chunks: typed() } })
    const peer = await client(server.port)
    await server.event('connection')
    type('hi\n')
    expect((await peer.bytes(3)).toString()).toBe('hi\n')
    await client(server.port)
    await server.event('connection', 2)
    type('who?\n')
    expect(await server.event('unsent')).toMatchObject({ peers: 2, bytes: Buffer.from('who?\n') })
  })
})

test('echo sends back megabytes, byte for byte, and ends when the peer does', async () => {
  const server = await startListening({ mode: { kind: 'echo' } })
  const peer = await client(server.port)
  const sent = randomBytes(5_000_000)
  peer.socket.end(sent)
  expect((await peer.received).equals(sent)).toBe(true)
  expect(await server.event('closed')).toMatchObject({ bytesIn: sent.length, bytesOut: sent.length, reason: 'fin' })
})

test('echo does not read faster than the peer takes it', async () => {
  const server = await startListening({ mode: { kind: 'echo' } })
  const peer = await client(server.port)
  peer.socket.pause()
  const before = process.memoryUsage().arrayBuffers
  let sent = 0
  // A peer that never reads fills both windows, and then write() says so for good.
  while (peer.socket.write(Buffer.alloc(65_536))) sent += 65_536
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 1024 * 1024)
  peer.socket.resume()
  peer.socket.end()
  expect((await peer.received).length).toBe(sent + 65_536)
})

test('reply is sent at once, then our side ends', async () => {
  const server = await startListening({ mode: { kind: 'reply', bytes: Buffer.from([0, 255, 10]) } })
  const peer = await client(server.port)
  expect(await peer.received).toEqual(Buffer.from([0, 255, 10]))
  peer.socket.end()
  expect(await server.event('closed')).toMatchObject({ bytesOut: 3, reason: 'ended' })
})

test('discard counts and tells no data', async () => {
  const server = await startListening({ mode: { kind: 'discard' } })
  const peer = await client(server.port)
  peer.socket.end(Buffer.alloc(3_000_000))
  expect(await server.event('closed')).toMatchObject({ bytesIn: 3_000_000 })
  expect(server.all('data')).toEqual([])
})

describe('chat', () => {
  test('joins, names, lines and leaves', async () => {
    const server = await startListening({ mode: { kind: 'chat' } })
    const ann = await client(server.port)
    expect((await ann.bytes(1)).toString()).toBe('* you are guest1 (/name NEW changes it); nobody else is here\n')
    const bob = await client(server.port)
    const joined = '* you are guest2 (/name NEW changes it); here are guest1\n'
    expect((await bob.bytes(joined.length)).toString()).toBe(joined)
    ann.socket.write('/name ann\r\nhello\x1b[2J all\r\n')
    const seen = `${joined}* guest1 is now ann\nann: hello [2J all\n`
    expect((await bob.bytes(seen.length)).toString()).toBe(seen)
    bob.socket.write('/name ann\n')
    const refused = `${seen}* ann is taken\n`
    expect((await bob.bytes(refused.length)).toString()).toBe(refused)
    bob.socket.end()
    ann.socket.end()
    expect((await ann.received).toString()).toContain('* guest2 left\n')
    expect(server.all('message')).toMatchObject([{ id: 1, name: 'ann', bytes: Buffer.from('hello\x1b[2J all') }])
  })

  test('the terminal takes part', async () => {
    let type: (line: string) => void = () => {}
    const line = () => new Promise<string>((resolve) => (type = resolve))
    async function* typed() {
      for (;;) yield Buffer.from(await line())
    }
    const server = await startListening({ mode: { kind: 'chat' }, input: { isTTY: true, chunks: typed() } })
    const peer = await client(server.port)
    await peer.bytes(1)
    type('welcome\n')
    await server.event('message')
    peer.socket.end()
    expect((await peer.received).toString()).toMatch(/\nhost: welcome\n/)
  })
})

test.each([
  ['conversation', false],
  ['conversation', true],
  ['chat', true],
] as const)('an input that cannot be read is told, and the peer is served without it: %s', async (kind, isTTY) => {
  // biome-ignore lint/correctness/useYield: it fails before it has anything
  async function* unreadable(): AsyncGenerator<Uint8Array> {
    throw Object.assign(new Error('read'), { code: 'EISDIR', syscall: 'read' })
  }
  const server = await startListening({ mode: { kind }, input: { isTTY, chunks: unreadable() }, count: 1 })
  const peer = await client(server.port)
  expect(await server.event('problem')).toMatchObject({ id: null, code: 'EISDIR', origin: 'os' })
  peer.socket.end('still here\n')
  expect(await server.outcome).toMatchObject({ ok: true, value: { bytesIn: 11 } })
})

describe('exec', () => {
  const cat = {
    kind: 'exec',
    command: `${process.execPath} -e "process.stdin.pipe(process.stdout)"`,
    shell: false,
  } as const

  test('gives input and output to a command', async () => {
    const server = await startListening({ mode: cat })
    const peer = await client(server.port)
    const sent = randomBytes(300_000)
    peer.socket.end(sent)
    expect((await peer.received).equals(sent)).toBe(true)
  })

  test('tells the command who called', async () => {
    const command = `${process.execPath} -p "process.env.NETKIT_PEER_ADDRESS + ' ' + process.env.NETKIT_PEER_PORT"`
    const server = await startListening({ mode: { kind: 'exec', command, shell: false } })
    const peer = await client(server.port)
    expect((await peer.received).toString()).toBe(`127.0.0.1 ${peer.socket.localPort}\n`)
  })

  test('knows no shell unless asked', async () => {
    const command = `${process.execPath} -p "process.argv.length" ; echo $HOME`
    const plain = await startListening({ mode: { kind: 'exec', command, shell: false } })
    expect((await (await client(plain.port)).received).toString()).toBe('4\n')
    const shell = await startListening({ mode: { kind: 'exec', command: 'echo a; echo b', shell: true } })
    expect((await (await client(shell.port)).received).toString()).toBe('a\nb\n')
  })

  test('a command that does not exist ends the conversation, not us', async () => {
    const server = await startListening({ mode: { kind: 'exec', command: '/does/not/exist', shell: false } })
    expect((await (await client(server.port)).received).length).toBe(0)
    expect(await server.event('problem')).toMatchObject({ id: 1, code: 'ENOENT', origin: 'os' })
    await client(server.port)
    await server.event('problem', 2)
  })

  const once = async (command: string) => {
    const server = await startListening({ mode: { kind: 'exec', command, shell: false }, count: 1 })
    const peer = await client(server.port)
    await peer.received
    peer.socket.end()
    return { outcome: await server.outcome, closed: await server.event('closed') }
  }

  test.each([
    ['process.exit(3)', { exitStatus: 3, exitSignal: null }, /ended with status 3$/],
    ["process.kill(process.pid, 'SIGKILL')", { exitStatus: null, exitSignal: 'SIGKILL' }, /ended by SIGKILL$/],
  ])('a command that does not end well is told, and is our failure with --once: %s', async (script, told, words) => {
    const { outcome, closed } = await once(`${process.execPath} -e "${script}"`)
    expect(closed).toMatchObject(told)
    expect(outcome.ok || outcome.failure.message).toMatch(words)
    expect(exitCodeFor(outcome)).toBe(1)
  })

  test('one that ends well is none, and one that cannot be run is what this machine cannot do', async () => {
    const well = await once(`${process.execPath} -e 0`)
    expect(well.closed).toMatchObject({ exitStatus: 0, exitSignal: null })
    expect(well.outcome.ok).toBe(true)
    // The one errno Node emits, the other it throws.
    for (const command of ['/does/not/exist', `${process.execPath}/not/a/folder`]) {
      const { outcome, closed } = await once(command)
      expect(closed).toMatchObject({ exitStatus: null, exitSignal: null })
      expect(outcome.ok || outcome.failure.message).toContain(`cannot run "${command}": `)
      expect(exitCodeFor(outcome)).toBe(5)
    }
  })
})

test('replay plays a recording back', async () => {
  const chunks = [
    { atMs: 0, bytes: Buffer.from('220 ready\r\n') },
    { atMs: 20, bytes: Buffer.from('250 ok\r\n') },
  ]
  const server = await startListening({ mode: { kind: 'replay', chunks } })
  const peer = await client(server.port)
  peer.socket.write('HELO\r\n')
  expect((await peer.received).toString()).toBe('220 ready\r\n250 ok\r\n')
})

describe('how it ends', () => {
  test('a reset ends only the one who does it', async () => {
    const server = await startListening({ mode: { kind: 'echo' } })
    const [bad, good] = [await client(server.port), await client(server.port)]
    bad.socket.write('x')
    await bad.bytes(1)
    bad.socket.resetAndDestroy()
    expect(await server.event('closed')).toMatchObject({ id: 1, reason: 'reset', code: 'ECONNRESET' })
    good.socket.end('still here')
    expect((await good.received).toString()).toBe('still here')
  })

  test('silence ends a conversation after --idle-timeout', async () => {
    const server = await startListening({ idleTimeoutMs: 30 })
    const peer = await client(server.port)
    await peer.received
    expect(await server.event('closed')).toMatchObject({ reason: 'idle', code: null })
  })

  test('being stopped closes everyone', async () => {
    const server = await startListening()
    const peer = await client(server.port, { allowHalfOpen: false })
    await server.event('connection')
    expect(await server.stop()).toMatchObject({ ok: true })
    expect(server.all('closed')).toMatchObject([{ reason: 'stopped' }])
    await peer.ended
  })

  test('count: ends when so many conversations are over, and takes no more', async () => {
    const server = await startListening({ mode: { kind: 'echo' }, count: 2 })
    const [one, two] = [await client(server.port), await client(server.port)]
    await server.event('connection', 2)
    const third = await client(server.port)
    expect(await third.ended).toMatch(/ECONNREFUSED|ECONNRESET/)
    one.socket.end('1')
    two.socket.end('2')
    expect(await server.outcome).toMatchObject({ ok: true, value: { connections: 2, bytesIn: 2 } })
  })

  test('once: the failure of the conversation is ours', async () => {
    const reset = await startListening({ count: 1 })
    const peer = await client(reset.port)
    await reset.event('connection')
    peer.socket.resetAndDestroy()
    expect(await reset.outcome).toMatchObject({ ok: false, failure: { code: 'ECONNRESET', phase: 'read' } })
    const idle = await startListening({ count: 1, idleTimeoutMs: 20 })
    await client(idle.port)
    const silent = { code: 'EAGAIN', origin: 'deadline', advice: 'more-silence' }
    expect(await idle.outcome).toMatchObject({ ok: false, failure: silent })
  })

  test('nobody came in time: EAGAIN of accept', async () => {
    const server = await startListening({ count: 1 }, Deadline.after(20))
    expect(await server.outcome).toMatchObject({
      ok: false,
      failure: { code: 'EAGAIN', phase: 'accept', origin: 'deadline', advice: 'longer-run' },
    })
  })

  test('the time being over is no failure where no count was asked for', async () => {
    const server = await startListening({}, Deadline.after(20))
    expect(await server.outcome).toMatchObject({ ok: true })
  })
})
