const TAB = 9
const LF = 10
const CR = 13
const SPACE = 32
const DEL = 127

/** Looks for the end of a head or a trailer section, and on the way for what no line of a well-formed one holds. */
export class SectionScan {
  #scanned = 0
  #suspect = false

  /** Whether a control byte or a bare CR was passed. Its absence, the rule, spares each line a closer look. */
  get suspect(): boolean {
    return this.#suspect
  }

  /**
   * The index behind the first empty line whose preceding LF stands at `from` or later; -1 if it is not there yet, and
   * the next call, with the same bytes and more, takes up where this one stopped.
   */
  end(bytes: Buffer, from: number): number {
    for (let at = Math.max(from, this.#scanned); at < bytes.length; at++) {
      const byte = bytes[at] ?? 0
      if (byte >= SPACE && byte !== DEL) continue
      const next = bytes[at + 1]
      if (byte === LF) {
        if (next === LF) return at + 2
        if (next === CR && bytes[at + 2] === LF) return at + 3
      } else if (byte === CR ? next !== LF && next !== undefined : byte !== TAB) {
        this.#suspect = true
      }
    }
    this.#scanned = Math.max(0, bytes.length - 2)
    return -1
  }
}
