import { failureFields, fromNodeError } from '../../../core/failure.js'
import type { ReceivedRequest } from '../../../protocol/http/request/head.js'
import { WholeAnswer } from '../http/answer.js'
import type { Exchange } from '../http/exchange.js'
import { createHttpResponder } from '../http/server.js'
import type { Responder, ResponderContext } from '../responder.js'
import { FileStore, type ServedFile } from '../serve/files.js'
import { listDirectory } from '../serve/listing.js'
import { sendFile } from '../serve/send-file.js'
import { readTarget, type ServeTarget } from '../serve/target.js'

const INDEX = 'index.html'
const PAGE_FIELDS = [
  'Content-Type',
  'text/html; charset=utf-8',
  'Cache-Control',
  'no-cache',
  'Content-Security-Policy',
  "default-src 'none'; style-src 'unsafe-inline'",
]

/** Static files: GET and HEAD of what lies in the folder whose real path is `root`, and of nothing else. */
export function createServe(root: string, dotfiles: boolean, context: ResponderContext): Responder {
  const store = new FileStore(root)

  const answer = (exchange: Exchange): void => {
    const { request } = exchange
    if (!isServed(request)) {
      exchange.sendStatus(405, ['Allow', 'GET, HEAD'])
      return
    }
    const target = readTarget(request.target, dotfiles)
    if (target.statusCode !== null) {
      exchange.sendStatus(target.statusCode)
      return
    }
    const kept = store.kept(target.directory ? [...target.segments, INDEX] : target.segments)
    const answered = kept ? sendFile(exchange, kept) : find(exchange, target)
    answered?.catch((error: unknown) => giveUp(exchange, error))
  }

  async function find(exchange: Exchange, target: Extract<ServeTarget, { statusCode: null }>): Promise<void> {
    const { segments, directory, path, query } = target
    const found = await store.open(segments)
    if ('content' in found) return directory ? refuseFile(exchange, found) : sendAndClose(exchange, found)
    if (found.kind === 'refused') return exchange.sendStatus(found.statusCode)
    if (!directory) return exchange.sendStatus(301, ['Location', `${path}/${query}`])
    const index = await store.open([...segments, INDEX])
    if ('content' in index) return sendAndClose(exchange, index)
    if (index.kind === 'refused' && index.statusCode !== 404) return exchange.sendStatus(index.statusCode)
    const isInside = (real: string) => store.isInside(real)
    sendPage(exchange, await listDirectory({ path: found.path, segments, dotfiles, isInside }))
  }

  function giveUp(exchange: Exchange, error: unknown): void {
    const { code } = error as NodeJS.ErrnoException
    const failed = fromNodeError(error, 'read', { origin: 'os' })
    context.emit({ type: 'problem', id: null, address: null, port: null, ...failureFields(failed) })
    if (exchange.hasBegun) exchange.breakOff()
    else if (code === 'EACCES') exchange.sendStatus(403)
    else exchange.sendStatus(code === 'EMFILE' || code === 'ENFILE' ? 503 : 500)
  }

  return createHttpResponder({ answer, answersEarly: (request) => !isServed(request) }, context)
}

function isServed({ method }: ReceivedRequest): boolean {
  return method === 'GET' || method === 'HEAD'
}

async function sendAndClose(exchange: Exchange, file: ServedFile): Promise<void> {
  try {
    await sendFile(exchange, file)
  } finally {
    if (file.content.kind === 'handle') await file.content.handle.close()
  }
}

/** `/page.html/`: a file is no directory. */
async function refuseFile(exchange: Exchange, file: ServedFile): Promise<void> {
  if (file.content.kind === 'handle') await file.content.handle.close()
  exchange.sendStatus(404)
}

function sendPage(exchange: Exchange, page: string): void {
  const body = Buffer.from(page)
  exchange.send(new WholeAnswer(200, [...PAGE_FIELDS, 'Content-Length', String(body.length)], body))
}
