/**
 * The lines of a stream as they come, without their ends (LF or CR LF), a byte order mark at the start left out. What
 * follows the last line end counts where it is not empty.
 */
export function readLines(stream: AsyncIterable<Uint8Array>): AsyncIterable<string> {
  return { [Symbol.asyncIterator]: () => new LineIterator(stream[Symbol.asyncIterator]()) }
}

/** Written out: an async generator takes three promises a line, and lines come by the million. */
class LineIterator implements AsyncIterator<string> {
  readonly #chunks: AsyncIterator<Uint8Array>
  readonly #decoder = new TextDecoder()
  #text = ''
  #start = 0
  #ended = false

  constructor(chunks: AsyncIterator<Uint8Array>) {
    this.#chunks = chunks
  }

  next(): Promise<IteratorResult<string>> {
    const line = this.#line()
    return line === null ? this.#readOn() : Promise.resolve({ done: false, value: line })
  }

  async return(): Promise<IteratorResult<string>> {
    this.#ended = true
    this.#text = ''
    await this.#chunks.return?.()
    return { done: true, value: undefined }
  }

  async #readOn(): Promise<IteratorResult<string>> {
    for (;;) {
      if (this.#ended) {
        const rest = this.#text.slice(this.#start).replace(/\r$/, '')
        this.#text = ''
        return rest === '' ? { done: true, value: undefined } : { done: false, value: rest }
      }
      const { done, value } = await this.#chunks.next()
      const more = done ? this.#decoder.decode() : this.#decoder.decode(value, { stream: true })
      this.#ended ||= done === true
      this.#text = this.#text.slice(this.#start) + more
      this.#start = 0
      const line = this.#line()
      if (line !== null) return { done: false, value: line }
    }
  }

  #line(): string | null {
    const end = this.#text.indexOf('\n', this.#start)
    if (end < 0) return null
    const start = this.#start
    this.#start = end + 1
    return this.#text.slice(start, end > start && this.#text[end - 1] === '\r' ? end - 1 : end)
  }
}
