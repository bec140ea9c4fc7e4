// biome-ignore lint/style/noRestrictedImports: what that parser answers with; it opens no connection
import { ServerResponse, STATUS_CODES } from 'node:http'

const NOTHING = Buffer.alloc(0)

/** An answer of which all is known: fields are names and values in turn, and are not checked. */
export class WholeAnswer {
  readonly statusCode: number
  readonly fields: readonly string[]
  readonly body: Buffer
  #text = ''
  #date = ''
  #keepAliveMs = 0

  constructor(statusCode: number, fields: readonly string[], body: Buffer = NOTHING) {
    this.statusCode = statusCode
    this.fields = fields
    this.body = body
  }

  /**
   * Status line, fields and body as Latin-1, which is their bytes one for one: Node writes such a string without a copy.
   * With what Node itself adds where the connection stays open. Made once for each second in which it is asked for.
   */
  text(keepAliveMs: number): string {
    const date = httpDate()
    if (date === this.#date && keepAliveMs === this.#keepAliveMs) return this.#text
    const { statusCode, fields, body } = this
    let head = `HTTP/1.1 ${statusCode} ${STATUS_CODES[statusCode]}\r\n`
    for (let at = 0; at + 1 < fields.length; at += 2) head += `${fields[at]}: ${fields[at + 1]}\r\n`
    head += `Date: ${date}\r\nConnection: keep-alive\r\n`
    if (keepAliveMs > 0) head += `Keep-Alive: timeout=${Math.floor(keepAliveMs / 1000)}\r\n`
    this.#date = date
    this.#keepAliveMs = keepAliveMs
    this.#text = `${head}\r\n${body.toString('latin1')}`
    return this.#text
  }
}

/**
 * A response that can also be sent in one piece. Node puts every response together as if more of it might follow, which
 * costs more than the rest of a request for a small file does; what is known in full needs none of that.
 */
export class WholeResponse extends ServerResponse {
  /** Whether {@link WholeResponse.sendWhole} has handed all of it to the system. */
  wholeSent = false

  /**
   * Hands all of an answer to the system with one write(2). False where the connection is to close, or is gone already:
   * writeHead() and end() send what is to be sent then, in the very same bytes.
   */
  sendWhole(answer: WholeAnswer, keepAliveMs: number): boolean {
    const { req, socket } = this
    if (!socket || !this.shouldKeepAlive || req.httpVersion !== '1.1') return false
    this.statusCode = answer.statusCode
    socket.write(answer.text(keepAliveMs), 'latin1', (error) => {
      if (error) return // the end of the connection tells of it
      this.wholeSent = true
      this.emit('finish') // what the server waits for: the next request's turn
    })
    return true
  }
}

let dateSecond = -1
let dateText = ''

/** Now, as an IMF-fixdate (RFC 9110 section 5.6.7); made anew once a second. */
function httpDate(): string {
  const second = Math.floor(Date.now() / 1000)
  if (second !== dateSecond) {
    dateSecond = second
    dateText = new Date(second * 1000).toUTCString()
  }
  return dateText
}
