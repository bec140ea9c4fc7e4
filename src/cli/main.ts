import { fromNodeError } from '../core/failure.js'
import { fail } from '../core/outcome.js'
import { UsageError } from '../core/usage-error.js'
import { VERSION } from '../version.js'
import { canonicalArgv, flagsOf, formatAskedFor, parseArguments, takeCommand } from './args/command-line.js'
import { SHARED_FLAGS } from './args/flags/shared.js'
import { checkRelations } from './args/relations.js'
import { INTERRUPTED, readSecret } from './args/secret.js'
import { nearest } from './args/suggest.js'
import type { AnyArguments, AnyCommand } from './command.js'
import { COMMANDS } from './commands/index.js'
import type { Environment } from './environment.js'
import { EXIT } from './exit-code.js'
import { readFiles } from './files/input-files.js'
import { rendererFor } from './render/formats.js'
import { createScreen, type Screen } from './render/screen.js'
import { type ColorChoice, createTheme, wantsColor } from './render/theme.js'
import { complain, end, refuse, run } from './run.js'

/** Parses, runs, renders. Resolves to the exit code once all output has been handed over; never rejects for misuse. */
export async function main(environment: Environment): Promise<number> {
  const code = await dispatch(environment)
  const { stdout, stderr } = environment
  await Promise.all([stdout.flushed(), stderr.flushed()])
  if (!stdout.failure) return code
  stderr.write(`netkit: cannot write the output: ${fromNodeError(stdout.failure, 'write').message}\n`)
  await stderr.flushed()
  return EXIT.local
}

async function dispatch(environment: Environment): Promise<number> {
  const { word, rest } = takeCommand(environment.argv, SHARED_FLAGS)
  if (word === null) return withoutCommand(environment)
  if (word === 'help') return dispatch({ ...environment, argv: [...rest, '--help'] })
  const load = Object.hasOwn(COMMANDS, word) ? COMMANDS[word] : undefined
  return load ? runCommand(await load(), rest, environment) : complain(environment, unknownCommand(word, environment))
}

async function withoutCommand(environment: Environment): Promise<number> {
  const { argv, stdout, stderr } = environment
  if (argv.length === 0) {
    stderr.write(await helpOnAll(stderr.columns))
    return EXIT.usage
  }
  try {
    const { flags } = canonicalArgv(argv, SHARED_FLAGS)
    if (flags.includes('--help')) stdout.write(await helpOnAll(stdout.columns))
    else if (flags.includes('--version')) stdout.write(`${VERSION}\n`)
    else throw new UsageError('a command is missing; see netkit --help')
    return EXIT.ok
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    return complain(environment, error)
  }
}

function unknownCommand(word: string, { argv }: Environment): UsageError {
  const names = Object.keys(COMMANDS)
  const flag = argv[argv.indexOf(word) - 1]
  const command = argv.find((each) => names.includes(each))
  if (flag?.startsWith('-') && command !== undefined) {
    return new UsageError(`${flag} stands before the command; write netkit ${command} ... ${flag} ${word}`, flag)
  }
  const near = nearest(word, names)
  const known = near ? `did you mean ${near}?` : `known are ${names.join(', ')}`
  return new UsageError(`unknown command ${JSON.stringify(word)}; ${known}`, word)
}

function allCommands(): Promise<AnyCommand[]> {
  return Promise.all(Object.values(COMMANDS).map((load) => load()))
}

// yargs is loaded for its help alone: it costs start-up time.
async function helpOnAll(columns: number): Promise<string> {
  const { overview } = await import('./help.js')
  return overview(await allCommands(), columns)
}

async function helpOn(command: AnyCommand, columns: number): Promise<string> {
  const { commandHelp } = await import('./help.js')
  return commandHelp(command, columns)
}

async function runCommand(command: AnyCommand, argv: readonly string[], environment: Environment): Promise<number> {
  const { stdout } = environment
  let args: AnyArguments
  let options: unknown
  let screen: Screen | null = null
  try {
    args = parseArguments(argv, command)
    if (args.has('help')) {
      stdout.write(await helpOn(command, stdout.columns))
      return EXIT.ok
    }
    if (args.has('version')) {
      stdout.write(`${VERSION}\n`)
      return EXIT.ok
    }
    args.checkWords()
    const verbosity = args.has('quiet') ? 'quiet' : args.has('verbose') ? 'verbose' : 'normal'
    screen = await screenOn(environment, args.value('color'), verbosity)
    checkRelations(args, flagsOf(command))
    const files = await readFiles(args, flagsOf(command), environment)
    if ('failure' in files) {
      const renderer = rendererFor(args.format, { command, screen, options: null })
      const code = await end(fail(files.failure, 0), renderer, screen)
      return files.signal ? EXIT[files.signal] : code
    }
    args = args.withFiles(files)
    const question = command.asks?.(args) ?? null
    if (question !== null) {
      const secret = await readSecret(question, environment)
      if (secret === INTERRUPTED) return EXIT.SIGINT
      args = args.withSecret(secret)
    }
    options = command.toOptions(args, environment)
    args.value('max-time') // a value that is none is refused now, before anything is sent
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    screen ??= await screenOn(environment, 'never', 'normal')
    return refuse(error, formatAskedFor(argv, flagsOf(command)), { command, screen }, environment)
  }
  return run({ command, args, screen, options }, environment)
}

async function screenOn(
  { stdout, stderr, env }: Environment,
  color: ColorChoice,
  verbosity: Screen['verbosity'],
): Promise<Screen> {
  const [out, err] = await Promise.all([stdout, stderr].map((stream) => createTheme(wantsColor(color, stream, env))))
  if (!out || !err) throw new Error('a theme for each stream')
  return createScreen({ stdout, stderr, themes: { out, err }, verbosity })
}
