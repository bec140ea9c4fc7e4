import { execFile } from 'node:child_process'
import { createServer } from 'node:https'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Deadline } from '../../src/core/deadline.js'
import { type AskOptions, DnsClient, type DnsServer, parseServer, serverAt } from '../../src/operations/dns/index.js'
import { CLASS, className, decodeMessage, typeName, typeNumber } from '../../src/protocol/dns/index.js'
import { type Bind, startBind } from '../helpers/bind.js'
import { a, messageFor } from '../helpers/dns-server.js'
import { asOfToday, questions } from './dns-zone/questions.js'

const run = promisify(execFile)

let bind: Bind
let client: DnsClient
const options: AskOptions = {
  tcp: false,
  recursionDesired: false,
  checkingDisabled: false,
  edns: { udpPayloadSize: 1232, nsid: true },
  timeoutMs: 10_000,
  tries: 3,
  tls: {},
}

beforeAll(async () => {
  bind = await startBind()
  client = new DnsClient({ ...options, tls: { ca: bind.ca } }, new AbortController().signal)
})
afterAll(async () => {
  client.close()
  await bind.stop()
})

/** What dig prints, line by line; many questions in one run of it, since each start costs more than the question. */
async function digLines(asking: readonly (readonly [string, string])[], more: readonly string[]): Promise<string[]> {
  const batch = asking.flatMap(([name, type]) => ['-q', name, '-t', type, '@127.0.0.1', '-p', String(bind.port)])
  const { stdout } = await run('dig', ['+norec', '+nocookie', '+nosplit', '+noall', ...more, ...batch])
  return stdout.split('\n').filter((line) => line !== '')
}

/** A record as dig prints it: name, TTL, class, type, data, a blank between them. */
function recordOf(line: string): string {
  const [owner, ttl, recordClass, recordType, ...data] = line.split(/[\t ]+/)
  return asOfToday(`${owner} ${ttl} ${recordClass} ${recordType} ${data.join(' ')}`)
}

/** The records of a section as dig prints them. */
async function dig(name: string, type: string, section: 'answer' | 'authority', ...more: string[]): Promise<string[]> {
  const lines = await digLines([[name, type]], [`+${section}`, ...more])
  return lines
    .filter((line) => !line.startsWith(';'))
    .map(recordOf)
    .sort()
}

/** The answers to each of these questions, in their order. */
async function digAll(asking: readonly (readonly [string, string])[]): Promise<string[][]> {
  const answers: string[][] = []
  for (const line of await digLines(asking, ['+question', '+answer'])) {
    if (line.startsWith(';')) answers.push([])
    else answers.at(-1)?.push(recordOf(line))
  }
  return answers.map((records) => records.sort())
}

async function netkit(
  server: DnsServer,
  name: string,
  type: string,
  section: 'answers' | 'authorities' = 'answers',
  through = client,
) {
  const number = typeNumber(type)
  if (number === null) throw new Error(`${type} is no type`)
  const outcome = await through.ask(server, { name, type: number, class: CLASS.IN }, Deadline.never)
  if (!outcome.ok) throw new Error(outcome.failure.message)
  const records = outcome.value.message[section].map(
    (record) => `${record.name} ${record.ttl} ${className(record.class)} ${typeName(record.type)} ${record.text}`,
  )
  return { records: records.sort(), reply: outcome.value }
}

describe('each record type, as dig shows it', () => {
  let expected: string[][] = []
  beforeAll(async () => {
    expected = await digAll(questions)
  })

  it.each(questions.map(([name, type], at) => [name, type, at] as const))('%s %s', async (name, type, at) => {
    const { records } = await netkit(serverAt('127.0.0.1', bind.port, 'udp'), name, type)
    expect(expected[at]?.length).toBeGreaterThan(0)
    expect(records).toEqual(expected[at])
  })
})

describe('denials', () => {
  it.each([
    ['nosuch.types.example.', 'A', 'nxdomain'],
    ['a.types.example.', 'MX', 'nodata'],
  ])('%s %s is %s, with the SOA that dig shows', async (name, type, kind) => {
    const { records, reply } = await netkit(serverAt('127.0.0.1', bind.port, 'udp'), name, type, 'authorities')
    expect(records).toEqual(await dig(name, type, 'authority'))
    expect(reply.answer).toMatchObject({ kind, negativeTtl: 300 })
  })
  it('a zone that is not served is REFUSED', async () => {
    const { reply } = await netkit(serverAt('127.0.0.1', bind.port, 'udp'), 'other.example.', 'A')
    expect(reply.answer.kind).toBe('refused')
  })
})

