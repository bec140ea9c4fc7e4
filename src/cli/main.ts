import { setMaxListeners } from 'node:events'
import { Deadline } from '../core/deadline.js'
import { type Failure, failure, failureFields, fromNodeError } from '../core/failure.js'
import type { OperationContext, OperationEvent } from '../core/operation.js'
import { fail, type Outcome } from '../core/outcome.js'
import { UsageError } from '../core/usage-error.js'
import { VERSION } from '../version.js'
import type { Arguments } from './arguments.js'
import type { AnyCommand } from './command.js'
import { canonicalArgv, flagsOf, parseArguments } from './command-line.js'
import { COMMANDS } from './commands/index.js'
import type { Environment, StopSignal } from './environment.js'
import { EXIT, exitCodeFor } from './exit-code.js'
import { readFiles } from './files.js'
import { type Flags, OUTPUT_FLAGS } from './flags.js'
import { AtomicFile } from './render/atomic-file.js'
import { escapeText } from './render/escape.js'
import { printFailure } from './render/failure.js'
import { jsonLine } from './render/json.js'
import { createScreen, type Screen } from './render/screen.js'
import { COLOR_CHOICES, createTheme, wantsColor } from './render/theme.js'
import { INTERRUPTED, readSecret } from './secret.js'
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
  const { stdout, stderr } = environment
  const [word, ...rest] = commandFirst(environment.argv)
  if (word === undefined || word.startsWith('-')) {
    if (word === '--version') stdout.write(`${VERSION}\n`)
    else if (word === '--help' || word === '-h') stdout.write(await helpOnAll(stdout.columns))
    else if (word === undefined) stderr.write(await helpOnAll(stderr.columns))
    else return complain(environment, await unknownFlag(environment.argv))
    return word === undefined ? EXIT.usage : EXIT.ok
  }
  if (word === 'help') return dispatch({ ...environment, argv: [...rest.slice(0, 1), '--help'] })
  const load = Object.hasOwn(COMMANDS, word) ? COMMANDS[word] : undefined
  if (!load) {
    const near = nearest(word, Object.keys(COMMANDS))
    const known = near ? `did you mean ${near}?` : `known are ${Object.keys(COMMANDS).join(', ')}`
    return complain(environment, new UsageError(`unknown command ${JSON.stringify(word)}; ${known}`, word))
  }
  return runCommand(await load(), rest, environment)
}

/** argv with the command in front, wherever the shared flags stand: `netkit --json errno 111`. */
function commandFirst(argv: readonly string[]): readonly string[] {
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i] ?? ''
    if (!word.startsWith('-')) return [word, ...argv.slice(0, i), ...argv.slice(i + 1)]
    const [, long, letters = '', value] = /^-(?:-([^=]*)|([^=]*))(=.*)?$/s.exec(word) ?? []
    const flags = Object.entries(OUTPUT_FLAGS)
    const names = long === undefined ? [...letters] : [long]
    const found = names.map(
      (name) => flags.find(([full, { alias }]) => name === (long === undefined ? alias : full))?.[1],
    )
    if (found.includes(undefined)) return argv // whether the next word belongs to it, only its command knows
    if (value === undefined && found.some((flag) => flag?.kind !== 'switch')) i++
  }
  return argv
}

async function unknownFlag(argv: readonly string[]): Promise<UsageError> {
  const unknown = wrongFlag(argv, OUTPUT_FLAGS) ?? new UsageError('a command is missing; see netkit --help')
  const name = argv.find((word) => Object.hasOwn(COMMANDS, word)) ?? ''
  const command = await COMMANDS[name]?.()
  if (!command || wrongFlag(argv, flagsOf(command))) return unknown
  const flag = unknown.argument ?? ''
  return new UsageError(`${flag} stands before its command; write it behind: netkit ${name} ${flag} ...`, flag)
}

function wrongFlag(argv: readonly string[], flags: Flags): UsageError | null {
  try {
    canonicalArgv(argv, flags)
    return null
  } catch (error) {
    if (error instanceof UsageError) return error
    throw error
  }
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
    const code = await run({ command, args, screen, options }, environment)
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
}

async function run({ command, args, screen, options }: Run, environment: Environment): Promise<number> {
  const controller = new AbortController()
  setMaxListeners(0, controller.signal) // one for each connection under way: no leak to warn of
  let stopped: StopSignal | null = null
  let unread = false
  environment.onStopSignal((signal) => {
    stopped ??= signal
    controller.abort(signal)
  })
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
  if (outcome instanceof UsageError) {
    if (json) screen.out.raw(usageResult(command, outcome))
    screen.flush()
    return complain(environment, outcome, command.name)
  }
  screen.status(null)
  if (unread) return EXIT.ok
  await view?.end(outcome)
  const code = end(outcome, { command, args, screen, options })
  return stopped ? EXIT[stopped] : code
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
function end(outcome: Outcome<unknown>, { command, args, screen, options }: Run): number {
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
