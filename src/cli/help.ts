import yargs, { type Argv } from 'yargs'
import { flagsOf } from './args/command-line.js'
import { type Flags, flagText } from './args/flag.js'
import { REACHING } from './args/flags/network.js'
import { SHARED, SHARED_FLAGS } from './args/flags/shared.js'
import type { AnyCommand } from './command.js'

/** Longer lines are hard to read. Narrower ones break the names of flags: there the terminal wraps better. */
const widthFor = (columns: number) => Math.max(40, Math.min(columns, 110))

/** Help for one command, as wide as the terminal. */
export async function commandHelp(command: AnyCommand, columns: number): Promise<string> {
  const usage = command.positionals.map(({ name, required, variadic }) => {
    const inner = `${name}${variadic ? '...' : ''}`
    return required ? `<${inner}>` : `[${inner}]`
  })
  const words = command.positionals.map(({ name, describe }) => `<${name}>: ${describe}`)
  const text = await withFlags(parser(), flagsOf(command), `Options of ${command.name}`)
    .usage(
      [`netkit ${command.name} ${[...usage, '[options]'].join(' ')}`, '', command.summary, '', ...words]
        .join('\n')
        .trimEnd(),
    )
    .epilogue(`${VALUES}\n\n${EXIT_CODES}`)
    .wrap(widthFor(columns))
    .getHelp()
  return `${digitFlags(text)}\n\n${exampleLines(command.examples)}`
}

/** Below each other, since a command that is wrapped in the middle cannot be copied. */
function exampleLines(examples: AnyCommand['examples']): string {
  return ['Examples:', ...examples.map(([what, why]) => `  ${what}\n      ${why}`), ''].join('\n')
}

/** Help for netkit as a whole. */
export async function overview(commands: readonly AnyCommand[], columns: number): Promise<string> {
  const instance = withFlags(parser(), SHARED_FLAGS).usage('netkit <command> [arguments] [options]')
  for (const { name, summary } of commands) instance.command(name, summary)
  const text = await instance
    .epilogue(`netkit <command> --help tells more, with examples.\n\n${VALUES}\n\n${EXIT_CODES}`)
    .wrap(widthFor(columns))
    .getHelp()
  return `${digitFlags(text)}\n\n${exampleLines(commands.flatMap(({ examples }) => examples.slice(0, 1)))}`
}

const VALUES = 'D is a duration: 2 (seconds), 1.5s, 500ms, 1m. Sizes: 512, 64k, 10M.'
const EXIT_CODES =
  'Exit codes: 0 all that was asked for holds, 1 the answer is no, 2 usage (nothing was sent), 3 a name did not ' +
  'resolve, 4 timed out, 5 this machine said no, 6 TLS, 7 the peer broke its protocol, 129, 130 and 143 interrupted.'

function parser(): Argv {
  return yargs([])
    .scriptName('netkit')
    .parserConfiguration({
      'boolean-negation': false,
      'camel-case-expansion': false,
      'dot-notation': false,
      'greedy-arrays': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'short-option-groups': false,
      'strip-aliased': true,
    })
    .locale('en')
    .help(false)
    .version(false)
    .exitProcess(false)
    .fail(false)
}

function withFlags(instance: Argv, flags: Flags, heading = 'Options'): Argv {
  // Groups stand in the order of their first flag, and '4' would come first in any object.
  const entries = Object.entries(flags)
  const own = entries.filter(([, { group }]) => group === undefined)
  const last = [REACHING, SHARED]
  const grouped = entries.filter(([, { group }]) => group !== undefined && !last.includes(group))
  const shared = last.flatMap((wanted) => entries.filter(([, { group }]) => group === wanted))
  for (const [name, flag] of [...own, ...grouped, ...shared]) {
    // yargs only draws here, so a name may carry what stands for the value, and no type need be told.
    instance.option(flag.metavar ? `${name} ${flag.metavar}` : name, {
      describe: flagText(flag),
      ...(flag.alias !== undefined && { alias: flag.alias }),
      group: `${flag.group ?? heading}:`,
    })
  }
  return instance
}

/** yargs takes a digit for a short flag only where it is told its type, which it then prints. */
function digitFlags(text: string): string {
  return text.replace(/^( +)--(\d) /gm, '$1-$2  ')
}
