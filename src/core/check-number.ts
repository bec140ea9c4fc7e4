import { UsageError } from './usage-error.js'

/** For whoever calls an operation without the command line, which has looked already. Throws UsageError. */
export function checkInteger(argument: string, value: number, { min }: { readonly min: number }): void {
  if (!Number.isSafeInteger(value) || value < min) {
    throw UsageError.of(argument, String(value), `a whole number, ${min} or more`)
  }
}

/** Throws UsageError for what is no number of at least zero. Infinity is one. */
export function checkNotNegative(argument: string, value: number): void {
  if (typeof value !== 'number' || !(value >= 0)) throw UsageError.of(argument, String(value), 'a number, 0 or more')
}

/** Throws UsageError for what is no number above zero. Infinity is one. */
export function checkPositive(argument: string, value: number): void {
  if (!(value > 0)) throw UsageError.of(argument, String(value), 'a number above zero')
}
