/** A text as the bytes of its UTF-8. */
export function bytes(text: string): Buffer {
  return Buffer.from(text)
}

/** The same bytes in pieces, cut at the given places (those beyond the end do nothing). */
export function cutAt(whole: Uint8Array, places: readonly number[]): Uint8Array[] {
  const edges = [0, ...[...places].sort((a, b) => a - b).filter((at) => at < whole.length), whole.length]
  return edges.slice(1).map((end, i) => whole.subarray(edges[i], end))
}
