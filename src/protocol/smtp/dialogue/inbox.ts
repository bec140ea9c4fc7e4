import type { Reply } from '../reply.js'
import { ReplyDecoder, type ReplyError } from '../reply-decoder.js'
import type { StrayRule } from './conversation.js'
import { UnreadReply } from './unread.js'

/** What has come and was not taken yet: replies, and what is none. */
export class Inbox {
  readonly #decoder = new ReplyDecoder()
  readonly #replies: Reply[] = []
  readonly #unread = new UnreadReply()
  /** Where the stream ceases to be SMTP. */
  #error: ReplyError | null = null

  /** The reply that is to be taken next. */
  get first(): Reply | undefined {
    return this.#replies[0]
  }

  /** Octets of a reply whose end has not come. */
  get pendingBytes(): number {
    return this.#decoder.pendingBytes
  }

  get isEmpty(): boolean {
    return this.#replies.length === 0 && this.pendingBytes === 0
  }

  /** Returns where the stream ceases to be SMTP. `shown`: what is no reply stands among the strays. */
  push(bytes: Uint8Array, shown: boolean): ReplyError | null {
    if (shown) this.#unread.push(bytes)
    const { replies, error } = this.#decoder.push(bytes)
    this.#replies.push(...replies)
    if (error && shown) this.#error = error
    return error
  }

  /** Takes what came as no reply at all. */
  pushStray(bytes: Uint8Array): void {
    this.#unread.push(bytes)
  }

  /** Removes the first reply. */
  drop(): void {
    this.#replies.shift()
    this.#unread.dropTo(this.first?.offset ?? this.#decoder.replyOffset)
  }

  /** Hands over what is part of no reply that was taken. */
  takeStrays(rule: StrayRule) {
    return this.#unread.takeStrays(rule, this.#error)
  }
}
