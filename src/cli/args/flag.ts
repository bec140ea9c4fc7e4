/** Makes a value of what stands behind a flag. `argument` is the flag as its user knows it. Throws UsageError. */
export type Parse<T> = (text: string, argument: string) => T

interface Declared<Name extends string> {
  /** What it is for, in the help. A `default` is told behind it. */
  readonly describe: string
  readonly alias?: string
  /** What stands for the value in the help: D, ADDR, LIST. */
  readonly metavar?: string
  /** Heading in the help; the command's own where left out. */
  readonly group?: string
  /** Becomes an option of the operation under its own name: see {@link OptionsOf}. */
  readonly option?: true
  /** Means something only beside one of these. */
  readonly goesWith?: readonly Name[]
  /** Cannot be given beside these, and why; empty where the names say it. */
  readonly excludes?: Readonly<Partial<Record<Name, string>>>
  /** Would have no effect beside these, and why. */
  readonly idleBeside?: Readonly<Partial<Record<Name, string>>>
  /** Of all flags with the same word here, one can be given. */
  readonly oneOf?: string
}

/** Takes no value. */
interface Switch<Name extends string> extends Declared<Name> {
  readonly kind: 'switch'
}

/** Takes a text, once. */
interface Text<Name extends string> extends Declared<Name> {
  readonly kind: 'text'
  readonly parse?: Parse<unknown>
  readonly default?: string
}

/** Takes a text each time it is given. */
interface Texts<Name extends string> extends Declared<Name> {
  readonly kind: 'texts'
  readonly parse?: Parse<unknown>
}

/** Milliseconds of `2`, `1.5s`, `500ms`. */
interface Duration<Name extends string> extends Declared<Name> {
  readonly kind: 'duration'
  /** Zero makes sense too. */
  readonly orZero?: true
  readonly default?: string
}

/** Bytes of `512`, `64k`, `10M`. */
interface Size<Name extends string> extends Declared<Name> {
  readonly kind: 'size'
  readonly default?: string
}

interface Integer<Name extends string> extends Declared<Name> {
  readonly kind: 'integer'
  readonly min: number
  readonly max: number
  readonly default?: string
}

/** 1 to 65535. */
interface Port<Name extends string> extends Declared<Name> {
  readonly kind: 'port'
}

interface Choice<Name extends string> extends Declared<Name> {
  readonly kind: 'choice'
  readonly choices: readonly string[]
  readonly default?: string
}

/** Names a file, `-` for stdin, that is read before the command runs. */
interface File<Name extends string> extends Declared<Name> {
  readonly kind: 'file'
  /** Its bytes as they are, instead of its text. */
  readonly binary?: true
}

/** Takes a text, `@FILE` or `-`; what they hold is read before the command runs. */
interface Data<Name extends string> extends Declared<Name> {
  readonly kind: 'data'
  /** `\n`, `\x00` and the like in a text mean bytes. */
  readonly escapes?: true
}

/** Names a file, `-` for stdin, that is read line by line while the command runs. */
interface Lines<Name extends string> extends Declared<Name> {
  readonly kind: 'lines'
}

/**
 * A flag, declared once: reading, ranges, help, docs/commands.md, suggestions and the type of its value follow from it.
 * `Name` is of the flags that it may speak of.
 */
export type Flag<Name extends string = string> =
  | Switch<Name>
  | Text<Name>
  | Texts<Name>
  | Duration<Name>
  | Size<Name>
  | Integer<Name>
  | Port<Name>
  | Choice<Name>
  | File<Name>
  | Data<Name>
  | Lines<Name>

export type Flags = Readonly<Record<string, Flag>>

type Parsed<F> = F extends { readonly parse: Parse<infer T> } ? T : string
type Absent<F> = F extends { readonly default: string } ? never : null

/** The type of a flag's value, as its declaration has it: durations are milliseconds, sizes bytes; null: not given. */
type ValueOf<F> = F extends { readonly kind: 'switch' }
  ? boolean
  : F extends { readonly kind: 'text' }
    ? Parsed<F> | Absent<F>
    : F extends { readonly kind: 'texts' }
      ? readonly Parsed<F>[]
      : F extends { readonly kind: 'duration' | 'size' | 'integer' | 'port' }
        ? number | Absent<F>
        : F extends { readonly kind: 'choice'; readonly choices: readonly (infer C)[] }
          ? C | Absent<F>
          : F extends { readonly binary: true } | { readonly kind: 'data' }
            ? Uint8Array | null
            : F extends { readonly kind: 'file' }
              ? string | null
              : AsyncIterable<readonly string[]> | null

/** The values of declared flags by name. */
export type Values<F> = { readonly [K in keyof F]: ValueOf<F[K]> }

type CamelCase<S extends string> = S extends `${infer Head}-${infer Tail}` ? `${Head}${Capitalize<CamelCase<Tail>>}` : S

/** `max-body`, a size, is `maxBodyBytes`; `idle-timeout` is `idleTimeoutMs`. */
type OptionName<Name extends string, F> = F extends { readonly kind: 'duration' }
  ? `${CamelCase<Name>}Ms`
  : F extends { readonly kind: 'size' }
    ? `${CamelCase<Name>}Bytes`
    : CamelCase<Name>

/** What the flags that are declared with `option` come to. */
export type OptionsOf<F> = {
  readonly [K in keyof F as F[K] extends { readonly option: true } ? OptionName<K & string, F[K]> : never]: ValueOf<
    F[K]
  >
}

/** As {@link OptionName} has it. */
export function optionName(name: string, { kind }: Flag): string {
  const unit = kind === 'duration' ? 'Ms' : kind === 'size' ? 'Bytes' : ''
  return `${name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())}${unit}`
}

/** As it is written: `-4`, `--json`. */
export function dashed(name: string): string {
  return name.length === 1 ? `-${name}` : `--${name}`
}

/** What the help says of it. */
export function flagText(flag: Flag): string {
  return 'default' in flag ? `${flag.describe} (${flag.default})` : flag.describe
}
