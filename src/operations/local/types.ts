export type * from './events.js'

export interface LocalOptions {
  /** Hosts toward which the default source address is asked for: checked names or literal addresses. */
  readonly to: readonly string[]
  readonly family: 4 | 6 | undefined
  /** Milliseconds for each lookup. */
  readonly timeoutMs: number
}
