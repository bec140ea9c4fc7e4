import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import { jsonLine } from '../../../src/cli/render/json.js'
import { schemaOf } from '../../../src/cli/schema.js'
import { array, boolean, bytes, integer, nullable, oneOf, pair, port, record, text } from '../../../src/core/shape.js'

const events = {
  data: { bytes, way: nullable(oneOf('in', 'out')) },
  answer: { port, pairs: array(pair), fields: nullable(record), count: integer, ok: boolean, name: text },
}
const answer = { type: 'answer', port: 80, pairs: [['a', 'b']], fields: { x: 1 }, count: 2, ok: true, name: 'n' }

describe('the JSON Schema of declared events', () => {
  const ajv = new Ajv2020({ strict: true, allowUnionTypes: true })
  const holds = ajv.compile(schemaOf([{ name: 'try', events, result: { count: integer } }]))

  it.each([
    ['text as bytes', { type: 'data', bytes: Buffer.from('hi'), way: 'in' }],
    ['other bytes', { type: 'data', bytes: Uint8Array.of(0xff), way: null }],
    ['every kind of field', answer],
    ['null where that may be', { ...answer, fields: null }],
  ])('holds for %s', (_what, event) => {
    expect(holds(JSON.parse(jsonLine(event))), ajv.errorsText(holds.errors)).toBe(true)
  })

  it.each([
    ['a word that is none of those', { type: 'data', bytes: Buffer.from('hi'), way: 'up' }],
    ['no bytes', { type: 'data', way: 'in' }],
    ['a port beyond', { ...answer, port: 65536 }],
    ['half a pair', { ...answer, pairs: [['a']] }],
    ['a broken number', { ...answer, count: 1.5 }],
    ['a field that is missing', { ...answer, name: undefined }],
    ['an event that is not declared', { ...answer, type: 'other' }],
  ])('does not hold for %s', (_what, event) => {
    expect(holds(JSON.parse(jsonLine(event)))).toBe(false)
  })
})
