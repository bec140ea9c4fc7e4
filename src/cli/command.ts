import type { Operation, OperationEvent } from '../core/operation.js'
import type { Outcome } from '../core/outcome.js'
import type { Events, Fields } from '../core/shape.js'
import type { Arguments, ArgumentsOf } from './args/arguments.js'
import type { Flag, Flags, Values } from './args/flag.js'
import type { OutputFlags } from './args/flags/shared.js'
import type { Environment } from './environment.js'
import type { Screen } from './render/screen.js'

export interface Positional {
  readonly name: string
  readonly describe: string
  readonly required: boolean
  /** Takes all the words that are left. */
  readonly variadic?: boolean
  /** Words such as `-2` and `-1024` are for it, and no flags. */
  readonly negative?: boolean
}

/** What a person sees of a run. */
export interface View<Event, Value> {
  event?(event: Event): void
  /** Whether events of that type are shown. All are where this is left out. */
  wants?(type: string): boolean
  /** After the last event, before the failure line that every command shares. May wait for what it draws with. */
  end(outcome: Outcome<Value>): void | Promise<void>
}

/** Flags that speak of no others than those that the command has. */
type Related<F extends Flags> = {
  readonly [K in keyof F]: F[K] & Flag<keyof (F & OutputFlags) & string>
}

/**
 * One subcommand: its words, its operation, its face. Everything else is shared. `F` and `W` are the types of its flags
 * and positionals, as they are declared.
 */
export interface Command<
  Options,
  Event extends OperationEvent,
  Value,
  F extends Flags,
  W extends readonly Positional[] = readonly [],
> {
  readonly name: string
  readonly summary: string
  readonly positionals: W
  readonly flags: Related<F>
  /** Flags of other tools, without dashes, and what to say here instead: for who writes them all the same. */
  readonly habits?: Readonly<Record<string, string>>
  /** What to type, and what it is for. */
  readonly examples: readonly (readonly [string, string])[]
  /** Fields of each event under `--json`. */
  readonly events: Events
  /** Fields that `result` has besides the shared ones: those of the operation's value, unless {@link resultFields} says others. */
  readonly result: Fields
  /** A question to ask at the terminal before the options are made, answered without echo; null: none. */
  asks?(args: ArgumentsOf<F, W>): string | null
  /** Pure: the outside world may be looked at and handed on, not used. Throws UsageError. */
  toOptions(args: ArgumentsOf<F, W>, environment: Environment): Options
  readonly run: Operation<Options, Event, Value>
  /** null: nothing is known. What is left out or null here is nothing in the result: null, 0, false or an empty list. */
  resultFields?(value: Value | null, options: Options | null): Readonly<Record<string, unknown>>
  /** Events that lines for programs leave out (`--show open`). All are kept where this is left out. */
  keepsEvent?(event: Event, options: Options): boolean
  /** A file that takes the results instead of stdout, or null. */
  outputFile?(options: Options): string | null
  /** How much of what was asked for is in the results: a file with all takes the place of an older one. All by default. */
  extent?(value: Value | null): Extent
  view(screen: Screen, options: Options): View<Event, Value>
  /** What a person sees on stderr while lines for programs take the place of the view. Nothing where this is left out. */
  beside?(screen: Screen, options: Options): (event: Event) => void
}

export type Extent = 'all' | 'part' | 'nothing'

// Commands of different types stand in one registry; main treats each as opaque and only passes its own values back.
// biome-ignore lint/suspicious/noExplicitAny: the one place where the types of a command are forgotten
type Forgotten = any

export interface AnyCommand extends Command<Forgotten, Forgotten, Forgotten, Forgotten, readonly Positional[]> {
  readonly flags: Flags
  asks?(args: Forgotten): string | null
  toOptions(args: Forgotten, environment: Environment): Forgotten
}

/** What every command line has. */
export type AnyArguments = Arguments<Values<OutputFlags>>
