import { randomFillSync } from 'node:crypto'

const drawn = new Uint16Array(256)
let next = drawn.length

/** 16 bits that nobody can guess: from the system's source, drawn many at a time. */
export function randomId(): number {
  if (next === drawn.length) {
    randomFillSync(drawn)
    next = 0
  }
  return drawn[next++] ?? 0
}

const NONE: ReadonlyMap<number, unknown> = new Map()

/** 16 bits that nobody can guess, and that neither `taken` nor `others` have: at most half of all there are. */
export function unusedId(taken: ReadonlyMap<number, unknown>, others = NONE): number {
  let id: number
  do id = randomId()
  while (taken.has(id) || others.has(id))
  return id
}
