import { execFile, execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { formatAddress, parseAddress } from '../../src/core/address/address.js'
import { Deadline } from '../../src/core/deadline.js'
import { type AskOptions, DnsClient, parseServer, serverAt } from '../../src/operations/dns/index.js'
import { CLASS, type ResourceRecord, typeName, typeNumber } from '../../src/protocol/dns/index.js'
import { type Bind, startBind } from '../helpers/bind.js'
import { jsonLines, netkit } from '../helpers/cli.js'
import { asOfBind918, questions } from './dns-zone/questions.js'

const run = promisify(execFile)

let bind: Bind
let client: DnsClient
let directory: string
const options: AskOptions = {
  tcp: false,
  recursionDesired: false,
  checkingDisabled: false,
  edns: { udpPayloadSize: 1232 },
  timeoutMs: 10_000,
  tries: 3,
  tls: {},
}

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'netkit-texts-'))
  bind = await startBind()
  client = new DnsClient({ ...options, tls: { ca: bind.ca } }, new AbortController().signal)
})
afterAll(async () => {
  client.close()
  await bind.stop()
  rmSync(directory, { recursive: true })
})

async function ask(name: string, type: string, server = serverAt('127.0.0.1', bind.port, 'udp')) {
  const outcome = await client.ask(server, { name, type: typeNumber(type) ?? 0, class: CLASS.IN }, Deadline.never)
  if (!outcome.ok) throw new Error(outcome.failure.message)
  return outcome.value
}

/** As BIND writes it. */
function textOf({ type, text }: ResourceRecord): string {
  return asOfBind918(`${typeName(type)} ${text}`).replace(/^\S+ /, '')
}

async function textsOf(name: string, type: string): Promise<string[]> {
  const { message } = await ask(name, type)
  return message.answers.map(textOf)
}

describe('what zone files have', () => {
  /** A zone that netkit or dig wrote, as BIND's compiler understands it. */
  function compiled(zone: string, lines: readonly string[]): string[] {
    const [source, target] = [join(directory, 'source'), join(directory, 'target')]
    writeFileSync(source, `${lines.join('\n')}\n`)
    execFileSync('named-compilezone', [
      '-q',
      '-k',
      'ignore',
      '-i',
      'none',
      '-r',
      'ignore',
      '-s',
      'full',
      '-o',
      target,
      zone,
      source,
    ])
    return readFileSync(target, 'utf8').split('\n').sort()
  }

  const line = ({ name, ttl, type, text }: ResourceRecord) => asOfBind918(`${name} ${ttl} IN ${typeName(type)} ${text}`)

  it.each([
    ['types.example.', 120],
    ['edge.example.', 75],
    ['large.example.', 4000],
  ])('%s, transferred and written down, is the zone that dig transfers', async (zone, least) => {
    const { message, answer } = await ask(zone, 'AXFR')
    expect(answer.kind).toBe('answer')
    const { stdout } = await run('dig', ['@127.0.0.1', '-p', String(bind.port), '+noall', '+answer', zone, 'AXFR'])
    const records = message.answers.slice(0, -1).map(line)
    expect(records.length).toBeGreaterThan(least)
    expect(compiled(zone, records)).toEqual(compiled(zone, stdout.trimEnd().split('\n').slice(0, -1)))
  })

  it('what is newer than a serial comes as dig has it: the zone, or its SOA record alone', async () => {
    const zone = 'types.example.'
    const [soa = ''] = await textsOf(zone, 'SOA')
    const serial = Number(soa.split(' ')[2])
    for (const since of [serial, serial - 1]) {
      const args = ['@127.0.0.1', '-p', String(bind.port), '+tcp', '+noall', '+answer', zone, `IXFR=${since}`]
      const { stdout } = await run('dig', args)
      const asked = ['resolve', zone, '-t', `IXFR=${since}`, '--server', `127.0.0.1:${bind.port}`, '--json']
      const lines = jsonLines((await netkit(asked)).stdout)
      const count = stdout.trimEnd().split('\n').length
      expect(lines.filter(({ type }) => type === 'answer')).toHaveLength(count)
      expect(count > 1).toBe(since < serial)
      expect(lines.find(({ type }) => type === 'server')).toMatchObject({ transport: 'tcp', status: 'answer' })
    }
  })

  it('300 names at once are answered over TLS and HTTPS', async () => {
    const names = Array.from({ length: 300 }, () => 'types.example.')
    for (const server of [`tls://localhost:${bind.tlsPort}`, `https://localhost:${bind.httpsPort}/dns-query`]) {
      const outcomes = await Promise.all(
        names.map((name) =>
          client.ask(parseServer(server, '--server'), { name, type: 6, class: CLASS.IN }, Deadline.never),
        ),
      )
      expect(outcomes.filter(({ ok }) => ok)).toHaveLength(300)
    }
  })

  it('a zone is transferred over TLS too, and not to everybody', async () => {
    const { answer } = await ask('large.example.', 'AXFR', parseServer(`tls://localhost:${bind.tlsPort}`, '--server'))
    expect(answer).toMatchObject({ kind: 'answer', chain: { records: { length: 4004 } } })
    // It came in several messages, and all of them were of it.
    expect((await ask('large.example.', 'AXFR')).dropped).toBe(0)
    expect((await ask('nosuch.example.', 'AXFR')).answer.kind).toBe('error')
  })
})

