/** JSON Schema (2020-12) for the fields of an event. */
export type Schema = Readonly<Record<string, unknown>>
export type Fields = Readonly<Record<string, Schema>>

export const string: Schema = { type: 'string' }
export const boolean: Schema = { type: 'boolean' }
export const integer: Schema = { type: 'integer' }
export const number: Schema = { type: 'number' }
export const port: Schema = { type: 'integer', minimum: 0, maximum: 65535 }

export const nullable = (schema: Schema): Schema =>
  Array.isArray(schema['enum'])
    ? { ...schema, enum: [...schema['enum'], null] }
    : typeof schema['type'] === 'string'
      ? { ...schema, type: [schema['type'], 'null'] }
      : { anyOf: [schema, { type: 'null' }] }
export const oneOf = (...values: readonly string[]): Schema => ({ enum: values })
export const array = (items: Schema): Schema => ({ type: 'array', items })
/** All fields are required: what is absent is null, never missing. */
export const object = (fields: Fields): Schema => ({
  type: 'object',
  properties: fields,
  required: Object.keys(fields),
})

const origin = oneOf('os', 'resolver', 'tls', 'peer', 'deadline', 'abort', 'usage', 'expectation')
const phase = oneOf('options', 'lookup', 'bind', 'accept', 'connect', 'tls', 'write', 'read', 'protocol')

/** `errno` is 0 where it connected. */
export const attemptFields: Fields = {
  address: string,
  port,
  ok: boolean,
  code: nullable(string),
  errno: nullable(integer),
  origin: nullable(origin),
  syscall: nullable(string),
  elapsedMs: number,
}

/** The flat fields of a failure; null where there was none. */
export const failureFieldsSchema: Fields = {
  code: nullable(string),
  errno: nullable(integer),
  origin: nullable(origin),
  phase: nullable(phase),
  syscall: nullable(string),
  message: nullable(string),
  hint: nullable(string),
  /** What can be done, for programs: of its values more may come. */
  advice: nullable(string),
}

/** Bytes of a peer: one of the two holds them. */
export const bytesFields: Fields = { data: nullable(string), dataBase64: nullable(string) }

/** Fields of every `result`. */
/** What TLS agreed on, and with whom: `TlsReport`. */
export const tlsFields: Fields = {
  protocol: string,
  cipher: string,
  alpn: nullable(string),
  servername: nullable(string),
  authorized: boolean,
  authorizationError: nullable(string),
  chain: array(
    object({
      subject: string,
      issuer: string,
      altNames: array(string),
      validFrom: string,
      validTo: string,
      daysLeft: integer,
      serialNumber: string,
      fingerprint256: string,
    }),
  ),
}

const resultShared: Fields = {
  command: string,
  ok: boolean,
  elapsedMs: number,
  ...failureFieldsSchema,
  attempts: array(object(attemptFields)),
}

export interface CommandSchema {
  readonly name: string
  readonly events: Readonly<Record<string, Fields>>
  readonly result: Fields
}

/** The schema of one line of any command's `--json` output, with a definition for each command and event. */
export function schemaOf(commands: readonly CommandSchema[]): Schema {
  const definitions = commands.flatMap(({ name, events, result }) => [
    ...Object.entries(events).map(([type, fields]) => [
      `${name}.${type}`,
      object({ type: { const: type }, ...fields }),
    ]),
    [`${name}.result`, object({ type: { const: 'result' }, ...resultShared, command: { const: name }, ...result })],
  ])
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'One line of the output of netkit --json',
    anyOf: definitions.map(([key]) => ({ $ref: `#/$defs/${String(key)}` })),
    $defs: Object.fromEntries(definitions),
  }
}
