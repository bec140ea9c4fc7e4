import { UsageError } from '../../../core/usage-error.js'

/** RFC 3454 table C.1.2: spaces that are made U+0020. */
const OTHER_SPACES = /[\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000]/g
/** RFC 3454 table B.1: characters that vanish. */
const NOTHING = /\u00ad|\u034f|\u1806|[\u180b-\u180d]|[\u200c-\u200d]|\u2060|[\ufe00-\ufe0f]|\ufeff/g
/** RFC 3454 tables C.2 to C.9: controls, private use, non-characters, surrogates, marks that change the display. */
const PROHIBITED =
  /[\p{Cc}\p{Co}\p{Cs}\p{Noncharacter_Code_Point}\u06dd\u070f\u180e\u2028\u2029\u200e\u200f\u202a-\u202e\u2061-\u2063\u206a-\u206f\ufff9-\ufffd\u2ff0-\u2ffb\u{1d173}-\u{1d17a}\u{e0001}\u{e0020}-\u{e007f}]/u
const RIGHT_TO_LEFT = /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}]/u
const LEFT_TO_RIGHT = /[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Han}]/u

/**
 * SASLprep (RFC 4013) for user names and passwords, with this Node's Unicode instead of version 3.2: unassigned code
 * points pass, and the direction of a character is judged by its script. A prohibited character is a UsageError.
 */
export function saslPrep(text: string): string {
  const prepared = text.replace(OTHER_SPACES, ' ').replace(NOTHING, '').normalize('NFKC')
  if (PROHIBITED.test(prepared)) {
    throw new UsageError('the user or the password holds a character that SASLprep (RFC 4013) prohibits')
  }
  if (RIGHT_TO_LEFT.test(prepared)) {
    const characters = [...prepared]
    const ends = RIGHT_TO_LEFT.test(characters.at(0) ?? '') && RIGHT_TO_LEFT.test(characters.at(-1) ?? '')
    if (!ends || LEFT_TO_RIGHT.test(prepared)) {
      throw new UsageError('the user or the password mixes directions of writing, which SASLprep (RFC 4013) prohibits')
    }
  }
  return prepared
}
