import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect } from 'vitest'
import type { JsonLine } from './cli.js'

type Node = { readonly [key: string]: unknown }

/** As shipped the schema lets later versions add fields; a test wants to know of every field now. */
function closed(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(closed)
  if (typeof node !== 'object' || node === null) return node
  const entries = Object.entries(node as Node).map(([key, value]) => [key, closed(value)])
  return { ...Object.fromEntries(entries), ...('properties' in node && { additionalProperties: false }) }
}

const schema = JSON.parse(readFileSync(new URL('../../dist/schema.json', import.meta.url), 'utf8')) as Node & {
  $defs: object
}
const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true })
ajv.addSchema(closed(schema) as object, 'netkit')

/** Fails where a line of `--json` is not exactly what the shipped schema says of that command's event. */
export function expectValidLines(command: string, lines: readonly JsonLine[]): void {
  expect(lines.length, 'lines of JSON').toBeGreaterThan(0)
  expect(lines.at(-1)).toMatchObject({ type: 'result', command })
  for (const line of lines) {
    const definition = `${command}.${line.type}`
    expect(Object.keys(schema.$defs)).toContain(definition)
    const validate = ajv.getSchema(`netkit#/$defs/${definition}`)
    expect(validate?.(line), `${JSON.stringify(line)}: ${ajv.errorsText(validate?.errors)}`).toBe(true)
  }
}
