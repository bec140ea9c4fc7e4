import { execFileSync } from 'node:child_process'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Bind, startBind } from '../helpers/bind.js'
import { jsonLines, netkit } from '../helpers/cli.js'

const ZONE = 'live.example.'

let bind: Bind

beforeAll(async () => {
  bind = await startBind()
})
afterAll(() => bind.stop())

/** The records that netkit shows, in order: name, TTL, type and value. */
async function transfer(type: string): Promise<string[]> {
  const { stdout, code } = await netkit(['resolve', ZONE, '-t', type, '--server', `127.0.0.1:${bind.port}`, '--json'])
  expect(code).toBe(0)
  return jsonLines(stdout)
    .filter((event) => event.type === 'answer')
    .map(({ owner, ttl, recordType, value }) => `${owner} ${ttl} ${recordType} ${value}`)
}

function dig(type: string): string[] {
  const args = ['@127.0.0.1', '-p', String(bind.port), '+tcp', '+noall', '+answer', '+nottlunits', ZONE, type]
  const lines = execFileSync('dig', args, { encoding: 'utf8' }).trimEnd().split('\n')
  return lines.map((line) => line.replace(/\s+/g, ' ').replace(/^(\S+ \d+) IN /, '$1 '))
}

function update(...lines: readonly string[]): void {
  const input = [`server 127.0.0.1 ${bind.port}`, `zone ${ZONE}`, ...lines.map((line) => `update ${line}`), 'send', '']
  execFileSync('nsupdate', [], { input: input.join('\n'), stdio: ['pipe', 'pipe', 'pipe'] })
}

const isSoa = (record: string) => record.split(' ')[2] === 'SOA'

/** What a zone becomes by the differences of an answer (RFC 1995, section 4). */
function changed(zone: readonly string[], [, ...differences]: readonly string[]): string[] {
  const records = new Set(zone)
  let adding = true
  for (const record of differences.slice(0, -1)) {
    if (isSoa(record)) adding = !adding
    if (adding) records.add(record)
    else expect(records.delete(record)).toBe(true)
  }
  return [...records]
}

it('the differences since a serial are those of dig, and make the zone that is there now of the old one', async () => {
  const before = (await transfer('AXFR')).slice(0, -1)
  update('add new.live.example. 60 A 192.0.2.7', 'delete host-7.live.example. A')
  update('add text.live.example. 60 TXT "a \\"b\\"" "c"', 'delete host-8.live.example. A 192.0.2.1')
  update('add new.live.example. 30 A 192.0.2.7')
  const newer = await transfer('IXFR=1')
  expect(newer).toEqual(dig('IXFR=1'))
  // Three steps, each from one SOA record to the next, between that of now at both ends.
  expect(newer.filter(isSoa)).toHaveLength(2 * 3 + 2)
  const after = (await transfer('AXFR')).slice(0, -1)
  expect(changed(before, newer).sort()).toEqual(after.sort())
  expect(after).not.toEqual(before.sort())
  expect(await transfer('IXFR=2')).toEqual(dig('IXFR=2'))
  expect(await transfer('IXFR=4')).toEqual([expect.stringContaining('SOA')])
})
