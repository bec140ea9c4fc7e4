/** First in, first out, in constant time; the array is only compacted once half of it has been taken. */
export class Queue<T> {
  #items: T[] = []
  #head = 0

  get length(): number {
    return this.#items.length - this.#head
  }

  push(item: T): void {
    this.#items.push(item)
  }

  peek(): T | undefined {
    return this.#items[this.#head]
  }

  shift(): T | undefined {
    const item = this.#items[this.#head]
    if (this.#head < this.#items.length) this.#head++
    if (this.#head > 1024 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head)
      this.#head = 0
    }
    return item
  }
}

/** What a {@link DueQueue} holds: it keeps its own place in the queue in `queuedFor`. */
export interface Due {
  /** The instant for which it stands in the queue; Infinity where it does not. Written by the queue alone. */
  queuedFor: number
}

interface Entry<T> {
  readonly at: number
  readonly item: T
}

/** Items by the instant at which they want to be looked at: a binary heap in which a sooner entry outdates a later one. */
export class DueQueue<T extends Due> {
  #heap: Entry<T>[] = []
  #removed = 0

  /** Has the item come up at `at`, unless it comes up sooner already. */
  add(item: T, at: number): void {
    if (at >= item.queuedFor) return
    item.queuedFor = at
    this.#insert({ at, item })
  }

  /** The item does not come up any more. It is let go before long, whenever it was due. */
  remove(item: T): void {
    if (item.queuedFor === Number.POSITIVE_INFINITY) return
    item.queuedFor = Number.POSITIVE_INFINITY
    if (++this.#removed < 1024 || this.#removed * 2 < this.#heap.length) return
    const valid = this.#heap.filter(({ at, item }) => at === item.queuedFor)
    this.#heap = []
    this.#removed = 0
    for (const entry of valid) this.#insert(entry)
  }

  #insert(entry: Entry<T>): void {
    const heap = this.#heap
    const { at } = entry
    let index = heap.push(entry) - 1
    while (index > 0) {
      const parent = (index - 1) >> 1
      const above = heap[parent]
      if (!above || above.at <= at) break
      heap[index] = above
      index = parent
    }
    heap[index] = entry
  }

  /** The earliest instant that any item waits for; Infinity for none. */
  earliest(): number {
    this.#dropOutdated()
    return this.#heap[0]?.at ?? Number.POSITIVE_INFINITY
  }

  /** Takes out the first item whose instant has come, or undefined. */
  pop(now: number): T | undefined {
    this.#dropOutdated()
    const top = this.#heap[0]
    if (!top || top.at > now) return undefined
    this.#removeTop()
    top.item.queuedFor = Number.POSITIVE_INFINITY
    return top.item
  }

  #dropOutdated(): void {
    for (let top = this.#heap[0]; top && top.at !== top.item.queuedFor; top = this.#heap[0]) this.#removeTop()
  }

  #removeTop(): void {
    const heap = this.#heap
    const last = heap.pop()
    if (!last || heap.length === 0) return
    let index = 0
    for (;;) {
      const left = heap[2 * index + 1]
      const right = heap[2 * index + 2]
      const child = right && left && right.at < left.at ? 2 * index + 2 : 2 * index + 1
      const below = heap[child]
      if (!below || below.at >= last.at) break
      heap[index] = below
      index = child
    }
    heap[index] = last
  }
}
