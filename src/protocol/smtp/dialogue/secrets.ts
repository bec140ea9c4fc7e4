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
    this.#forms.push(Buffer.from(secret), Buffer.from(base64), Buffer.from(base64.replace(/={1,2}$/, '')))
    this.#forms.sort((a, b) => b.length - a.length)
  }

  elide(reply: Reply): Reply {
    if (this.#forms.length === 0) return reply
    const lines = reply.lines.map((line) => this.#elideWhole(line))
    return lines.every((line, i) => line === reply.lines[i]) ? reply : { ...reply, lines }
  }

  /** The same for bytes that are no reply, or one that breaks off: a secret may be cut short at their end. */
  elideBytes(bytes: Uint8Array): Uint8Array {
    const whole = this.#elideWhole(bytes)
    const text = latin1(whole)
    const cut = Math.max(0, ...this.#forms.map((form) => cutShort(text, latin1(form))))
    return cut === 0 ? whole : Buffer.concat([whole.subarray(0, whole.length - cut), Buffer.from(ELIDED)])
  }

  #elideWhole(bytes: Uint8Array): Uint8Array {
    const before = latin1(bytes)
    const after = this.#forms.reduce((text, form) => text.replaceAll(latin1(form), ELIDED), before)
    return after === before ? bytes : Buffer.from(after, 'latin1')
  }
}

/** Latin-1 keeps every byte as one character. */
function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}

/** How much of a secret `text` ends with; 0 where that is too little to tell. */
function cutShort(text: string, secret: string): number {
  for (let length = Math.min(secret.length - 1, text.length); length >= MIN_SECRET_BYTES; length--) {
    if (text.endsWith(secret.slice(0, length))) return length
  }
  return 0
}
