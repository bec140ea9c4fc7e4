import { UsageError } from '../../core/usage-error.js'
import type { AnyCommand, Positional } from '../command.js'
import { type FormatName, isFormat } from '../render/formats.js'
import { Arguments, type ArgumentsOf } from './arguments.js'
import type { Flag, Flags } from './flag.js'
import { OUTPUT_FLAGS } from './flags/shared.js'
import { nearest } from './suggest.js'

/**
 * argv apart into the command's word, null where there is none, and what is left for it. Flags of `shared` may stand
 * before the word with their values; any other flag there is taken for a switch. Nothing is checked yet.
 */
export function takeCommand(argv: readonly string[], shared: Flags): { word: string | null; rest: readonly string[] } {
  const takesValue = (name: string) => {
    const flag = shared[name] ?? Object.values(shared).find(({ alias }) => alias === name)
    return flag !== undefined && flag.kind !== 'switch'
  }
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i] ?? ''
    if (!word.startsWith('-') || word === '-') return { word, rest: [...argv.slice(0, i), ...argv.slice(i + 1)] }
    if (word.startsWith('--')) {
      if (takesValue(word.slice(2))) i++
    } else if ([...word].findIndex((letter) => takesValue(letter)) === word.length - 1) i++
  }
  return { word: null, rest: argv }
}

/** All flags of a command, the shared ones last. */
export function flagsOf(command: { readonly flags: Flags }): Flags {
  return { ...command.flags, ...OUTPUT_FLAGS }
}

/**
 * argv in the one form that no parser can misread: `--name=value` for each flag, then the other words behind `--`.
 * Words are joined as getopt_long(3) does, so that `-p80,443`, `-zv`, `--data -x` and `--data=-x` mean what they say.
 * With `negative`, `-2` is a word. Throws UsageError for an unknown flag, with what `habits` says of it or the nearest known one, and for a missing value.
 */
export function canonicalArgv(
  argv: readonly string[],
  flags: Flags,
  habits: Readonly<Record<string, string>> = {},
  negative = false,
): { flags: string[]; words: string[] } {
  const byAlias = new Map(Object.entries(flags).flatMap(([name, { alias }]) => (alias ? [[alias, name] as const] : [])))
  const found: string[] = []
  const words: string[] = []

  const lookUp = (name: string, written: string): Flag => {
    const flag = Object.hasOwn(flags, name) ? flags[name] : undefined
    if (flag) return flag
    const habit = Object.hasOwn(habits, name) ? habits[name] : undefined
    if (habit !== undefined) throw new UsageError(`no flag ${written} here; ${habit}`, written)
    const near = nearest(name, Object.keys(flags))
    throw new UsageError(`unknown flag ${written}${near ? `; did you mean --${near}?` : '; see --help'}`, written)
  }

  for (let i = 0; i < argv.length; i++) {
    const word = argv[i] ?? ''
    const nextWord = (flag: Flag, written: string): string => {
      const next = argv[++i]
      if (next !== undefined) return next
      throw new UsageError(`${written} needs a value: ${flag.metavar ?? 'VALUE'}, ${flag.describe}`, written)
    }
    if (word === '--') {
      words.push(...argv.slice(i + 1))
      break
    }
    if (word.startsWith('--')) {
      const equals = word.indexOf('=')
      const written = equals < 0 ? word : word.slice(0, equals)
      const flag = lookUp(written.slice(2), written)
      if (flag.kind !== 'switch') found.push(equals < 0 ? `${written}=${nextWord(flag, written)}` : word)
      else if (equals < 0) found.push(written)
      else
        throw new UsageError(
          `${written} takes no value, and was given ${JSON.stringify(word.slice(equals + 1))}`,
          written,
        )
    } else if (word.startsWith('-') && word.length > 1 && !(negative && isNegativeNumber(word, flags))) {
      for (let at = 1; at < word.length; at++) {
        const letter = word[at] ?? ''
        const name = byAlias.get(letter) ?? letter
        const flag = lookUp(name, `-${letter}`)
        if (flag.kind === 'switch') {
          if (word[at + 1] === '=') throw new UsageError(`-${letter} takes no value`, `-${letter}`)
          found.push(`--${name}`)
          continue
        }
        const rest = word.slice(at + 1)
        found.push(`--${name}=${rest === '' ? nextWord(flag, `-${letter}`) : rest.replace(/^=/, '')}`)
        break
      }
    } else words.push(word)
  }
  return { flags: found, words }
}

