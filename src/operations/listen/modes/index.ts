import type { Certified } from '../certificate.js'
import type { Responder, ResponderContext } from '../responder.js'
import type { ListenInput, Mode } from '../types.js'

export interface ResponderMeans {
  readonly input: ListenInput | null
  readonly datagrams: boolean
  /** The real path of a served folder. */
  readonly root: string
  /** For modes that begin TLS by themselves. */
  readonly certified: Certified | null
}

/** Modes are loaded when asked for: most of them need what no other does. */
export async function createResponder(
  mode: Mode,
  { input, datagrams, root, certified }: ResponderMeans,
  context: ResponderContext,
): Promise<Responder> {
  switch (mode.kind) {
    case 'conversation':
      return (await import('./conversation.js')).createConversation(input, context)
    case 'echo':
      return (await import('./echo.js')).createEcho()
    case 'reply':
      return (await import('./reply.js')).createReply(mode.bytes, datagrams)
    case 'chat':
      return (await import('./chat.js')).createChat(input, context)
    case 'discard':
      return (await import('./discard.js')).createDiscard()
    case 'http':
      return (await import('./http.js')).createHttp(mode, context)
    case 'serve':
      return (await import('./serve.js')).createServe(root, mode.dotfiles, context)
    case 'exec':
      return (await import('./exec.js')).createExec(mode.command, mode.shell, context)
    case 'smtp':
      return (await import('../smtp/smtp.js')).createSmtp(mode, certified, context)
    case 'replay':
      return (await import('./replay.js')).createReplay(mode.chunks)
  }
}
