// biome-ignore lint/style/noRestrictedImports: the names of status codes, and nothing that speaks
import { STATUS_CODES } from 'node:http'

const NOTHING = Buffer.alloc(0)

/** What is said of the connection in the head of an answer. */
export interface Keeping {
  /** How long it stays open for a next request; 0: that is not told. */
  readonly keepAliveMs: number
  /** Whether it is closed behind this answer. */
  readonly closes: boolean
}

/** An answer of which all is known: fields are names and values in turn, and are not checked. */
export class WholeAnswer {
  readonly statusCode: number
  readonly fields: readonly string[]
  readonly body: Buffer
  /** Whether its own fields say that the connection is closed behind it. */
  readonly closes: boolean
  #bytes = NOTHING
  #date = ''
  #keepAliveMs = 0

  constructor(statusCode: number, fields: readonly string[], body: Buffer = NOTHING) {
    this.statusCode = statusCode
    this.fields = fields
    this.body = body
    this.closes = (fieldValue(fields, 'connection') ?? '').toLowerCase().includes('close')
  }

  /** All of it on the wire. Where the connection stays open it is made once for each second in which it is asked for. */
  bytes(keeping: Keeping): Buffer {
    const date = httpDate()
    const { keepAliveMs, closes } = keeping
    if (!closes && date === this.#date && keepAliveMs === this.#keepAliveMs) return this.#bytes
    const bytes = Buffer.concat([answerHead(this.statusCode, this.fields, keeping), this.body])
    if (closes) return bytes
    this.#date = date
    this.#keepAliveMs = keepAliveMs
    this.#bytes = bytes
    return bytes
  }
}

/** Status line and fields up to the empty line, with those that every answer has and these do not name. */
export function answerHead(statusCode: number, fields: readonly string[], { keepAliveMs, closes }: Keeping): Buffer {
  let head = `HTTP/1.1 ${statusCode} ${reasonOf(statusCode)}\r\n`
  for (let at = 0; at + 1 < fields.length; at += 2) head += `${fields[at]}: ${fields[at + 1]}\r\n`
  if (fieldValue(fields, 'date') === undefined) head += `Date: ${httpDate()}\r\n`
  if (fieldValue(fields, 'connection') === undefined) {
    head += closes ? 'Connection: close\r\n' : 'Connection: keep-alive\r\n'
    if (!closes && keepAliveMs > 0) head += `Keep-Alive: timeout=${Math.floor(keepAliveMs / 1000)}\r\n`
  }
  return Buffer.from(`${head}\r\n`, 'latin1')
}

/** An answer that is its status alone, as a short text. */
export function statusAnswer(statusCode: number, fields: readonly string[] = []): WholeAnswer {
  const body = Buffer.from(`${statusCode} ${reasonOf(statusCode)}\n`)
  const own = ['Content-Type', 'text/plain; charset=utf-8', 'Content-Length', String(body.length)]
  return new WholeAnswer(statusCode, [...own, ...fields], body)
}

/** The value of the first field of a name, which is given in lower case. */
export function fieldValue(fields: readonly string[], name: string): string | undefined {
  for (let at = 0; at + 1 < fields.length; at += 2) if (fields[at]?.toLowerCase() === name) return fields[at + 1]
  return undefined
}

function reasonOf(statusCode: number): string {
  return STATUS_CODES[statusCode] ?? 'unknown'
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
