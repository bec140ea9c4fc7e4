/** RFC 9110 5.6.2. */
export const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

/** An element of a comma-separated list, commas within quoted strings apart. */
const LIST_ELEMENT = /(?:[^,"]|"(?:[^"\\]|\\.)*(?:"|$))+/gs
const QUOTED = /"(?:[^"\\]|\\.)*(?:"|$)/gs

const TAB = 9
const SPACE = 32

/** `text` from `start` to `end` without the spaces and tabs around it, RFC 9110 5.6.3. */
export function sliceTrimmed(text: string, start = 0, end = text.length): string {
  let from = start
  let to = end
  while (from < to && isBlank(text.charCodeAt(from))) from++
  while (to > from && isBlank(text.charCodeAt(to - 1))) to--
  return text.slice(from, to)
}

export function isBlank(code: number): boolean {
  return code === SPACE || code === TAB
}

/** The elements of a list, trimmed; empty ones are skipped as RFC 9110 5.6.1.2 asks. */
export function listElements(value: string): string[] {
  return (value.match(LIST_ELEMENT) ?? []).map((element) => sliceTrimmed(element)).filter((element) => element !== '')
}

/** Whether `value` holds a comma too many, which a sender must not generate (RFC 9110 5.6.1.1). */
export function hasEmptyElement(value: string): boolean {
  if (!value.includes(',')) return false
  return value
    .replace(QUOTED, '""')
    .split(',')
    .some((element) => sliceTrimmed(element) === '')
}
