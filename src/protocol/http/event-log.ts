import { type AnomalyDetail, anomaly, type Rule } from './anomaly.js'
import type { MessagePart, ResponseEvent } from './events.js'

/** A peer can break one rule in every chunk of an endless body: past this many they are counted only. */
const MAX_PER_RULE = 100

/** What reads a part of a message adds to. */
export type MessageLog = Pick<EventLog<MessagePart>, 'add' | 'report' | 'size' | 'sortFrom'>

/** The events of one push, and what the message that they belong to has broken so far. */
export class EventLog<E extends { readonly type: string } = ResponseEvent> {
  #events: (E | MessagePart)[] = []
  #perRule: Map<Rule, number> | null = null
  #hasError = false
  #suppressed = 0

  get hasError(): boolean {
    return this.#hasError
  }

  get suppressedAnomalies(): number {
    return this.#suppressed
  }

  add(event: E | MessagePart): void {
    this.#events.push(event)
  }

  readonly report = (rule: Rule, offset: number, detail?: AnomalyDetail): void => {
    const found = anomaly(rule, offset, detail)
    if (found.severity === 'error') this.#hasError = true
    this.#perRule ??= new Map()
    const count = (this.#perRule.get(rule) ?? 0) + 1
    this.#perRule.set(rule, count)
    if (count > MAX_PER_RULE) this.#suppressed++
    else this.#events.push({ type: 'anomaly', anomaly: found })
  }

  /** Where the next event will stand. */
  get size(): number {
    return this.#events.length
  }

  /** Puts the anomalies of one section, found by several readers, into the order of its bytes. */
  sortFrom(start: number): void {
    if (this.#events.length - start < 2) return
    const offset = (event: E | MessagePart) => ('anomaly' in event ? event.anomaly.offset : 0)
    this.#events.push(...this.#events.splice(start).sort((a, b) => offset(a) - offset(b)))
  }

  /** A new message begins: its anomalies are counted from zero. */
  reset(): void {
    this.#perRule = null
    this.#hasError = false
    this.#suppressed = 0
  }

  /** Hands over what has gathered. */
  take(): (E | MessagePart)[] {
    const events = this.#events
    this.#events = []
    return events
  }
}