/**
 * The format for every command that a command line asks for, by its own flag (`--json`) or as `--format json`; null for
 * none. The line may be wrong in any way: whoever reads the output is told so in that format.
 */
export function formatAskedFor(argv: readonly string[], flags: Flags): FormatName | null {
  const byAlias = new Map(Object.entries(flags).flatMap(([name, { alias }]) => (alias ? [[alias, name] as const] : [])))
  const takesValue = (name: string) => (flags[name] ?? { kind: 'switch' }).kind !== 'switch'
  for (let i = 0; i < argv.length && argv[i] !== '--'; i++) {
    const word = argv[i] ?? ''
    const named = word === '--format' ? (argv[i + 1] ?? '') : word.replace(/^--(?:format=)?/, '')
    if (word.startsWith('--') && isFormat(named)) return named
    const letters = word.startsWith('--') || !word.startsWith('-') ? [] : [...word.slice(1)]
    const ofLetter = letters.findIndex((letter) => takesValue(byAlias.get(letter) ?? letter))
    const valueFollows = letters.length > 0 ? ofLetter === letters.length - 1 : takesValue(word.slice(2))
    if (valueFollows && word.startsWith('-')) i++
  }
  return null
}

/** `-2`, `-1024`: a word, unless flags are named so (`-4`, `-6`). */
function isNegativeNumber(word: string, flags: Flags): boolean {
  return /^-\d+$/.test(word) && [...word.slice(1)].some((digit) => !Object.hasOwn(flags, digit))
}

/** Gives the words to the positionals in order. Throws UsageError for one that is missing or left over. */
export function assignWords(
  words: readonly string[],
  positionals: readonly Positional[],
): Map<string, readonly string[]> {
  const assigned = new Map<string, readonly string[]>()
  let at = 0
  for (const { name, required, variadic, describe } of positionals) {
    const taken = variadic ? words.slice(at) : words.slice(at, at + 1)
    at += taken.length
    if (taken.length > 0) assigned.set(name, taken)
    else if (required) throw new UsageError(`<${name}> is missing: ${describe}`, `<${name}>`)
  }
  const extra = words[at]
  if (extra !== undefined) throw new UsageError(`unexpected argument ${JSON.stringify(extra)}; see --help`, extra)
  return assigned
}

/** What of a command says how its argv is read. */
type CommandLine<F extends Flags, W extends readonly Positional[]> = Pick<AnyCommand, 'habits'> & {
  readonly flags: F
  readonly positionals: W
}

/** Reads a command's argv. Files are not opened here: `files` says which flags name one. Throws UsageError. */
export function parseArguments<F extends Flags, W extends readonly Positional[]>(
  argv: readonly string[],
  command: CommandLine<F, W>,
): ArgumentsOf<F, W> {
  const declared = flagsOf(command)
  const negative = command.positionals.some((positional) => positional.negative)
  const canonical = canonicalArgv(argv, declared, command.habits, negative)
  const order = canonical.flags.map((written) => {
    const [, flag = '', value = ''] = /^--([^=]*)=?(.*)$/s.exec(written) ?? []
    return { flag, value }
  })
  const flags = new Map<string, string[]>()
  for (const { flag, value } of order) {
    const before = flags.get(flag)
    const kind = declared[flag]?.kind
    if (!before) flags.set(flag, [value])
    else if (kind === 'texts') before.push(value)
    else if (kind !== 'switch') {
      const [first, second] = [before[0], value].map((each) => JSON.stringify(each))
      throw new UsageError(`--${flag} is given twice (${first}, ${second}); give it once`, `--${flag}`)
    }
  }
  const words = () => assignWords(canonical.words, command.positionals)
  return new Arguments({ declared, flags, words, order, format: formatAskedFor(argv, declared) })
}
