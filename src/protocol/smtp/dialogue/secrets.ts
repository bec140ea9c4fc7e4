import { ELIDED } from '../command.js'
import type { Reply } from '../reply.js'

/** Shorter ones would blot out ordinary words and digits of a reply. */
const MIN_SECRET_BYTES = 4

/** Takes out of a reply what a server echoes of our secrets (`500 unknown command AUTH PLAIN ...`). */
export class Secrets {
  readonly #forms: Buffer[] = []

  /** A secret as it is, and in base64. */
  add(secret: Uint8Array): void {
    if (secret.length < MIN_SECRET_BYTES) return
    const base64 = Buffer.from(secret).toString('base64')
    // The longest first: a form may hold another one.
    this.#forms.push(Buffer.from(secret), Buffer.from(base64), Buffer.from(base64.replace(/=+$/, '')))
    this.#forms.sort((a, b) => b.length - a.length)
  }

  elide(reply: Reply): Reply {
    if (this.#forms.length === 0) return reply
    const lines = reply.lines.map((line) => this.#elideLine(line))
    return lines.every((line, i) => line === reply.lines[i]) ? reply : { ...reply, lines }
  }

  #elideLine(line: Uint8Array): Uint8Array {
    // Latin-1 keeps every byte as one character.
    const before = Buffer.from(line).toString('latin1')
    const after = this.#forms.reduce((text, form) => text.replaceAll(form.toString('latin1'), ELIDED), before)
    return after === before ? line : Buffer.from(after, 'latin1')
  }
}
