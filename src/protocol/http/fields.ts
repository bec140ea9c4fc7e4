import type { Report } from './anomaly.js'
import type { HeaderPair } from './events.js'
import { isBlank, sliceTrimmed, TOKEN } from './grammar.js'

export interface FieldSection {
  readonly headers: readonly HeaderPair[]
  /** Absolute offset of the line of each field, in the order of `headers`. */
  readonly offsets: readonly number[]
}

/** One field line by itself, with its absolute offset. */
export interface FieldLine {
  readonly value: string
  readonly offset: number
}

const CR = 13
const LF = 10

/**
 * Splits a field section, header or trailer, into its fields (RFC 9112 5).
 * @param text latin1, so that an index is a byte; ends with the empty line
 * @param base absolute offset of `text[0]`
 * @param suspect whether a control byte or a bare CR stands anywhere in `text`
 */
export function parseFields(text: string, from: number, base: number, suspect: boolean, report: Report): FieldSection {
  const headers: [string, string][] = []
  const offsets: number[] = []
  /** What a folded line continues: a field, a line that was dropped, or nothing yet. */
  let folds: [string, string] | 'dropped' | null = null
  let colon = -1
  for (let start = from; start < text.length; ) {
    const next = text.indexOf('\n', start) + 1
    const end = lineEnd(text, start, next, base, report)
    if (end === start) break
    if (suspect) reportControls(text.slice(start, end), base + start, report)

    if (isBlank(text.charCodeAt(start))) {
      report(folds === null ? 'whitespace-before-first-header' : 'obs-fold', base + start)
      if (folds !== null && folds !== 'dropped') {
        const more = sliceTrimmed(clean(text.slice(start, end), suspect))
        if (more !== '') folds[1] = folds[1] === '' ? more : `${folds[1]} ${more}`
      }
    } else {
      // The next colon is kept from line to line: a head of a hundred thousand lines without one is searched once.
      if (colon < start) colon = indexOrEnd(text, start)
      if (colon >= end) {
        report('missing-colon', base + start)
        folds = 'dropped'
      } else {
        const name = fieldName(text, start, colon, base, report)
        folds = suspect
          ? [clean(name, true), sliceTrimmed(clean(text.slice(colon + 1, end), true))]
          : [name, sliceTrimmed(text, colon + 1, end)]
        headers.push(folds)
        offsets.push(base + start)
      }
    }
    start = next
  }
  return { headers, offsets }
}

/** Where the line that begins at `start` and whose LF stands before `next` ends, without its CRLF. */
export function lineEnd(text: string, start: number, next: number, base: number, report: Report): number {
  const lf = next - 1
  if (lf > start && text.charCodeAt(lf - 1) === CR) return lf - 1
  report('bare-lf', base + lf)
  return lf
}

/** Each NUL, bare CR and other control byte of a line. */
export function reportControls(line: string, offset: number, report: Report): void {
  for (let at = 0; at < line.length; at++) {
    const code = line.charCodeAt(at)
    if (code === 0) report('nul-byte', offset + at)
    else if (code === CR) report('bare-cr', offset + at)
    else if (isControl(code)) report('control-byte', offset + at)
  }
}

/** `text` with each NUL and CR as a space, RFC 9110 5.5; `suspect` false says that there is none. */
export function clean(text: string, suspect: boolean): string {
  return suspect ? text.replaceAll('\0', ' ').replaceAll('\r', ' ') : text
}

function fieldName(text: string, start: number, colon: number, base: number, report: Report): string {
  let end = colon
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--
  const name = text.slice(start, end)
  if (TOKEN.test(name)) {
    if (end < colon) report('space-before-colon', base + end)
  } else if (name === '') {
    report('empty-header-name', base + start)
  } else {
    if (end < colon) report('space-before-colon', base + end)
    // Controls have a rule of their own, but for the tab, which may stand in a value and not in a name.
    const bad = [...name].findIndex((char) => !TOKEN.test(char) && (char === '\t' || (char >= ' ' && char !== '\x7f')))
    if (bad >= 0) report('invalid-header-name', base + start + bad)
  }
  return name
}

function isControl(code: number): boolean {
  return (code < 32 && code !== 0 && code !== 9 && code !== LF && code !== CR) || code === 127
}

function indexOrEnd(text: string, from: number): number {
  const at = text.indexOf(':', from)
  return at < 0 ? text.length : at
}
