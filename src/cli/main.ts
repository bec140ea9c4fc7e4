import { setMaxListeners } from 'node:events'
import { Deadline } from '../core/deadline.js'
import { type Failure, failure, failureFields, fromNodeError } from '../core/failure.js'
import type { OperationContext, OperationEvent } from '../core/operation.js'
import { fail, type Outcome } from '../core/outcome.js'
import { UsageError } from '../core/usage-error.js'
import { VERSION } from '../version.js'
import type { Arguments } from './arguments.js'
import type { AnyCommand } from './command.js'
import { canonicalArgv, flagsOf, parseArguments, takeCommand } from './command-line.js'
import { COMMANDS } from './commands/index.js'
import type { Environment } from './environment.js'
import { EXIT, exitCodeFor } from './exit-code.js'
import { readFiles } from './files.js'
import { SHARED_FLAGS } from './flags.js'
import { AtomicFile } from './render/atomic-file.js'
import { escapeText } from './render/escape.js'
import { printFailure } from './render/failure.js'
import { jsonLine } from './render/json.js'
import { createScreen, type Screen } from './render/screen.js'
import { COLOR_CHOICES, createTheme, wantsColor } from './render/theme.js'
import { INTERRUPTED, readSecret } from './secret.js'
import { heedSignals } from './stop.js'
import { nearest } from './suggest.js'

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

function complain({ stderr }: Environment, error: UsageError, command = ''): number {
  // Arguments may come from elsewhere, through a script: they are shown as safely as a peer's words.
  stderr.write(`netkit${command && ` ${command}`}: ${escapeText(error.message)}\n`)
  return EXIT.usage
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
  const { stdout, stderr, env } = environment
  let args: Arguments
  let options: unknown
  let screen: Screen
  let file: AtomicFile | null = null
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
    const color = args.choice('color', COLOR_CHOICES, 'auto')
    const [out, err] = await Promise.all([stdout, stderr].map((stream) => createTheme(wantsColor(color, stream, env))))
    if (!out || !err) throw new Error('a theme for each stream')
    const verbosity = args.has('quiet') ? 'quiet' : args.has('verbose') ? 'verbose' : 'normal'
    screen = createScreen({ stdout, stderr, themes: { out, err }, verbosity })
    const files = await readFiles(args, flagsOf(command), environment)
    if ('failure' in files) return end(fail(files.failure, 0), { command, args, screen, options: null })
    args = args.withFiles(files)
    const question = command.asks?.(args) ?? null
    if (question !== null) {
      const secret = await readSecret(question, environment)
      if (secret === INTERRUPTED) return EXIT.SIGINT
      args = args.withSecret(secret)
    }
    options = command.toOptions(args, environment)
    if (args.durationMs('max-time', null) === 0) throw UsageError.of('--max-time', '0', 'a duration above zero')
    const path = command.outputFile?.(options) ?? null
    if (path !== null) {
      file = new AtomicFile(path)
      const unopened = file.explain()
      if (unopened) return end(fail(unopened, 0), { command, args, screen, options })
      const themes = { out: await createTheme(color === 'always'), err }
      screen = createScreen({ stdout: file, stderr, themes, verbosity })
    }
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    if (argv.includes('--json')) stdout.write(usageResult(command, error))
    return complain(environment, error, command.name)
  }
  try {
    const code = await run({ command, args, screen, options, file }, environment)
    // After misuse there is nothing to put in the place of what the file held.
    const unwritten = code === EXIT.usage ? null : file?.commit()
    if (!unwritten) return code
    printFailure(screen, command.name, unwritten)
    return EXIT.local
  } finally {
    file?.discard()
  }
}

interface Run {
  readonly command: AnyCommand
  readonly args: Arguments
  readonly screen: Screen
  readonly options: unknown
  /** What takes the results instead of stdout, or null. */
  readonly file: AtomicFile | null
}

async function run({ command, args, screen, options, file }: Run, environment: Environment): Promise<number> {
  const controller = new AbortController()
  setMaxListeners(0, controller.signal) // one for each connection under way: no leak to warn of
  const stop = heedSignals(environment, {
    ask: (signal) => controller.abort(signal),
    leaveNow: (signal) => {
      screen.status(null)
      file?.discard()
      environment.leave(EXIT[signal])
    },
  })
  let unread = false
  environment.onStdoutClosed(() => {
    unread = true
    controller.abort('EPIPE')
  })

  const json = wantsJson({ command, args, options })
  const view = json ? null : command.view(screen, options)
  const context: OperationContext<OperationEvent> = {
    signal: controller.signal,
    deadline: Deadline.after(args.durationMs('max-time', null)),
    emit: (event) => {
      if (unread) return
      if (view) view.event?.(event)
      else if (command.keepsEvent?.(event, options) ?? true) screen.out.raw(jsonLine(event))
    },
    drained: () => {
      if (unread) return undefined
      screen.flush()
      return environment.stdout.behind ? environment.stdout.flushed() : undefined
    },
  }
  const outcome: Outcome<unknown> | UsageError = await command.run(options, context).catch(usageOnly)
  stop.over()
  if (outcome instanceof UsageError) {
    if (json) screen.out.raw(usageResult(command, outcome))
    screen.flush()
    return complain(environment, outcome, command.name)
  }
  screen.status(null)
  if (unread) return EXIT.ok
  await view?.end(outcome)
  const code = end(outcome, { command, args, screen, options })
  return stop.signal ? EXIT[stop.signal] : code
}

/** Some misuse shows only against what else is given, deep inside; anything else that is thrown is a bug. */
function usageOnly(error: unknown): UsageError {
  if (error instanceof UsageError) return error
  throw error
}

function wantsJson({ command, args, options }: Pick<Run, 'command' | 'args' | 'options'>): boolean {
  return args.has('json') || (options !== null && command.wantsJson?.(options) === true)
}

/** The last words that all commands share: the result line, or why it failed. */
function end(outcome: Outcome<unknown>, { command, args, screen, options }: Omit<Run, 'file'>): number {
  if (wantsJson({ command, args, options })) screen.out.raw(resultLine(command, outcome, options))
  else if (!outcome.ok) printFailure(screen, command.name, outcome.failure)
  screen.flush()
  return exitCodeFor(outcome)
}

function resultLine(command: AnyCommand, outcome: Outcome<unknown>, options: unknown): string {
  const failed: Failure | null = outcome.ok ? null : outcome.failure
  return jsonLine({
    type: 'result',
    command: command.name,
    ok: outcome.ok,
    elapsedMs: outcome.elapsedMs,
    ...failureFields(failed),
    attempts: failed?.attempts ?? [],
    ...command.resultFields(outcome.value, options),
  })
}

function usageResult(command: AnyCommand, { message }: UsageError): string {
  const failed = failure({
    phase: 'options',
    origin: 'usage',
    code: 'EUSAGE',
    message,
    hint: `see netkit ${command.name} --help`,
  })
  return resultLine(command, fail(failed, 0), null)
}
