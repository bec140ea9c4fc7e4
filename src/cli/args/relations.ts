import { UsageError } from '../../core/usage-error.js'
import type { Given } from './arguments.js'
import { dashed, type Flags } from './flag.js'

/** Throws UsageError where flags are given that cannot stand together, as their declarations say. */
export function checkRelations(args: Given, flags: Flags): void {
  const groups = new Map<string, string[]>()
  for (const [name, { goesWith, excludes, idleBeside, oneOf }] of Object.entries(flags)) {
    if (!args.has(name)) continue
    if (goesWith && !goesWith.some((each) => args.has(each)))
      throw new UsageError(`${dashed(name)} goes with ${goesWith.map(dashed).join(' or ')}`, dashed(name))
    refuse(args, name, excludes, (one, other) => `${one} and ${other} exclude each other`)
    refuse(args, name, idleBeside, (one, other) => `${one} has no meaning beside ${other}`)
    if (oneOf !== undefined) groups.set(oneOf, [...(groups.get(oneOf) ?? []), dashed(name)])
  }
  for (const [, given] of groups) {
    const [, second] = given
    if (second !== undefined) throw new UsageError(`${given.join(' and ')} exclude each other; choose one`, second)
  }
}

function refuse(
  args: Given,
  name: string,
  others: Readonly<Partial<Record<string, string>>> = {},
  say: (one: string, other: string) => string,
): void {
  for (const [other, why] of Object.entries(others)) {
    if (!args.has(other)) continue
    throw new UsageError(`${say(dashed(name), dashed(other))}${why ? `: ${why}` : ''}`, dashed(name))
  }
}
