import yargs, { type Argv } from 'yargs'
import type { AnyCommand } from './command.js'
import { flagsOf } from './command-line.js'
import type { Flags } from './flags.js'

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
    .epilogue(EXIT_CODES)
    .wrap(Math.min(columns, 110))
    .getHelp()
  return `${text}\n\n${exampleLines(command.examples)}`
}

/** Below each other, since a command that is wrapped in the middle cannot be copied. */
function exampleLines(examples: AnyCommand['examples']): string {
  return ['Examples:', ...examples.map(([what, why]) => `  ${what}\n      ${why}`), ''].join('\n')
}

/** Help for netkit as a whole. */
export async function overview(commands: readonly AnyCommand[], columns: number): Promise<string> {
  const rows = commands.map(({ name, summary }) => `  ${name.padEnd(11)} ${summary}`)
  const text = await parser()
    .usage(
      [
        'netkit <command> [arguments] [options]',
        '',
        ...rows,
        '',
        'netkit <command> --help tells more, with examples.',
      ].join('\n'),
    )
    .epilogue(EXIT_CODES)
    .wrap(Math.min(columns, 110))
    .getHelp()
  return `${text}\n\n${exampleLines(commands.flatMap(({ examples }) => examples.slice(0, 1)))}`
}

const EXIT_CODES =
  'Exit codes: 0 all that was asked for holds, 1 the answer is no, 2 usage (nothing was sent), 3 a name did not ' +
  'resolve, 4 timed out, 5 this machine said no, 6 TLS, 7 the peer broke its protocol, 130 and 143 interrupted.'

function parser(): Argv {
  return yargs([])
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
  const [own, shared] = [entries.filter(([, { group }]) => !group), entries.filter(([, { group }]) => group)]
  for (const [name, flag] of [...own, ...shared]) {
    instance.option(name, {
      type: flag.kind === 'switch' ? 'boolean' : 'string',
      describe: flag.metavar ? `${flag.metavar}: ${flag.describe}` : flag.describe,
      ...(flag.alias !== undefined && { alias: flag.alias }),
      group: `${flag.group ?? heading}:`,
    })
  }
  return instance
}
