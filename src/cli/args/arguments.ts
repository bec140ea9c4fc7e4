import type { Positional } from '../command.js'
import type { FormatName } from '../render/formats.js'
import { dashed, type Flags, type OptionsOf, optionName, type Values } from './flag.js'
import type { OutputFlags } from './flags/shared.js'
import { readValue } from './read-value.js'

/** What the files are that a command line names, by flag. */
export interface Files {
  readonly contents: ReadonlyMap<string, Uint8Array>
  readonly lines: ReadonlyMap<string, AsyncIterable<readonly string[]>>
}

export interface FlagValue<Name> {
  readonly flag: Name
  /** Empty for a switch. */
  readonly value: string
}

/** Whether flags are given, whatever they are. */
export interface Given {
  has(flag: string): boolean
}

/** What a command line says, before it is read by name. */
export interface Written {
  readonly declared: Flags
  /** Each flag with its values, and with an empty one for a switch. */
  readonly flags: ReadonlyMap<string, readonly string[]>
  /** Throws where a word is missing or left over: `--help` must still be readable then. */
  readonly words: () => ReadonlyMap<string, readonly string[]>
  /** Every flag with its value as they were given. */
  readonly order?: readonly FlagValue<string>[]
  /** The format for every command that is asked for, or null. */
  readonly format?: FormatName | null
  readonly files?: Files
  /** What its user typed at the command's question. */
  readonly secret?: string
}

type WordsOf<W extends readonly Positional[]> = {
  readonly [P in W[number] as P['name']]: P extends { readonly required: true } ? string : string | null
}

/** The arguments of a command with those flags and words. */
export type ArgumentsOf<F extends Flags, W extends readonly Positional[] = readonly []> = Arguments<
  Values<F & OutputFlags>,
  WordsOf<W>
>

/**
 * What one command line says, read by name and coerced on the way out; `V` and `W` are the types of its flags and words.
 * Every reader throws UsageError.
 */
export class Arguments<V, W = unknown> {
  readonly #written: Written

  constructor(written: Written) {
    this.#written = written
  }

  /** The same, with what its `file`, `data` and `lines` flags name. */
  withFiles(files: Files): this {
    return this.#with({ files })
  }

  /** The same, with what its user typed at the command's question. */
  withSecret(secret: string): this {
    return this.#with({ secret })
  }

  /** What was typed at the question; null where none was asked. */
  get secret(): string | null {
    return this.#written.secret ?? null
  }

  /** The format for every command that is asked for, such as json; null: what people or other programs read here. */
  get format(): FormatName | null {
    return this.#written.format ?? null
  }

  /** Throws UsageError where a word is missing or left over. */
  checkWords(): void {
    this.#written.words()
  }

  /** The values of a positional, in order; empty where it was left out. */
  words(name: keyof W & string): readonly string[] {
    return this.#written.words().get(name) ?? []
  }

  word<K extends keyof W & string>(name: K): W[K] {
    // One that is required is there: `words` throws otherwise.
    return (this.words(name)[0] ?? null) as W[K]
  }

  has(flag: keyof V & string): boolean {
    return this.#written.flags.has(flag)
  }

  /** The first of these that is given, or null. */
  firstOf<K extends keyof V & string>(flags: readonly K[]): K | null {
    return flags.find((flag) => this.has(flag)) ?? null
  }

  /** The texts behind a flag as they were written: for messages, and for whoever looks at the writing. */
  written(flag: keyof V & string): readonly string[] {
    return this.#written.flags.get(flag) ?? []
  }

  /** What a flag says, of the type that its declaration gives. */
  value<K extends keyof V & string>(flag: K): V[K] {
    return this.#read(flag) as V[K] // the declaration is what V is made from
  }

  /** The flags of `declared` that become options under their own names. */
  options<F extends Flags>(declared: F): OptionsOf<F> {
    const entries = Object.entries(declared)
      .filter(([, { option }]) => option)
      .map(([name, flag]) => [optionName(name, flag), this.#read(name)])
    return Object.fromEntries(entries) as OptionsOf<F>
  }

  /** The values of several flags in the one order in which they were given: a conversation of `--send` and `--expect`. */
  inOrder<K extends keyof V & string>(...flags: readonly K[]): readonly FlagValue<K>[] {
    const wanted: readonly string[] = flags
    return (this.#written.order ?? []).filter((each): each is FlagValue<K> => wanted.includes(each.flag))
  }

  #read(name: string): unknown {
    const { declared, files } = this.#written
    const flag = declared[name]
    if (!flag) throw new Error(`no flag is declared as ${name}`)
    const texts = this.#written.flags.get(name) ?? []
    const read = (text: string) => readValue(flag, text, dashed(name))
    switch (flag.kind) {
      case 'switch':
        return this.#written.flags.has(name)
      case 'texts':
        return texts.map(read)
      case 'file': {
        const bytes = files?.contents.get(name) ?? null
        return bytes && !flag.binary ? new TextDecoder().decode(bytes) : bytes
      }
      case 'data':
        return files?.contents.get(name) ?? null
      case 'lines':
        return files?.lines.get(name) ?? null
      default: {
        const text = texts[0] ?? ('default' in flag ? flag.default : undefined)
        return text === undefined ? null : read(text)
      }
    }
  }

  #with(more: Partial<Written>): this {
    return new Arguments({ ...this.#written, ...more }) as this
  }
}
