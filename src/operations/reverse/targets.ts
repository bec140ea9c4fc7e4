import { parseAddresses } from '../../core/address/target-syntax.js'
import { TargetList } from '../../core/address/targets.js'
import { type Failure, failure } from '../../core/failure.js'
import { NO_HINT } from '../../core/hint.js'
import { UsageError } from '../../core/usage-error.js'
import type { ReverseOptions } from './types.js'

/** An address to name, or a text that is none and why. */
export type Target = { readonly address: string } | { readonly text: string; readonly mistake: Failure }

/** One address after the other, made as they are taken. */
export function targetsOf(targets: ReverseOptions['targets']): Iterable<Target> | AsyncIterable<Target> {
  const lists = listsOf(targets)
  return lists ? listed(lists) : streamed(targets as AsyncIterable<string>)
}

/** How many they are; null where they come as a stream. */
export function sizeOf(targets: ReverseOptions['targets']): number | null {
  return listsOf(targets)?.reduce((sum, { size }) => sum + size, 0) ?? null
}

function listsOf(targets: ReverseOptions['targets']): readonly TargetList[] | null {
  if (targets instanceof TargetList) return [targets]
  return Array.isArray(targets) ? targets : null
}

function* listed(lists: readonly TargetList[]): Generator<Target> {
  for (const list of lists) for (const target of list) if (target.kind === 'address') yield target
}

async function* streamed(texts: AsyncIterable<string>): AsyncGenerator<Target> {
  for await (const text of texts) {
    const expanded = expand(text)
    if (expanded instanceof TargetList) yield* listed([expanded])
    else yield { text, mistake: expanded }
  }
}

function expand(text: string): TargetList | Failure {
  try {
    return parseAddresses(text, 'the address')
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    return mistaken(error.message)
  }
}

function mistaken(message: string): Failure {
  return failure({ phase: 'options', origin: 'usage', code: 'EINVAL', message, ...NO_HINT })
}