/** Ways to write the same: what kdig has in another form than dig, in one form for both. */
function inOneNotation(type: string, text: string): string {
  const address = (literal: string) => {
    const parsed = parseAddress(literal)
    return parsed ? formatAddress(parsed) : literal
  }
  const numbers: Record<string, string> = {
    PKIX: '1',
    PGP: '3',
    OID: '254',
    RSASHA256: '8',
    INDIRECT: '252',
    PRIVATEOID: '254',
  }
  switch (type) {
    case 'AAAA':
      return address(text)
    case 'LOC':
      return text.replace(/\.0+(?=m| )/g, '')
    case 'CERT':
      return text.replace(/^(\S+) (\S+) (\S+)/, (_all, ...words: string[]) =>
        words
          .slice(0, 3)
          .map((word) => numbers[word] ?? word)
          .join(' '),
      )
    case 'NID':
    case 'L64':
      return text.toLowerCase().replace(/(?<=[ :])0+(?=[\da-f])/g, '')
    case 'EUI48':
    case 'EUI64':
      return text.toLowerCase()
    case 'SVCB':
    case 'HTTPS':
      return text
        .replaceAll('\\032', ' ')
        .replace(/(?<!\\)"/g, '')
        .replace(/(?<=ipv6hint=)\S+/, (list) => list.split(',').map(address).join())
    default:
      return text
  }
}

/** Runs `work` on each, a few at a time. */
async function each<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const rest = [...items]
  const one = async () => {
    for (let item = rest.shift(); item !== undefined; item = rest.shift()) await work(item)
  }
  await Promise.all([one(), one(), one(), one()])
}

describe('others show the same', () => {
  it('kdig, of all types that it knows', async () => {
    const known = new Set<string>()
    await each(questions, async ([name, type]) => {
      const args = ['@127.0.0.1', '-p', String(bind.port), '+norec', '+noall', '+answer', '-q', name, '-t', type]
      const { stdout } = await run('kdig', args).catch(() => ({ stdout: '' }))
      const texts = stdout.split('\n').flatMap((line) => {
        const [, , , shown, ...data] = line.split(/[\t ]+/)
        // As octets: a type without a notation of its own there.
        return shown === undefined || data[0] === '\\#' ? [] : [data.join(' ').trimEnd()]
      })
      if (texts.length === 0) return
      known.add(type)
      const written = (list: readonly string[]) => list.map((text) => inOneNotation(type, text)).sort()
      // kdig leaves out an IPSECKEY without an algorithm that has a key all the same.
      const expected = expect.arrayContaining(written(texts))
      expect(written(await textsOf(name, type)), `${name} ${type}`).toEqual(expected)
    })
    expect(known.size).toBeGreaterThan(45)
  }, 60_000)

  it('host, of all types, at the end of its sentences', async () => {
    await each(questions, async ([name, type]) => {
      const args = ['-r', '-p', String(bind.port), '-t', type, name, '127.0.0.1']
      const { stdout } = await run('host', args)
      // host breaks long hexadecimal and base64 into pieces.
      const joined = (text: string) => text.replaceAll(/\s/g, '')
      const sentences = stdout.split('\n').map(joined)
      for (const text of await textsOf(name, type)) {
        expect(
          sentences.some((sentence) => sentence.endsWith(joined(text))),
          `${name} ${type} ${text}\n${stdout}`,
        ).toBe(true)
      }
    })
  }, 60_000)
})

describe('over IPv6', () => {
  it.each(['udp', 'tcp', 'tls', 'https'] as const)('%s brings the same', async (transport) => {
    const port = { udp: bind.port, tcp: bind.port, tls: bind.tlsPort, https: bind.httpsPort }[transport]
    const reply = await ask('svcb.types.example.', 'SVCB', parseServer(`${transport}://[::1]:${port}`, '--server'))
    expect(reply).toMatchObject({ transport, address: '::1' })
    const texts = reply.message.answers.map(textOf).sort()
    expect(texts).toEqual((await textsOf('svcb.types.example.', 'SVCB')).sort())
    expect(texts).toHaveLength(9)
  })
})

describe('a server that wants a key', () => {
  it('is REFUSED, with the reason that BIND gives and a hint at keys', async () => {
    const args = ['resolve', 'www.secret.example', '-t', 'A', '--server', `127.0.0.1:${bind.port}`, '--json']
    const { code, stdout } = await netkit(args)
    const lines = jsonLines(stdout)
    expect(lines.at(-1)).toMatchObject({ code: 'REFUSED', hint: expect.stringContaining('TSIG') })
    expect(lines.at(-1)?.['message']).toContain('[Prohibited]')
    expect(code).toBe(3)
  })

  it('answers dig, which has it', async () => {
    const key = 'hmac-sha256:ours:bmV0a2l0IHRlc3Qga2V5'
    const args = ['@127.0.0.1', '-p', String(bind.port), '+short', '-y', key, 'www.secret.example', 'A']
    expect((await run('dig', args)).stdout.trim()).toBe('192.0.2.2')
  })
})
