import { describe, expect, expectTypeOf, it, test } from 'vitest'
import {
  array,
  boolean,
  bytes,
  type EventOf,
  integer,
  known,
  nothingKnown,
  nullable,
  number,
  object,
  oneOf,
  type pair,
  port,
  type record,
  type TypeOf,
  text,
  type ValueOf,
} from '../../../src/core/shape.js'

const point = { x: number, label: nullable(text) }
const events = {
  opened: { port, way: oneOf('in', 'out'), points: array(object(point)) },
  data: { bytes, family: nullable(oneOf(4, 6)) },
}

describe('the type of a shape', () => {
  test('is what the field holds', () => {
    expectTypeOf<TypeOf<typeof text>>().toEqualTypeOf<string>()
    expectTypeOf<TypeOf<typeof integer>>().toEqualTypeOf<number>()
    expectTypeOf<TypeOf<typeof boolean>>().toEqualTypeOf<boolean>()
    expectTypeOf<TypeOf<typeof pair>>().toEqualTypeOf<readonly [string, string]>()
    expectTypeOf<TypeOf<typeof record>>().toEqualTypeOf<Readonly<Record<string, unknown>>>()
  })

  test('of an object has each of its fields, read-only and never missing', () => {
    expectTypeOf<ValueOf<typeof point>>().toEqualTypeOf<{ readonly x: number; readonly label: string | null }>()
    const known_ = { seed: known(integer) }
    expectTypeOf<ValueOf<typeof known_>>().toEqualTypeOf<{ readonly seed: number }>()
  })

  test('of an event has its name as type', () => {
    interface Opened {
      readonly type: 'opened'
      readonly port: number
      readonly way: 'in' | 'out'
      readonly points: readonly { readonly x: number; readonly label: string | null }[]
    }
    interface Data {
      readonly type: 'data'
      readonly bytes: Uint8Array
      readonly family: 4 | 6 | null
    }
    expectTypeOf<EventOf<typeof events, 'opened'>>().toEqualTypeOf<Opened>()
    expectTypeOf<EventOf<typeof events>>().toEqualTypeOf<Opened | Data>()
  })
})

describe('a result of which nothing is known', () => {
  it('has null where that may be, else nought, no and nothing', () => {
    const result = { done: integer, ms: number, secure: boolean, reasons: array(text), name: nullable(text) }
    expect(nothingKnown({ ...result, seed: known(integer) })).toEqual({
      done: 0,
      ms: 0,
      secure: false,
      reasons: [],
      name: null,
      seed: null,
    })
  })

  it('is refused where a field would have to be made up', () => {
    expect(() => nothingKnown({ name: text })).toThrow(TypeError)
  })
})
