import { describe, expect, it } from 'vitest'
import { TYPE } from '../../src/protocol/dns/index.js'
import { jsonLines, netkit } from '../helpers/cli.js'
import { nameHex, RESPONSE_BITS } from '../helpers/dns-message.js'
import { type Asked, a, dnsServer } from '../helpers/dns-server.js'

const NXDOMAIN = RESPONSE_BITS | 3

/** What a resolver does that lies about some questions alone. */
function lyingAbout(isOne: (asked: Asked) => boolean, lie: (asked: Asked) => void) {
  return (asked: Asked) => (isOne(asked) ? lie(asked) : asked.answer({ bits: NXDOMAIN }))
}

const address = (asked: Asked) => asked.answer({ answers: [a(asked.name, '203.0.113.66')] })
const mail = (asked: Asked) =>
  asked.answer({ answers: [{ name: asked.name, type: 'MX', rdata: `000a${nameHex('mx.evil.example')}` }] })

async function check(script: (asked: Asked) => void) {
  const server = await dnsServer(script)
  const args = ['resolve', '--check-hijack', '--server', `127.0.0.1:${server.port}`]
  const { code, stdout } = await netkit([...args, '--json'])
  return {
    server,
    code,
    told: jsonLines(stdout).filter(({ type }) => type === 'hijack'),
    last: jsonLines(stdout).at(-1),
  }
}

describe('a resolver that lies', () => {
  it.each<[string, (asked: Asked) => void, object]>([
    [
      'for www. names alone',
      lyingAbout(({ name }) => name.startsWith('www.'), address),
      { recordType: 'A', edns: true },
    ],
    ['without EDNS alone', lyingAbout(({ query }) => query.edns === null, address), { edns: false }],
    ['in answers to A alone', lyingAbout(({ type }) => type === TYPE.A, address), { recordType: 'A' }],
    ['in answers to MX alone', lyingAbout(({ type }) => type === TYPE.MX, mail), { recordType: 'MX' }],
    [
      'for www. names, in one type, without EDNS',
      lyingAbout(({ name, type, query }) => name.startsWith('www.') && type === TYPE.MX && query.edns === null, mail),
      { recordType: 'MX', edns: false, name: expect.stringMatching(/^www\./) },
    ],
  ])('%s', async (_, script, way) => {
    const { code, told, last } = await check(script)
    expect(told).toMatchObject(Array(3).fill({ hijacked: true, ...way }))
    expect(last).toMatchObject({ code: 'HIJACKED' })
    expect(code).toBe(1)
  })

  it('an honest one is none, also where it does not serve every type', async () => {
    const { code, told } = await check((asked) =>
      asked.answer({ bits: asked.type === TYPE.A || asked.type === TYPE.AAAA ? NXDOMAIN : RESPONSE_BITS | 5 }),
    )
    expect(told).toMatchObject(Array(3).fill({ hijacked: false, status: 'nxdomain', recordType: null, code: null }))
    expect(code).toBe(0)
  })

  it('one that is silent is not asked in every way', async () => {
    const { server, told } = await check((asked) => asked.answer({ bits: RESPONSE_BITS | 5 }))
    expect(told).toMatchObject(Array(3).fill({ hijacked: false, code: 'REFUSED' }))
    expect(server.asked).toHaveLength(3 * 2)
  })
})
