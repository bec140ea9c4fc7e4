import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import type { AnyCommand } from '../../../../src/cli/command.js'
import { COMMANDS } from '../../../../src/cli/commands/index.js'
import { resultFields } from '../../../../src/cli/render/result.js'
import { schemaOf } from '../../../../src/cli/schema.js'
import { abortFailure } from '../../../../src/core/failure.js'
import { fail, ok } from '../../../../src/core/outcome.js'
import { array, boolean, integer, nullable, number, object, oneOf, text } from '../../../../src/core/shape.js'

const RESULT = {
  name: nullable(text),
  verdict: nullable(oneOf('good', 'bad')),
  statistics: nullable(object({ sent: integer })),
  secure: boolean,
  count: integer,
  lossPercent: number,
  reasons: array(text),
}
const pretend = (more: Partial<AnyCommand> = {}) =>
  ({ name: 'pretend', result: RESULT, ...more }) as unknown as AnyCommand
const NOTHING = { name: null, verdict: null, statistics: null, secure: false, count: 0, lossPercent: 0, reasons: [] }
const failed = fail(abortFailure('options', 'interrupted'), 7)

describe('the result of a command', () => {
  it('has all of its fields where nothing is known', () => {
    expect(resultFields(pretend(), failed, null)).toMatchObject({
      ...{ type: 'result', command: 'pretend', ok: false, elapsedMs: 7, message: 'interrupted', attempts: [] },
      ...NOTHING,
    })
  })

  it('has what is known, and no field that is not declared', () => {
    const value = { name: 'x', count: 3, reasons: ['y'], secret: 1 }
    const fields = resultFields(pretend(), ok(value, 1), {})
    expect(fields).toMatchObject({ ok: true, code: null, ...NOTHING, name: 'x', count: 3, reasons: ['y'] })
    expect(fields).not.toHaveProperty('secret')
  })

  it('has what the command makes of its value and its options', () => {
    const command = pretend({ resultFields: (value, options) => ({ count: options?.count, ...value?.inner }) })
    expect(resultFields(command, failed, { count: 2 })).toMatchObject({ ...NOTHING, count: 2 })
    expect(resultFields(command, failed, null)).toMatchObject(NOTHING)
    expect(resultFields(command, ok({ inner: { name: 'z' } }, 1), { count: 2 })).toMatchObject({ name: 'z', count: 2 })
  })

  it.each(Object.entries(COMMANDS))('%s: is as its schema says where nothing is known', async (_, load) => {
    const command = await load()
    const validate = new Ajv2020().compile(schemaOf([command]))
    expect(validate(resultFields(command, failed, null)), JSON.stringify(validate.errors)).toBe(true)
  })
})
