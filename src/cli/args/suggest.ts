/** Fewer letters than this begin too many words to mean one. */
const LEAST_PART = 3

/**
 * The known word that was meant by an unknown one, or null: the nearest where it is mistyped (Damerau-Levenshtein, a
 * third of its length, and something in common), else the shortest that begins with it, else the shortest that has it
 * in it; none where two are equally short.
 */
export function nearest(word: string, known: Iterable<string>): string | null {
  const words = [...known]
  const part = word.toLowerCase()
  return (
    leastEdited(word, words) ??
    shortest(part, words, (candidate) => candidate.startsWith(part)) ??
    shortest(part, words, (candidate) => candidate.includes(part))
  )
}

function shortest(part: string, known: readonly string[], fits: (candidate: string) => boolean): string | null {
  if (part.length < LEAST_PART) return null
  const fitting = known.filter((candidate) => fits(candidate.toLowerCase()))
  const least = Math.min(...fitting.map(({ length }) => length))
  const [found, ...others] = fitting.filter(({ length }) => length === least)
  return found !== undefined && others.length === 0 ? found : null
}

function leastEdited(word: string, known: Iterable<string>): string | null {
  let best: string | null = null
  let bestDistance = Math.min(Math.max(1, Math.floor(word.length / 3)) + 1, Math.max(1, word.length))
  for (const candidate of known) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase())
    if (distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

/** Insertions, deletions, replacements and swaps of neighbours that turn one word into the other. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1
      let cost = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + same)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, (beforeLast[j - 2] ?? 0) + 1)
      }
      row.push(cost)
    }
    beforeLast = last
    last = row
  }
  return last[b.length] ?? 0
}
