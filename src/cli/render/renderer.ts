import type { OperationEvent } from '../../core/operation.js'
import type { Outcome } from '../../core/outcome.js'
import type { AnyCommand } from '../command.js'
import { printFailure } from './failure.js'
import { resultFields } from './result.js'
import type { Screen } from './screen.js'

/** What a run is drawn with: on stdout its results, on stderr the rest. */
export interface Renderer {
  event(event: OperationEvent): void
  /** Whether events of that type are shown: those that are not need not be made. */
  wants(type: string): boolean
  /** After the last event: how it ended, and why. */
  end(outcome: Outcome<unknown>): void | Promise<void>
}

/** What is drawn. */
export interface Drawing {
  readonly command: AnyCommand
  readonly screen: Screen
  /** null where the command line was refused before there were any. */
  readonly options: unknown
}

/** The command's own view, and why it failed on stderr. */
export function viewRenderer({ command, screen, options }: Drawing): Renderer {
  const view = options === null ? null : command.view(screen, options)
  return {
    event: (event) => view?.event?.(event),
    wants: (type) => view?.wants?.(type) ?? true,
    async end(outcome) {
      await view?.end(outcome)
      if (!outcome.ok) printFailure(screen, command.name, outcome.failure)
    },
  }
}

/** A line for each event and one for the result, as `write` writes their fields. */
export function linesRenderer(write: (fields: object) => string): (drawing: Drawing) => Renderer {
  return ({ command, screen, options }) => {
    const beside = options === null ? undefined : command.beside?.(screen, options)
    return {
      event(event) {
        if (command.keepsEvent?.(event, options) ?? true) screen.out.raw(write(event))
        beside?.(event)
      },
      wants: () => true,
      end: (outcome) => screen.out.raw(write(resultFields(command, outcome, options))),
    }
  }
}
