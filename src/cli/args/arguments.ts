import { isAddress } from '../../core/address/address.js'
import { parsePort } from '../../core/address/endpoint.js'
import { parseDuration } from '../../core/text/duration.js'
import { parseSize } from '../../core/text/size.js'
import { UsageError } from '../../core/usage-error.js'

/** What the files are that a command line names, by flag. */
export interface Files {
  readonly contents: ReadonlyMap<string, Uint8Array>
  readonly lines: ReadonlyMap<string, AsyncIterable<readonly string[]>>
}

const NO_FILES: Files = { contents: new Map(), lines: new Map() }

export interface FlagValue {
  readonly flag: string
  /** Empty for a switch. */
  readonly value: string
}

/** What one command line says, read by name and coerced on the way out. Every reader throws UsageError. */
export class Arguments {
  readonly #flags: ReadonlyMap<string, readonly string[]>
  readonly #positionals: () => ReadonlyMap<string, readonly string[]>
  readonly #order: readonly FlagValue[]
  readonly #files: Files
  readonly #secret: string | null

  /**
   * `positionals` throws where one is missing: `--help` must still be readable then. `order` has every flag with its
   * value as they were given.
   */
  constructor(
    flags: ReadonlyMap<string, readonly string[]>,
    positionals: () => ReadonlyMap<string, readonly string[]>,
    order: readonly FlagValue[] = [],
    files: Files = NO_FILES,
    secret: string | null = null,
  ) {
    this.#flags = flags
    this.#positionals = positionals
    this.#order = order
    this.#files = files
    this.#secret = secret
  }

  /** The same, with what its `file`, `data` and `lines` flags name. */
  withFiles(files: Files): Arguments {
    return new Arguments(this.#flags, this.#positionals, this.#order, files)
  }

  /** Throws UsageError where a word is missing or left over. */
  checkWords(): void {
    this.#positionals()
  }

  /** The same, with what its user typed at the command's question. */
  withSecret(secret: string): Arguments {
    return new Arguments(this.#flags, this.#positionals, this.#order, this.#files, secret)
  }

  /** What was typed at the question; null where none was asked. */
  get secret(): string | null {
    return this.#secret
  }

  /** The values of a positional, in order; empty where it was left out. */
  words(name: string): readonly string[] {
    return this.#positionals().get(name) ?? []
  }

  word(name: string): string | null {
    return this.words(name)[0] ?? null
  }

  has(flag: string): boolean {
    return this.#flags.has(flag)
  }

  list(flag: string): readonly string[] {
    return this.#flags.get(flag) ?? []
  }

  text(flag: string): string | null {
    return this.list(flag)[0] ?? null
  }

  /** The values of several flags in the one order in which they were given: a conversation of `--send` and `--expect`. */
  inOrder(...flags: readonly string[]): readonly FlagValue[] {
    return this.#order.filter(({ flag }) => flags.includes(flag))
  }

  /** The text of the file that a `file` flag names. */
  file(flag: string): string | null {
    const bytes = this.bytes(flag)
    return bytes ? new TextDecoder().decode(bytes) : null
  }

  /** The bytes of a `file` or `data` flag, exactly. */
  bytes(flag: string): Uint8Array | null {
    return this.#files.contents.get(flag) ?? null
  }

  /** The lines of the file that a `lines` flag names, some at a time, read as they are asked for; reading may fail on the way. */
  lines(flag: string): AsyncIterable<readonly string[]> | null {
    return this.#files.lines.get(flag) ?? null
  }

  /** Milliseconds. */
  durationMs<T extends number | null>(flag: string, otherwise: T): number | T {
    return this.#read(flag, otherwise, (text) => parseDuration(text, `--${flag}`))
  }

  sizeBytes<T extends number | null>(flag: string, otherwise: T): number | T {
    return this.#read(flag, otherwise, (text) => parseSize(text, `--${flag}`))
  }

  port<T extends number | null>(flag: string, otherwise: T): number | T {
    return this.#read(flag, otherwise, (text) => parsePort(text, `--${flag}`))
  }

  integer<T extends number | null>(flag: string, range: { min: number; max: number }, otherwise: T): number | T {
    return this.#read(flag, otherwise, (text) => {
      const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
      if (value >= range.min && value <= range.max) return value
      throw UsageError.of(`--${flag}`, text, `a whole number from ${range.min} to ${range.max}`)
    })
  }

  choice<const C extends string>(flag: string, choices: readonly C[], otherwise: C): C {
    const text = this.text(flag)
    if (text === null) return otherwise
    const found = choices.find((each) => each === text)
    if (found !== undefined) return found
    throw UsageError.of(`--${flag}`, text, `one of ${choices.join(', ')}`)
  }

  /** 4, 6 or undefined, from `-4` and `-6`. */
  family(): 4 | 6 | undefined {
    if (this.has('4') && this.has('6'))
      throw new UsageError('-4 and -6 exclude each other; leave both out for any family', '-4')
    return this.has('4') ? 4 : this.has('6') ? 6 : undefined
  }

  /** `--source`, as a literal address that agrees with `-4` and `-6`. */
  source(): { address: string; family: 4 | 6 } | undefined {
    const text = this.text('source')
    if (text === null) return undefined
    const family = isAddress(text)
    const wanted = this.family()
    if (family === 0 || (wanted !== undefined && wanted !== family)) {
      throw UsageError.of('--source', text, `a literal IPv${wanted ?? '4 or IPv6'} address of this machine`)
    }
    return { address: text, family }
  }

  #read<T>(flag: string, otherwise: T, parse: (text: string) => number): number | T {
    const text = this.text(flag)
    return text === null ? otherwise : parse(text)
  }
}
