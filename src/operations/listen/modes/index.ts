import type { Responder, ResponderContext } from '../responder.js'
import type { ListenInput, Mode } from '../types.js'

/** Modes are loaded when asked for: most of them need what no other does. `root`: the real path of a served folder. */
export async function createResponder(
  mode: Mode,
  { input, datagrams, root }: { input: ListenInput | null; datagrams: boolean; root: string },
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
    case 'replay':
      return (await import('./replay.js')).createReplay(mode.chunks)
  }
}
