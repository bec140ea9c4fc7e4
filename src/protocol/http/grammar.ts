/** RFC 9110 5.6.2. */
export const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

const TAB = 9
const SPACE = 32
const QUOTE = 34
const COMMA = 44
const BACKSLASH = 92

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
  return listParts(value).filter((element) => element !== '')
}

/** Whether `value` holds a comma too many, which a sender must not generate (RFC 9110 5.6.1.1). */
export function hasEmptyElement(value: string): boolean {
  if (!value.includes(',')) return false
  return listParts(value).includes('')
}

/**
 * What stands between the commas of a list, trimmed; those within quoted strings part nothing. By hand: a peer may send a
 * head of quotes and backslashes, through which a regular expression would go again from each of them.
 */
function listParts(value: string): string[] {
  const parts: string[] = []
  let start = 0
  let isQuoted = false
  for (let at = 0; at < value.length; at++) {
    const code = value.charCodeAt(at)
    if (code === QUOTE) isQuoted = !isQuoted
    else if (isQuoted && code === BACKSLASH) at++
    else if (!isQuoted && code === COMMA) {
      parts.push(sliceTrimmed(value, start, at))
      start = at + 1
    }
  }
  parts.push(sliceTrimmed(value, start))
  return parts
}
