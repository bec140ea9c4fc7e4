import { setMaxListeners } from 'node:events'
import { Deadline } from '../core/deadline.js'
import { type Failure, failure, failureFields } from '../core/failure.js'
import type { OperationContext, OperationEvent } from '../core/operation.js'
import { fail, type Outcome } from '../core/outcome.js'
import { UsageError } from '../core/usage-error.js'
import { advised, failureInWords, usageText } from './advice.js'
import type { Arguments } from './args/arguments.js'
import type { AnyCommand, Extent } from './command.js'
import type { Environment } from './environment.js'
import { EXIT, exitCodeFor } from './exit-code.js'
import { AtomicFile } from './files/atomic-file.js'
import { escapeText } from './render/escape.js'
import { printFailure } from './render/failure.js'
import { printFolded } from './render/fold.js'
import { jsonLine } from './render/json.js'
import { createScreen, type Screen } from './render/screen.js'
import { createTheme } from './render/theme.js'
import { heedSignals, type Stop } from './signals.js'

/** A command, with all that its command line says. */
export interface Run {
  readonly command: AnyCommand
  readonly args: Arguments
  readonly screen: Screen
  readonly options: unknown
}

/** Runs it, with its results on stdout or in the file that its options name. Resolves to the exit code. */
export async function run(prepared: Run, environment: Environment): Promise<number> {
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
    if (unopened) return end(fail(unopened, 0), prepared)
    const themes = { out: await createTheme(args.text('color') === 'always'), err: screen.err.theme }
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
  { command, args, screen, options }: Run,
  environment: Environment,
  controller: AbortController,
  stop: Stop,
): Promise<{ readonly code: number; readonly extent: Extent }> {
  let unread = false
  environment.onStdoutClosed(() => {
    unread = true
    controller.abort('EPIPE')
  })

  const json = wantsJson({ command, args, options })
  const view = json ? null : command.view(screen, options)
  const beside = json ? command.beside?.(screen, options) : undefined
  const context: OperationContext<OperationEvent> = {
    signal: controller.signal,
    deadline: Deadline.after(args.durationMs('max-time', null)),
    emit: (told) => {
      if (unread) return
      const event = advised(told)
      if (view) view.event?.(event)
      else if (command.keepsEvent?.(event, options) ?? true) screen.out.raw(jsonLine(event))
      beside?.(event)
    },
    wants: (type) => view?.wants?.(type) ?? true,
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
    return { code: complain(environment, outcome, command.name), extent: 'nothing' }
  }
  const extent = command.extent?.(outcome.value ?? null) ?? 'all'
  screen.status(null)
  if (unread) return { code: EXIT.ok, extent }
  await view?.end(outcome)
  const code = end(outcome, { command, args, screen, options })
  return { code: stop.signal ? EXIT[stop.signal] : code, extent }
}

/** Some misuse shows only against what else is given, deep inside; anything else that is thrown is a bug. */
function usageOnly(error: unknown): UsageError {
  if (error instanceof UsageError) return error
  throw error
}

function wantsJson({ command, args, options }: Pick<Run, 'command' | 'args' | 'options'>): boolean {
  return args.has('json') || (options !== null && command.wantsJson?.(options) === true)
}

/** The last words that all commands share: the result line, or why it failed. Returns the exit code. */
export function end(outcome: Outcome<unknown>, { command, args, screen, options }: Run): number {
  if (wantsJson({ command, args, options })) screen.out.raw(resultLine(command, outcome, options))
  else if (!outcome.ok) printFailure(screen, command.name, outcome.failure)
  screen.flush()
  return exitCodeFor(outcome)
}

function resultLine(command: AnyCommand, outcome: Outcome<unknown>, options: unknown): string {
  const failed: Failure | null = outcome.ok ? null : failureInWords(outcome.failure)
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

/** The result line of a command line that was refused. */
export function usageResult(command: AnyCommand, error: UsageError): string {
  const failed = failure({
    phase: 'options',
    origin: 'usage',
    code: 'EUSAGE',
    message: usageText(error),
    hint: `see netkit ${command.name} --help`,
  })
  return resultLine(command, fail(failed, 0), null)
}

/** Why a command line was refused, on stderr. Returns the exit code. */
export function complain({ stderr }: Environment, error: UsageError, command = ''): number {
  // Arguments may come from elsewhere, through a script: they are shown as safely as a peer's words.
  const line = (text: string) => stderr.write(`${text}\n`)
  const { isTTY, columns } = stderr
  printFolded({ isTTY, columns, line }, [`netkit${command && ` ${command}`}: ${escapeText(usageText(error))}`], 2)
  return EXIT.usage
}
