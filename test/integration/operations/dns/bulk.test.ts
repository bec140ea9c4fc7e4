import { describe, expect, it, onTestFinished } from 'vitest'
import { Deadline } from '../../../../src/core/deadline.js'
import type { Outcome } from '../../../../src/core/outcome.js'
import { SyscallUdpPorts } from '../../../../src/net/syscall/udp-ports.js'
import { type AskOptions, DnsClient, serverAt } from '../../../../src/operations/dns/index.js'
import type { DnsReply } from '../../../../src/operations/dns/types.js'
import { inOrder } from '../../../../src/operations/shared/in-order.js'
import { CLASS, type ResourceRecord, TYPE } from '../../../../src/protocol/dns/index.js'
import { ASK_ONCE, type Asked, a, dnsServer } from '../../../helpers/dns-server.js'
import { refusingPort } from '../../../helpers/sockets.js'

const addressOf = (name: string) => `192.0.2.${Number(/^n(\d+)/.exec(name)?.[1]) % 250}`
const truly = (asked: Asked) => asked.answer({ answers: [a(asked.name, addressOf(asked.name))] })

interface Answer {
  /** The addresses, or why there are none. */
  readonly text: string
  /** Null of what was answered plainly. */
  readonly outcome: Outcome<DnsReply> | null
}

const textOf = (records: readonly ResourceRecord[]) => records.map(({ text }) => text).join()

