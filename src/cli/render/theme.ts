/** What a colour means, not what it is. */
export interface Theme {
  readonly good: (text: string) => string
  readonly bad: (text: string) => string
  readonly warn: (text: string) => string
  readonly faint: (text: string) => string
  readonly strong: (text: string) => string
}

const plain = (text: string) => text
const PLAIN: Theme = { good: plain, bad: plain, warn: plain, faint: plain, strong: plain }

export const COLOR_CHOICES = ['auto', 'always', 'never'] as const
export type ColorChoice = (typeof COLOR_CHOICES)[number]

/**
 * Whether to colour one stream. The flag rules; then FORCE_COLOR, then NO_COLOR (as Node itself ranks them), then
 * whether it is a terminal that can.
 */
export function wantsColor(
  choice: ColorChoice,
  stream: { readonly isTTY: boolean },
  env: Readonly<Record<string, string | undefined>>,
): boolean {
  if (choice !== 'auto') return choice === 'always'
  const { FORCE_COLOR: force, NO_COLOR: no, TERM: term } = env
  if (force !== undefined) return force !== '0' && force !== 'false'
  if (no !== undefined && no !== '') return false
  return stream.isTTY && term !== 'dumb'
}

/** chalk is loaded only where there is something to colour: it costs start-up time. */
export async function createTheme(color: boolean): Promise<Theme> {
  if (!color) return PLAIN
  const { Chalk } = await import('chalk')
  const chalk = new Chalk({ level: 1 }) // the terminal's own sixteen colours: its user chose them
  return { good: chalk.green, bad: chalk.red, warn: chalk.yellow, faint: chalk.dim, strong: chalk.bold }
}