describe('a signed zone', () => {
  it.each([
    ['nosuch.signed.example.', 'A', 'authority'],
    ['www.signed.example.', 'MX', 'authority'],
    ['any.wild.signed.example.', 'TXT', 'authority'],
    ['any.wild.signed.example.', 'TXT', 'answer'],
    ['signed.example.', 'NSEC3PARAM', 'answer'],
    ['signed.example.', 'DNSKEY', 'answer'],
    ['signed.example.', 'SOA', 'answer'],
  ] as const)('%s %s: NSEC3, RRSIG and keys in the %s section are what dig shows', async (name, type, section) => {
    const edns = { udpPayloadSize: 4096, dnssecOk: true }
    const dnssec = new DnsClient({ ...options, edns }, new AbortController().signal)
    const server = serverAt('127.0.0.1', bind.port, 'udp')
    const { records } = await netkit(server, name, type, section === 'answer' ? 'answers' : 'authorities', dnssec)
    dnssec.close()
    expect(records.join('\n')).toContain('RRSIG')
    expect(records).toEqual(await dig(name, type, section, '+dnssec', '+bufsize=4096'))
  })
})

describe('every transport brings the same', () => {
  it.each(['udp', 'tcp', 'tls', 'https'] as const)('%s', async (transport) => {
    const port = { udp: bind.port, tcp: bind.port, tls: bind.tlsPort, https: bind.httpsPort }[transport]
    const server = parseServer(`${transport}://localhost:${port}`, '--server')
    for (const [name, type] of [
      ['svcb.types.example.', 'SVCB'],
      ['txt.types.example.', 'TXT'],
    ] as const) {
      const { records, reply } = await netkit(server, name, type)
      expect(records).toEqual(await dig(name, type, 'answer'))
      expect(reply.transport).toBe(transport)
      expect(reply.message.edns?.options[0]?.fields).toMatchObject({ text: 'netkit-bind' })
      if (transport === 'https') expect(reply.httpVersion).toBe('2')
      if (transport === 'tls' || transport === 'https') expect(reply.tlsProtocol).toMatch(/^TLSv1\.[23]$/)
    }
  })

  it('an answer larger than the buffer comes by TCP', async () => {
    const small = new DnsClient({ ...options, edns: null }, new AbortController().signal)
    const question = { name: 'big.types.example.', type: typeNumber('TXT') ?? 0, class: CLASS.IN }
    const outcome = await small.ask(serverAt('127.0.0.1', bind.port, 'udp'), question, Deadline.never)
    small.close()
    expect(outcome.ok && outcome.value).toMatchObject({ transport: 'tcp', truncated: true, answer: { kind: 'answer' } })
  })

  it('a certificate that nobody signed is refused, by the name of the reason', async () => {
    const strict = new DnsClient(options, new AbortController().signal)
    const question = { name: 'a.types.example.', type: 1, class: CLASS.IN }
    for (const server of [`tls://localhost:${bind.tlsPort}`, `https://localhost:${bind.httpsPort}`]) {
      const outcome = await strict.ask(parseServer(server, '--server'), question, Deadline.never)
      expect(outcome).toMatchObject({ ok: false, failure: { origin: 'tls', code: 'DEPTH_ZERO_SELF_SIGNED_CERT' } })
    }
    strict.close()
  })

  it('a path that does not speak DNS is its HTTP status', async () => {
    const server = parseServer(`https://localhost:${bind.httpsPort}/nothing`, '--server')
    const outcome = await client.ask(server, { name: 'a.types.example.', type: 1, class: CLASS.IN }, Deadline.never)
    expect(outcome).toMatchObject({ ok: false, failure: { origin: 'peer', phase: 'protocol', code: 'HTTP_404' } })
  })

  it('HTTP/1.1 where the server has no HTTP/2; what is no DNS message is EBADRESP', async () => {
    let type = 'application/dns-message'
    const server = createServer({ key: bind.key, cert: bind.ca }, async (request, response) => {
      const chunks: Uint8Array[] = []
      for await (const chunk of request) chunks.push(chunk)
      const query = decodeMessage(Buffer.concat(chunks))
      if (!query) throw new Error('no query')
      response.setHeader('content-type', type)
      response.end(messageFor({ query }, { answers: [a('a.types.example.', '192.0.2.1')] }))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : 0
    const ask = () =>
      client.ask(
        parseServer(`https://127.0.0.1:${port}/q`, '--server'),
        { name: 'a.types.example.', type: 1, class: CLASS.IN },
        Deadline.never,
      )
    for (let i = 0; i < 3; i++) expect(await ask()).toMatchObject({ ok: true, value: { httpVersion: '1.1' } })
    type = 'text/html'
    expect(await ask()).toMatchObject({ ok: false, failure: { code: 'EBADRESP', origin: 'peer', phase: 'protocol' } })
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
})
