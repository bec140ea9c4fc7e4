import packet, { type Answer } from 'dns-packet'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { stringText } from '../../../../src/protocol/dns/text.js'
import { decodeMessage } from '../../../../src/protocol/dns/wire/decode.js'

/** What dns-packet says of each record, put into the words of a zone file. */
const label = fc.stringMatching(/^[a-zA-Z0-9_-]{1,20}$/)
const name = fc.array(label, { minLength: 1, maxLength: 5 }).map((labels) => labels.join('.'))
const u8 = fc.integer({ min: 0, max: 0xff })
const u16 = fc.integer({ min: 0, max: 0xffff })
const u32 = fc.integer({ min: 0, max: 0xffff_ffff })
/** What it stands for does not depend on today. */
const instant = fc.integer({ min: 1_000_000_000, max: 0x7fff_ffff })
const ttl = fc.integer({ min: 0, max: 0x7fff_ffff })
const octets = fc.uint8Array({ minLength: 1, maxLength: 40 }).map((bytes) => Buffer.from(bytes))
const word = fc.stringMatching(/^[a-z0-9]{1,12}$/)
const hex = (bytes: Buffer) => bytes.toString('hex').toUpperCase()
const time = (seconds: number) => new Date(seconds * 1000).toISOString().replace(/\.\d+Z$|\D/g, '')

const ipv4 = fc.ipV4()
const groups = fc.array(fc.integer({ min: 1, max: 0xffff }), { minLength: 8, maxLength: 8 })
const ipv6 = groups.map((list) => list.map((group) => group.toString(16)).join(':'))

interface Sample {
  readonly record: Answer
  readonly text: string
}

/** A record of `type` for dns-packet to encode, and the text that is expected of it. */
function sample<T>(type: string, data: fc.Arbitrary<T>, text: (data: T) => string): fc.Arbitrary<Sample> {
  return fc.record({ name, ttl, data }).map((record) => ({
    // The types of dns-packet know no record whose type is not a literal.
    record: { ...record, type, class: 'IN' } as unknown as Answer,
    text: text(record.data),
  }))
}

const SAMPLES = fc.oneof(
  sample('A', ipv4, String),
  sample('AAAA', ipv6, String),
  ...['NS', 'CNAME', 'PTR', 'DNAME'].map((type) => sample(type, name, (target) => `${target}.`)),
  sample('MX', fc.record({ preference: u16, exchange: name }), (d) => `${d.preference} ${d.exchange}.`),
  sample('RP', fc.record({ mbox: name, txt: name }), (d) => `${d.mbox}. ${d.txt}.`),
  sample('TXT', fc.array(octets, { minLength: 1, maxLength: 4 }), (d) => d.map((s) => `"${stringText(s)}"`).join(' ')),
  sample('HINFO', fc.record({ cpu: word, os: word }), (d) => `"${d.cpu}" "${d.os}"`),
  sample(
    'SOA',
    fc.record({ mname: name, rname: name, serial: u32, refresh: u32, retry: u32, expire: u32, minimum: u32 }),
    (d) => `${d.mname}. ${d.rname}. ${d.serial} ${d.refresh} ${d.retry} ${d.expire} ${d.minimum}`,
  ),
  sample(
    'SRV',
    fc.record({ priority: u16, weight: u16, port: u16, target: name }),
    (d) => `${d.priority} ${d.weight} ${d.port} ${d.target}.`,
  ),
  sample(
    'NAPTR',
    fc.record({ order: u16, preference: u16, flags: word, services: word, regexp: word, replacement: name }),
    (d) => `${d.order} ${d.preference} "${d.flags}" "${d.services}" "${d.regexp}" ${d.replacement}.`,
  ),
  sample(
    'CAA',
    fc.record({ flags: fc.constantFrom(0, 128), tag: word, value: word }),
    (d) => `${d.flags} ${d.tag} "${d.value}"`,
  ),
  sample(
    'DS',
    fc.record({ keyTag: u16, algorithm: u8, digestType: u8, digest: octets }),
    (d) => `${d.keyTag} ${d.algorithm} ${d.digestType} ${hex(d.digest)}`,
  ),
  sample(
    'SSHFP',
    fc.record({ algorithm: u8, hash: fc.constant(1), fingerprint: fc.constant('9aa4b2c1d0').map((h) => h.repeat(4)) }),
    (d) => `${d.algorithm} ${d.hash} ${d.fingerprint.toUpperCase()}`,
  ),
  sample(
    'TLSA',
    fc.record({ usage: u8, selector: u8, matchingType: u8, certificate: octets }),
    (d) => `${d.usage} ${d.selector} ${d.matchingType} ${hex(d.certificate)}`,
  ),
  sample(
    'DNSKEY',
    fc.record({ flags: u16, algorithm: u8, key: octets }),
    (d) => `${d.flags} 3 ${d.algorithm} ${d.key.toString('base64')}`,
  ),
  sample(
    'RRSIG',
    fc.record({
      typeCovered: fc.constantFrom('A', 'MX', 'TXT'),
      algorithm: u8,
      labels: u8,
      originalTTL: u32,
      expiration: instant,
      inception: instant,
      keyTag: u16,
      signersName: name,
      signature: octets,
    }),
    (d) =>
      `${d.typeCovered} ${d.algorithm} ${d.labels} ${d.originalTTL} ${time(d.expiration)} ${time(d.inception)} ` +
      `${d.keyTag} ${d.signersName}. ${d.signature.toString('base64')}`,
  ),
  sample(
    'NSEC',
    fc.record({
      nextDomain: name,
      rrtypes: fc.constantFrom(['A', 'MX'], ['NS', 'SOA', 'RRSIG', 'CAA'], ['TXT', 'DLV']),
    }),
    (d) => `${d.nextDomain}. ${d.rrtypes.join(' ')}`,
  ),
  sample(
    'NAPTR',
    fc.record({ order: u16, preference: u16, flags: word, services: word, regexp: word, replacement: fc.constant('') }),
    (d) => `${d.order} ${d.preference} "${d.flags}" "${d.services}" "${d.regexp}" .`,
  ),
)

test('what dns-packet writes is read as it was meant', () => {
  fc.assert(
    fc.property(fc.array(SAMPLES, { minLength: 1, maxLength: 12 }), u16, (samples, id) => {
      const bytes = packet.encode({
        type: 'response',
        id,
        flags: packet.AUTHORITATIVE_ANSWER,
        questions: [{ name: 'question.example', type: 'TXT', class: 'IN' }],
        answers: samples.map(({ record }) => record),
      })
      const message = decodeMessage(bytes)
      expect(message).toMatchObject({ id, fault: null, trailingBytes: 0, flags: { qr: true, aa: true } })
      expect(message?.answers.map(({ fault }) => fault)).toEqual(samples.map(() => null))
      expect(message?.answers.map((record) => [record.name, record.ttl, record.text])).toEqual(
        samples.map(({ record, text }) => [`${record.name}.`, 'ttl' in record ? record.ttl : null, text]),
      )
    }),
    { numRuns: 500 },
  )
})
