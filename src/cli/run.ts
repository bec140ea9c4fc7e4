import { setMaxListeners } from 'node:events'
import { Deadline } from '../core/deadline.js'
import { failure } from '../core/failure.js'
import type { OperationContext, OperationEvent } from '../core/operation.js'
import { fail, type Outcome } from '../core/outcome.js'
import { UsageError } from '../core/usage-error.js'
import { advised, usageText } from './advice.js'
import type { AnyArguments, AnyCommand, Extent } from './command.js'
import type { Environment } from './environment.js'
import { EXIT, exitCodeFor } from './exit-code.js'
import { AtomicFile } from './files/atomic-file.js'
import { escapeText } from './render/escape.js'
import { printFailure } from './render/failure.js'
import { printFolded } from './render/fold.js'
import { type FormatName, rendererFor } from './render/formats.js'
import type { Renderer } from './render/renderer.js'
import { createScreen, type Screen } from './render/screen.js'
import { createTheme } from './render/theme.js'
import { heedSignals, type Stop } from './signals.js'

/** A command, with all that its command line says. */
export interface CommandRun {
  readonly command: AnyCommand
  readonly args: AnyArguments
  readonly screen: Screen
  readonly options: unknown
}

/** Runs it, with its results on stdout or in the file that its options name. Resolves to the exit code. */
export async function run(prepared: CommandRun, environment: Environment): Promise<number> {
  const { command, args, screen, options } = prepared
  const controller = new AbortController()
  setMaxListeners(0, controller.signal) // one for each connection under way: no leak to warn of
  let file: AtomicFile | null = null
  // Before the file is opened: no signal leaves a part of it behind.
  const stop = heedSignals(environment, {
    ask: (signal) => controller.abort(signal),
    leaveNow: (signal) => {
      screen.status(null)
      file?.discard()
      environment.leave(EXIT[signal])
    },
  })
  const path = command.outputFile?.(options) ?? null
  if (path === null) return (await execute(prepared, environment, controller, stop)).code

  file = new AtomicFile(path)
  try {
    const unopened = file.explain()
    if (unopened) {
      const renderer = rendererFor(args.format, { command, screen, options: null })
      return await end(fail(unopened, 0), renderer, screen)
    }
    const themes = { out: await createTheme(args.value('color') === 'always'), err: screen.err.theme }
    const into = createScreen({ stdout: file, stderr: environment.stderr, themes, verbosity: screen.verbosity })
    const { code, extent } = await execute({ ...prepared, screen: into }, environment, controller, stop)
    // After misuse, or where nothing was reached, there is nothing to put in the place of what the file held.
    if (extent === 'nothing') return code
    const place = extent === 'part' ? file.partial : null
    const unwritten = file.commit(place ?? undefined)
    if (!unwritten) {
      if (place !== null && screen.verbosity !== 'quiet') screen.err.line(`what is known is in ${escapeText(place)}`)
      screen.flush()
      return code
    }
    printFailure(screen, command.name, unwritten)
    return EXIT.local
  } finally {
    file.discard()
  }
}

async function execute(
  { command, args, screen, options }: CommandRun,
  environment: Environment,
  controller: AbortController,
  stop: Stop,
): Promise<{ readonly code: number; readonly extent: Extent }> {
  let unread = false
  environment.onStdoutClosed(() => {
    unread = true
    controller.abort('EPIPE')
  })

  const renderer = rendererFor(args.format, { command, screen, options })
  const context: OperationContext<OperationEvent> = {
    signal: controller.signal,
    deadline: Deadline.after(args.value('max-time')),
    emit: (event) => {
      if (!unread) renderer.event(advised(event))
    },
    wants: (type) => renderer.wants(type),
    drained: () => {
      if (unread) return undefined
      screen.flush()
      return environment.stdout.behind ? environment.stdout.flushed() : undefined
    },
  }
  const outcome: Outcome<unknown> | UsageError = await command.run(options, context).catch(usageOnly)
  stop.over()
  if (outcome instanceof UsageError)
    return { code: await refuse(outcome, args.format, { command, screen }, environment), extent: 'nothing' }
  const extent = command.extent?.(outcome.value ?? null) ?? 'all'
  screen.status(null)
  if (unread) return { code: EXIT.ok, extent }
  const code = await end(outcome, renderer, screen)
  return { code: stop.signal ? EXIT[stop.signal] : code, extent }
}

/** Some misuse shows only against what else is given, deep inside; anything else that is thrown is a bug. */
function usageOnly(error: unknown): UsageError {
  if (error instanceof UsageError) return error
  throw error
}

/** The last words. Resolves to the exit code. */
export async function end(outcome: Outcome<unknown>, renderer: Renderer, screen: Screen): Promise<number> {
  await renderer.end(outcome)
  screen.flush()
  return exitCodeFor(outcome)
}

/** Why a command line was refused: the result line of a format for programs, and a line on stderr. Resolves to the exit code. */
export async function refuse(
  error: UsageError,
  format: FormatName | null,
  { command, screen }: Pick<CommandRun, 'command' | 'screen'>,
  environment: Environment,
): Promise<number> {
  if (format !== null) {
    const refused = failure({
      phase: 'options',
      origin: 'usage',
      code: 'EUSAGE',
      message: usageText(error),
      hint: `see netkit ${command.name} --help`,
    })
    await rendererFor(format, { command, screen, options: null }).end(fail(refused, 0))
  }
  screen.flush()
  return complain(environment, error, command.name)
}

/** Why a command line was refused, on stderr. Returns the exit code. */
export function complain({ stderr }: Environment, error: UsageError, command = ''): number {
  // Arguments may come from elsewhere, through a script: they are shown as safely as a peer's words.
  const line = (text: string) => stderr.write(`${text}\n`)
  const { isTTY, columns } = stderr
  printFolded({ isTTY, columns, line }, [`netkit${command && ` ${command}`}: ${escapeText(usageText(error))}`], 2)
  return EXIT.usage
}
