import { UsageError } from '../../../core/usage-error.js'

const PIECE = /\s+|'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)|([^\s'"\\]+)|(.)/gs

/**
 * A command line as its words, with the quotes of a shell and nothing else of it: no variables, no globs, no pipes.
 * Throws UsageError for an open quote or no word at all.
 */
export function splitWords(text: string, argument: string): string[] {
  const words: string[] = []
  let word: string | null = null
  for (const [piece, single, double, escaped, plain, open] of text.matchAll(PIECE)) {
    if (open !== undefined) throw UsageError.of(argument, text, 'a command whose quotes are closed')
    const part = single ?? double?.replace(/\\(["\\$`])/g, '$1') ?? escaped ?? plain
    if (part !== undefined) word = (word ?? '') + part
    else if (piece !== '' && word !== null) {
      words.push(word)
      word = null
    }
  }
  if (word !== null) words.push(word)
  if (words.length === 0) throw UsageError.of(argument, text, 'a command')
  return words
}
