import { checkHost } from '../core/address/host-name.js'
import { Deadline } from '../core/deadline.js'
import { iterate, type Run } from '../core/iterate.js'
import type { Operation, OperationEvent } from '../core/operation.js'
import { quoted, UsageError } from '../core/usage-error.js'

/** What every function takes beside its own options. */
export interface RunOptions {
  /** Ends the run soon, with what it knows by then. */
  readonly signal?: AbortSignal | undefined
  /** Milliseconds for the whole run, however many peers and tries it has; no bound where left out. */
  readonly deadlineMs?: number | undefined
}

interface Bounds {
  readonly min?: number
  readonly max?: number
}

/**
 * The options of one call, read one by one at the door. What is of the wrong type, out of range or unknown is a UsageError
 * that names it, before anything is awaited or sent.
 */
export class OptionsReader<Options extends object> {
  readonly #given: Readonly<Record<string, unknown>>
  readonly #names = new Set<string>()

  constructor(given: Options) {
    if (typeof given !== 'object' || given === null || Array.isArray(given))
      throw UsageError.of('options', shown(given), 'an object of options')
    this.#given = given as Readonly<Record<string, unknown>>
  }

  /** As it was given, for whoever looks at it himself; undefined where it is left out. */
  value<Name extends keyof Options & string>(name: Name): Options[Name] | undefined {
    this.#names.add(name)
    return this.#given[name] as Options[Name] | undefined
  }

  text(name: keyof Options & string): string | undefined {
    return this.#typed(name, (value) => typeof value === 'string', 'a text')
  }

  boolean(name: keyof Options & string): boolean {
    return this.#typed(name, (value) => typeof value === 'boolean', 'true or false') ?? false
  }

  /** A whole number. */
  integer(name: keyof Options & string, { min = 0, max = Number.MAX_SAFE_INTEGER }: Bounds = {}): number | undefined {
    const isMeant = (value: unknown) => Number.isSafeInteger(value) && Number(value) >= min && Number(value) <= max
    const expected =
      max === Number.MAX_SAFE_INTEGER ? `a whole number, ${min} or more` : `a whole number, ${min} to ${max}`
    return this.#typed(name, isMeant, expected)
  }

  /** A number above zero, such as milliseconds. Infinity is one. */
  positive(name: keyof Options & string): number | undefined {
    return this.#typed(name, (value) => typeof value === 'number' && value > 0, 'a number above zero')
  }

  choice<Value extends string | number>(name: keyof Options & string, values: readonly Value[]): Value | undefined {
    return this.#typed(name, (value) => values.includes(value as Value), `one of ${values.join(', ')}`)
  }

  /** A list, also of one that stands alone; empty where it is left out. */
  list<Item>(name: keyof Options & string, isItem: (value: unknown) => boolean, expected: string): readonly Item[] {
    const value = this.value(name)
    if (value === undefined) return []
    const items: readonly unknown[] = Array.isArray(value) ? value : [value]
    const wrong = items.find((item) => !isItem(item))
    if (wrong !== undefined || items.includes(undefined)) throw UsageError.of(name, shown(wrong), expected)
    return items as readonly Item[]
  }

  texts(name: keyof Options & string): readonly string[] {
    return this.list(name, (value) => typeof value === 'string', 'a text, or a list of texts')
  }

  /** A nested object of options, read as this one is. */
  nested<Inner extends object, Read>(
    name: keyof Options & string,
    read: (inner: OptionsReader<Inner>) => Read,
  ): Read | undefined {
    const value = this.value(name)
    return value === undefined ? undefined : readOptions(name, value as Inner, read)
  }

  /** Throws UsageError where an option was given that nobody has asked for: a misspelt name, for example. */
  end(): void {
    const stray = Object.keys(this.#given).find((name) => !this.#names.has(name) && this.#given[name] !== undefined)
    if (stray !== undefined)
      throw new UsageError(`there is no option ${quoted(stray)}; there are ${[...this.#names].join(', ')}`, stray)
  }

  #typed<Value>(name: string, isMeant: (value: unknown) => boolean, expected: string): Value | undefined {
    this.#names.add(name)
    const value = this.#given[name]
    if (value === undefined) return undefined
    if (!isMeant(value)) throw UsageError.of(name, shown(value), expected)
    return value as Value
  }
}

/** Reads an object of options to its end. `what` is how messages name it. */
export function readOptions<Options extends object, Read>(
  what: string,
  given: Options,
  read: (options: OptionsReader<Options>) => Read,
): Read {
  try {
    const reader = new OptionsReader(given)
    const options = read(reader)
    reader.end()
    return options
  } catch (error) {
    if (error instanceof UsageError) throw new UsageError(`${what}: ${error.message}`, error.argument)
    throw error
  }
}

/** Begins a run, or one that rejects at once where its options are misused. */
export function begin<Given extends RunOptions, Options, Event extends OperationEvent, Value>(
  what: string,
  operation: Operation<Options, Event, Value>,
  given: Given,
  read: (options: OptionsReader<Given>) => Options,
): Run<Event, Value> {
  try {
    const { options, context } = readOptions(what, given, (reader) => ({
      context: readRun(reader),
      options: read(reader),
    }))
    return iterate(operation, options, context)
  } catch (error) {
    return iterate(() => Promise.reject(error), null)
  }
}

function readRun(reader: OptionsReader<RunOptions>) {
  const deadline = Deadline.after(reader.positive('deadlineMs') ?? null)
  const signal = readSignal(reader)
  return { deadline, ...(signal && { signal }) }
}

export function readSignal(reader: OptionsReader<RunOptions>): AbortSignal | undefined {
  const [signal] = reader.list<AbortSignal>('signal', (value) => value instanceof AbortSignal, 'an AbortSignal')
  return signal
}

/** A name or a literal address in its canonical text. */
export function readHost(text: string, argument: string): string {
  const host = checkHost(text, argument)
  return host.kind === 'address' ? host.address : host.name
}

/** A value as a message names it, whatever it is. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return value
  return typeof value === 'object' && value !== null ? Object.prototype.toString.call(value) : String(value)
}
