import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Deadline } from '../../src/core/deadline.js'
import { type AskOptions, DnsClient, type DnsServer, parseServer, serverAt } from '../../src/operations/dns/index.js'
import { CLASS, className, decodeMessage, typeName, typeNumber } from '../../src/protocol/dns/index.js'
import { type Bind, startBind } from '../helpers/bind.js'
import { a, messageFor } from '../helpers/dns-server.js'

const run = promisify(execFile)
const zone = readFileSync(new URL('dns-zone/every-type.zone', import.meta.url), 'utf8')

/** Each owner and type of the zone file once. */
const questions = [
  ...new Set(
    zone.split('\n').flatMap((line) => {
      const [owner = '', type = ''] = line.split(/\s+/)
      const name = owner === '@' ? 'types.example.' : `${owner}.types.example.`
      return owner === '' || owner.startsWith(';') || owner.startsWith('$') ? [] : [`${name} ${type}`]
    }),
  ),
].map((text) => text.split(' ') as [string, string])

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

/** The records of a section as dig prints them: name, TTL, class, type, data. */
async function dig(name: string, type: string, section: 'answer' | 'authority', ...more: string[]): Promise<string[]> {
  const asking = [
    '@127.0.0.1',
    '-p',
    String(bind.port),
    '+norec',
    '+nocookie',
    '+nosplit',
    '+noall',
    `+${section}`,
    ...more,
  ]
  const { stdout } = await run('dig', [...asking, '-q', name, '-t', type])
  return stdout
    .replaceAll(' key7=', ' dohpath=') // RFC 9461 is newer than BIND 9.18
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith(';'))
    .map((line) => line.split(/[\t ]+/))
    .map(
      ([owner, ttl, recordClass, recordType, ...data]) =>
        `${owner} ${ttl} ${recordClass} ${recordType} ${data.join(' ')}`,
    )
    .sort()
}

async function netkit(server: DnsServer, name: string, type: string, section: 'answers' | 'authorities' = 'answers') {
  const number = typeNumber(type)
  if (number === null) throw new Error(`${type} is no type`)
  const outcome = await client.ask(server, { name, type: number, class: CLASS.IN }, Deadline.never)
  if (!outcome.ok) throw new Error(outcome.failure.message)
  const records = outcome.value.message[section].map(
    (record) => `${record.name} ${record.ttl} ${className(record.class)} ${typeName(record.type)} ${record.text}`,
  )
  return { records: records.sort(), reply: outcome.value }
}

describe('each record type, as dig shows it', () => {
  it.each(questions)('%s %s', async (name, type) => {
    const expected = await dig(name, type, 'answer')
    const { records } = await netkit(serverAt('127.0.0.1', bind.port, 'udp'), name, type)
    expect(expected.length).toBeGreaterThan(0)
    expect(records).toEqual(expected)
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
