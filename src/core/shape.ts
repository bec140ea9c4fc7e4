/**
 * What the fields of events and results hold, declared once: the TypeScript type is taken from these values, and so are
 * the JSON Schema and the documentation.
 */

declare const TYPE: unique symbol

/** What one field holds. `T` is its TypeScript type, which no value of it stands for. */
export type Shape<T> = Form & { readonly [TYPE]?: T }

/** A shape without its type, for whoever makes something else of it. */
export type Form =
  | { readonly kind: 'text' | 'integer' | 'number' | 'boolean' | 'port' | 'pair' | 'record' | 'bytes' }
  | { readonly kind: 'oneOf'; readonly values: readonly (string | number)[] }
  | { readonly kind: 'nullable' | 'known' | 'array'; readonly of: Form }
  | { readonly kind: 'object'; readonly fields: Fields }

/** Fields by name. */
export type Fields = Readonly<Record<string, Shape<unknown>>>

/** The fields of each event, by the name that stands in its `type`. */
export type Events = Readonly<Record<string, Fields>>

/** The TypeScript type of a shape. */
export type TypeOf<S> = S extends { readonly [TYPE]?: infer T } ? T : never

/** The TypeScript type of an object with those fields. */
export type ValueOf<F extends Fields> = { readonly [K in keyof F]: TypeOf<F[K]> }

/** The TypeScript type of the events, or of those with that name. */
export type EventOf<E extends Events, Name extends keyof E & string = keyof E & string> = {
  [K in Name]: Flat<{ readonly type: K } & ValueOf<E[K]>>
}[Name]

type Flat<T> = { [K in keyof T]: T[K] }

export const text: Shape<string> = { kind: 'text' }
export const integer: Shape<number> = { kind: 'integer' }
export const number: Shape<number> = { kind: 'number' }
export const boolean: Shape<boolean> = { kind: 'boolean' }
/** 0 to 65535. */
export const port: Shape<number> = { kind: 'port' }
/** A name and its value, such as a header field. */
export const pair: Shape<readonly [string, string]> = { kind: 'pair' }
/** Fields that only their maker knows. */
export const record: Shape<Readonly<Record<string, unknown>>> = { kind: 'record' }
/** Bytes of a peer: as JSON `data` where they are UTF-8, else `dataBase64`. A field of that shape is called `bytes`. */
export const bytes: Shape<Uint8Array> = { kind: 'bytes' }

/** One of these values. */
export function oneOf<const V extends string | number>(...values: readonly V[]): Shape<V> {
  return { kind: 'oneOf', values }
}

/** What is absent is null, never missing. */
export function nullable<T>(of: Shape<T>): Shape<T | null> {
  return { kind: 'nullable', of }
}

/** Null in a result line as long as nothing is known, never in a value. */
export function known<T>(of: Shape<T>): Shape<T> {
  return { kind: 'known', of }
}

export function array<T>(of: Shape<T>): Shape<readonly T[]> {
  return { kind: 'array', of }
}

export function object<const F extends Fields>(fields: F): Shape<ValueOf<F>> {
  return { kind: 'object', fields }
}

/** The fields of a result of which nothing is known: null where that may be, else nought, no and nothing. */
export function nothingKnown(fields: Fields): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(fields).map(([name, shape]) => [name, nothing(shape)]))
}

function nothing({ kind }: Form): unknown {
  switch (kind) {
    case 'integer':
    case 'number':
      return 0
    case 'boolean':
      return false
    case 'array':
      return []
    case 'nullable':
    case 'known':
      return null
    default:
      throw new TypeError(`a result with a field that is always there cannot have a ${kind}`)
  }
}