describe.each([
  ['thousand questions', false],
  ['thousand plain questions', true],
])('a %s', (_, plainly) => {
  function clientOf(more: Partial<AskOptions>, most = 100) {
    const bulk = { most, answersOnly: plainly }
    const client = new DnsClient({ ...ASK_ONCE, ...more }, new AbortController().signal, bulk)
    onTestFinished(() => client.close())
    return client
  }

  function askerOf(client: DnsClient, port: number, address = '127.0.0.1') {
    const servers = [serverAt(address, port, 'udp')]
    const asker = client.plainAsker(servers, TYPE.A, CLASS.IN, Deadline.never)
    expect(asker !== null).toBe(plainly)
    return (name: string) =>
      new Promise<Answer>((resolve) => {
        const done = (outcome: Outcome<DnsReply>) =>
          resolve({ text: outcome.ok ? textOf(outcome.value.answer.chain.records) : outcome.failure.code, outcome })
        if (asker) asker.ask(name, { plain: (records) => resolve({ text: textOf(records), outcome: null }), done })
        else client.inquire(servers, { name, type: TYPE.A, class: CLASS.IN }, Deadline.never, done)
      })
  }

  /** Asks in waves, as a bulk run does: only the first few questions leave through node:dgram. */
  async function askMany(port: number, count: number, more: Partial<AskOptions> = {}, address = '127.0.0.1') {
    const ask = askerOf(clientOf(more), port, address)
    const answers: Answer[] = []
    for (let from = 0; from < count; from += 100) {
      const wave = Array.from({ length: Math.min(100, count - from) }, (_, i) => ask(`n${from + i}.example.`))
      answers.push(...(await Promise.all(wave)))
    }
    return answers.map(({ text }) => text)
  }

  const expected = (count: number) => Array.from({ length: count }, (_, i) => addressOf(`n${i}`))

  it('are each answered with what was asked for', async () => {
    const server = await dnsServer(truly)
    expect(await askMany(server.port, 1000)).toEqual(expected(1000))
  })

  it('are so over IPv6', async () => {
    const server = await dnsServer(truly, '::1')
    expect(await askMany(server.port, 300, {}, '::1')).toEqual(expected(300))
  })

  it('are so through node:dgram, where a source port is asked for', async () => {
    const server = await dnsServer(truly)
    expect(await askMany(server.port, 300, { sourcePort: 0 })).toEqual(expected(300))
    expect(new Set(server.asked.map(({ port }) => port)).size).toBeLessThanOrEqual(3)
  })

  it('leave from ports and with ids that keep changing', async () => {
    const server = await dnsServer(truly)
    await askMany(server.port, 1000)
    expect(new Set(server.asked.map(({ port }) => port)).size).toBeGreaterThan(16)
    expect(new Set(server.asked.map(({ query }) => query.id)).size).toBeGreaterThan(900)
  })

  it('take no answer to another question, with another id or from another port', async () => {
    const server = await dnsServer(async (asked) => {
      const forged = [a(asked.name, '198.51.100.66')]
      asked.answer({ question: { name: 'evil.example.', type: 'A' }, answers: forged })
      asked.answer({ id: asked.query.id ^ 0x5555, answers: forged })
      asked.send(new Uint8Array(0))
      await asked.answerFromElsewhere({ answers: forged })
      truly(asked)
      asked.answer({ answers: forged })
    })
    expect(await askMany(server.port, 300)).toEqual(expected(300))
  })

  it('go on over TCP where answers are cut short', async () => {
    const server = await dnsServer((asked) => (asked.via === 'udp' ? asked.answer({ bits: 0x8600 }) : truly(asked)))
    expect(await askMany(server.port, 300)).toEqual(expected(300))
  })

  it('are asked again where they or their answers are lost', async () => {
    const seen = new Set<string>()
    const server = await dnsServer((asked) => {
      if (seen.has(asked.name) || seen.size % 10 !== 0) truly(asked)
      seen.add(asked.name)
    })
    expect(await askMany(server.port, 300, { timeoutMs: 200, tries: 5 })).toEqual(expected(300))
  })

  it('tell how often they were sent over UDP, also where TCP has the answer', async () => {
    const seen = new Set<string>()
    const server = await dnsServer((asked) => {
      if (asked.via === 'tcp') truly(asked)
      else if (seen.has(asked.name) || asked.name !== 'n99.example.') asked.answer({ bits: 0x8600 })
      seen.add(asked.name)
    })
    const ask = askerOf(clientOf({ repeats: true }), server.port)
    const answers = await Promise.all(Array.from({ length: 100 }, (_, i) => ask(`n${i}.example.`)))
    const last = answers.at(-1)?.outcome
    expect(last?.ok && last.value).toMatchObject({ transport: 'tcp', truncated: true })
    expect(last?.ok && last.value.repeats).toBeGreaterThanOrEqual(1)
  })

  it('are sent again where they or their answers are lost, as soon as others have told how long an answer takes', async () => {
    const seen = new Set<string>()
    const server = await dnsServer((asked) => {
      if (seen.has(asked.name) || seen.size % 10 !== 9) truly(asked)
      seen.add(asked.name)
    })
    // There is no other try.
    expect(await askMany(server.port, 300, { repeats: true })).toEqual(expected(300))
    expect(server.asked.length).toBeGreaterThanOrEqual(330)
  })

  it('are answered by what comes late: that is no loss', async () => {
    const first = new Map<string, Asked>()
    const server = await dnsServer((asked) => {
      const earlier = first.get(asked.name)
      first.set(asked.name, asked)
      // The last of each wave is answered once it has come again; the repetition itself never is.
      if (!/99\.example/.test(asked.name)) truly(asked)
      else if (earlier) truly(earlier)
    })
    const client = clientOf({ repeats: true })
    const ask = askerOf(client, server.port)
    for (let wave = 0; wave < 3; wave++) {
      const answers = await Promise.all(Array.from({ length: 100 }, (_, i) => ask(`n${100 * wave + i}.example.`)))
      const late = answers.at(-1)?.outcome
      expect(late?.ok && late.value).toMatchObject({ tries: 1, dropped: 0 })
      expect(late?.ok && late.value.repeats).toBeGreaterThanOrEqual(1)
    }
    expect(client.window.size).toBe(100)
    const ids = server.asked.filter(({ name }) => name === 'n99.example.').map(({ query }) => query.id)
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('that nobody answers are sent less and less often, and it is told how often', async () => {
    const server = await dnsServer((asked) => {
      if (asked.name !== 'n99.example.') truly(asked)
    })
    const ask = askerOf(clientOf({ timeoutMs: 1500, repeats: true }), server.port)
    const answers = await Promise.all(Array.from({ length: 100 }, (_, i) => ask(`n${i}.example.`)))
    const silent = answers.at(-1)?.outcome
    const sent = server.asked.filter(({ name }) => name === 'n99.example.').length
    // At 0, 200, 600 and 1400 ms; on a busy machine later, and then fewer.
    expect(sent).toBeGreaterThanOrEqual(2)
    expect(sent).toBeLessThanOrEqual(4)
    expect(silent?.ok === false && silent.failure.message).toContain(` allowed, though asked ${sent} times`)
  })

  it('are sent once in each try where that is asked for', async () => {
    const server = await dnsServer((asked) => {
      if (asked.name !== 'n99.example.') truly(asked)
    })
    const answers = await askMany(server.port, 100, { timeoutMs: 700, tries: 2 })
    expect(answers.at(-1)).toBe('EAGAIN')
    expect(server.asked.filter(({ name }) => name === 'n99.example.')).toHaveLength(2)
  })

  it('are answered, all of them, by a server that loses many, with fewer in flight', async () => {
    const lost = (name: string) => Number(/\d+/.exec(name)?.[0]) % 7 > 2
    const seen = new Set<string>()
    const server = await dnsServer((asked) => {
      if (seen.has(asked.name) || !lost(asked.name)) truly(asked)
      seen.add(asked.name)
    })
    const client = clientOf({ repeats: true }, 64)
    const askOne = askerOf(client, server.port)
    const answers: string[] = []
    const sizes: number[] = []
    const ask = async (name: string) => {
      const { text } = await askOne(`${name}.example.`)
      sizes.push(client.window.size)
      return text
    }
    const names = Array.from({ length: 1500 }, (_, i) => (i < 300 ? `n${i}` : `n${7 * i}`))
    const { signal } = new AbortController()
    const room = () => client.window.size
    const limits = { limit: 64, room, signal, deadline: Deadline.never }
    await inOrder(names, limits, ask, (answer) => answers.push(answer))
    expect(answers).toEqual(names.map((name) => addressOf(name)))
    const least = Math.min(...sizes)
    expect(least).toBeLessThanOrEqual(32)
    // Those from the three hundredth on were not lost.
    expect(sizes.at(-1)).toBeGreaterThan(least)
  })

  it('that others than the server answer tell how much of that came', async () => {
    const server = await dnsServer((asked) => {
      asked.send(new Uint8Array(3))
      asked.answer({ id: asked.query.id ^ 0x5555, answers: [a(asked.name, '198.51.100.66')] })
      if (asked.name === 'n99.example.') asked.answer({ bits: 0x8403 })
      else truly(asked)
    })
    const ask = askerOf(clientOf({}), server.port)
    const answers = await Promise.all(Array.from({ length: 100 }, (_, i) => ask(`n${i}.example.`)))
    const denied = answers.at(-1)?.outcome
    // Those of other questions at its port count too.
    expect(denied?.ok && denied.value.answer.kind).toBe('nxdomain')
    expect(denied?.ok && denied.value.dropped).toBeGreaterThanOrEqual(2)
  })

  it('end at once where the run is interrupted, those before the first answer and those behind it', async () => {
    const run = new AbortController()
    const server = await dnsServer((asked) => {
      if (asked.name === 'n0.example.') truly(asked)
      if (asked.name === 'n150.example.') run.abort()
    })
    const client = new DnsClient({ ...ASK_ONCE }, run.signal, { answersOnly: plainly })
    onTestFinished(() => client.close())
    const ask = askerOf(client, server.port)
    const early = Array.from({ length: 100 }, (_, i) => ask(`n${i}.example.`))
    expect((await early[0])?.text).toBe(addressOf('n0'))
    const late = Array.from({ length: 100 }, (_, i) => ask(`n${100 + i}.example.`))
    const texts = (await Promise.all([...early.slice(1), ...late])).map(({ text }) => text)
    expect(new Set(texts)).toEqual(new Set(['ECANCELED']))
    expect((await ask('n200.example.')).text).toBe('ECANCELED')
  })

  it('are refused one and all where nothing listens', async () => {
    expect(new Set(await askMany(await refusingPort(), 300))).toEqual(new Set(['ECONNREFUSED']))
  })
})

describe('a port through system calls', () => {
  async function ports() {
    let busy = true
    const made = await SyscallUdpPorts.load(() => busy)
    if (!made) throw new Error('system calls cannot be made here')
    const end = () => {
      busy = false
      made.close()
    }
    return { made, end }
  }
  const loopback = { address: '127.0.0.1', family: 4 } as const
  const ignored = { received() {}, failed() {} }
  const sending = (datagram: Uint8Array) => ({
    write(bytes: Uint8Array, start: number) {
      bytes.set(datagram, start)
      return start + datagram.length
    },
  })

  it('brings back what is sent, and wakes for what comes late', async () => {
    const { made, end } = await ports()
    const server = await dnsServer((asked) => void setTimeout(() => truly(asked), 120))
    const query = Buffer.from('000001000001000000000000026e31076578616d706c650000010001', 'hex')
    const got = await new Promise<Uint8Array>((resolve, reject) => {
      // The octets are lent.
      const received = (bytes: Uint8Array, end: number) => resolve(bytes.slice(0, end))
      made.open({ server: loopback, port: server.port }, { received, failed: reject }).send(sending(query), 1)
    })
    expect(Buffer.from(got).subarray(12, query.length)).toEqual(query.subarray(12))
    end()
  })

  it('tells ECONNREFUSED as node:dgram does', async () => {
    const { made, end } = await ports()
    const port = await refusingPort()
    const error = await new Promise<Error>((failed) => {
      made.open({ server: loopback, port }, { ...ignored, failed }).send(sending(Buffer.alloc(12)), 0)
    })
    expect(error).toMatchObject({
      code: 'ECONNREFUSED',
      errno: -111,
      syscall: expect.stringMatching(/^(recvmsg|send)$/),
    })
    end()
  })

  it('throws what bind says', async () => {
    const { made, end } = await ports()
    const sourceAddress = { address: '192.0.2.1', family: 4 } as const
    expect(() => made.open({ server: loopback, port: 53, sourceAddress }, ignored)).toThrow(
      expect.objectContaining({ code: 'EADDRNOTAVAIL', syscall: 'bind' }),
    )
    end()
  })
})
