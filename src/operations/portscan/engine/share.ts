/** The positions of a space that are one machine's, or one thread's: every `stride`-th from `first` on. */
export interface Share {
  readonly first: number
  readonly stride: number
}

export const WHOLE: Share = { first: 0, stride: 1 }

/** Part `index` of `count`, from 1. */
export function shardShare({ index, count }: { readonly index: number; readonly count: number }): Share {
  return { first: index - 1, stride: count }
}

/** How many positions of the share lie in `start` .. `start + length - 1`. */
export function countIn({ first, stride }: Share, start: number, length: number): number {
  const below = (end: number) => Math.max(0, Math.ceil((end - first) / stride))
  return below(start + length) - below(start)
}
