import { attemptShape, failureShape } from '../core/failure-fields.js'
import { array, boolean, type Events, type Fields, type Form, number, object, text } from '../core/shape.js'

/** JSON Schema (2020-12). */
export type Schema = Readonly<Record<string, unknown>>

/** Fields of every `result`. */
const resultShared: Fields = {
  command: text,
  ok: boolean,
  elapsedMs: number,
  ...failureShape,
  attempts: array(object(attemptShape)),
}

export interface CommandSchema {
  readonly name: string
  readonly events: Events
  readonly result: Fields
}

/** The schema of one line of any command's `--json` output, with a definition for each command and event. */
export function schemaOf(commands: readonly CommandSchema[]): Schema {
  const definitions = commands.flatMap(({ name, events, result }) => [
    ...Object.entries(events).map(([type, fields]) => [
      `${name}.${type}`,
      withFields({ type: { const: type }, ...fieldSchemas(fields) }),
    ]),
    [
      `${name}.result`,
      withFields({
        type: { const: 'result' },
        ...fieldSchemas({ ...resultShared, ...result }),
        command: { const: name },
      }),
    ],
  ])
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'One line of the output of netkit --json',
    anyOf: definitions.map(([key]) => ({ $ref: `#/$defs/${String(key)}` })),
    $defs: Object.fromEntries(definitions),
  }
}

/** The fields as they stand in a line of JSON: bytes take two, one of which holds them. */
export function fieldSchemas(fields: Fields): Readonly<Record<string, Schema>> {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, shape]): [string, Schema][] =>
      shape.kind === 'bytes'
        ? [
            ['data', orNull({ type: 'string' })],
            ['dataBase64', orNull({ type: 'string' })],
          ]
        : [[name, schemaOfShape(shape)]],
    ),
  )
}

function schemaOfShape(shape: Form): Schema {
  switch (shape.kind) {
    case 'text':
      return { type: 'string' }
    case 'port':
      return { type: 'integer', minimum: 0, maximum: 65535 }
    case 'pair':
      return { type: 'array', items: { type: 'string' }, minItems: 2, maxItems: 2 }
    case 'record':
      return { type: 'object' }
    case 'oneOf':
      return { enum: shape.values }
    case 'nullable':
    case 'known':
      return orNull(schemaOfShape(shape.of))
    case 'array':
      return { type: 'array', items: schemaOfShape(shape.of) }
    case 'object':
      return withFields(fieldSchemas(shape.fields))
    case 'bytes':
      throw new TypeError('bytes are a field of their own: they cannot stand within another shape')
    default:
      return { type: shape.kind }
  }
}

function orNull(schema: Schema): Schema {
  if (Array.isArray(schema['enum'])) return { ...schema, enum: [...schema['enum'], null] }
  return { ...schema, type: [schema['type'], 'null'] }
}

/** All fields are required: what is absent is null, never missing. */
function withFields(properties: Readonly<Record<string, Schema>>): Schema {
  return { type: 'object', properties, required: Object.keys(properties) }
}
