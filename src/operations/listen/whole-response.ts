import { ServerResponse, STATUS_CODES } from 'node:http'

/**
 * A response that can also be sent in one piece. Node puts every response together as if more of it might follow, which
 * costs more than the rest of a request for a small file does; what is known in full needs none of that.
 */
export class WholeResponse extends ServerResponse {
  /** Whether {@link WholeResponse.sendWhole} has handed all of it to the system. */
  wholeSent = false

  /**
   * Hands head and body to the system at once: one write(2). Adds the fields that Node itself adds to a response over a
   * connection that stays open. False where it is another response's turn, or the connection is to close: writeHead()
   * and end() send the very same bytes then. `fields` are names and values in turn; they are not checked.
   */
  sendWhole(statusCode: number, fields: readonly string[], body: Buffer, keepAliveMs: number): boolean {
    const { req, socket } = this
    if (!socket || !this.shouldKeepAlive || req.httpVersion !== '1.1') return false
    let head = `HTTP/1.1 ${statusCode} ${STATUS_CODES[statusCode]}\r\n`
    for (let at = 0; at + 1 < fields.length; at += 2) head += `${fields[at]}: ${fields[at + 1]}\r\n`
    head += `Date: ${httpDate()}\r\nConnection: keep-alive\r\n`
    if (keepAliveMs > 0) head += `Keep-Alive: timeout=${Math.floor(keepAliveMs / 1000)}\r\n`
    this.statusCode = statusCode
    // Node writes a string without a copy of it first; Latin-1 is its bytes, one for one.
    socket.write(`${head}\r\n${body.toString('latin1')}`, 'latin1', (error) => {
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
