import { type Capabilities, parseCapabilities } from '../capabilities.js'
import { heloCommand, plainCommand } from '../command.js'
import type { Reply } from '../reply.js'
import type { DialogueSteps } from './conversation.js'
import type { CheckedPlan } from './plan.js'
import { DialogueStop, refused, unsupported } from './problem.js'
import type { DialogueWire } from './wire.js'

/** What the two have told each other of themselves. */
export interface Introduction {
  greeting: Reply | null
  capabilities: Capabilities | null
}

export function* readBanner(wire: DialogueWire, known: Introduction): DialogueSteps<void> {
  const reply = yield* wire.reply('banner')
  known.greeting = reply
  if (reply.code >= 400) throw new DialogueStop(refused('banner', reply))
}

/** EHLO, and HELO for a server that refuses it for good; a silent server gets no second chance (RFC 5321 section 3.2). */
export function* sayHello(wire: DialogueWire, { helo, plan }: CheckedPlan, known: Introduction): DialogueSteps<void> {
  const reply = yield* wire.ask('ehlo', heloCommand(plan.lmtp ? 'LHLO' : 'EHLO', helo))
  if (reply.code < 400) {
    known.capabilities = parseCapabilities(reply)
    return
  }
  if (reply.code < 500 || plan.lmtp) throw new DialogueStop(refused('ehlo', reply, wire.nameOf('ehlo')))
  const second = yield* wire.ask('ehlo', heloCommand('HELO', helo))
  if (second.code >= 400) throw new DialogueStop(refused('ehlo', second, wire.nameOf('ehlo')))
  known.capabilities = parseCapabilities(null)
}

/** STARTTLS where it is wanted and offered, then EHLO anew: nothing that was said in plaintext counts (RFC 3207). */
export function* upgradeDialogue(wire: DialogueWire, checked: CheckedPlan, known: Introduction): DialogueSteps<void> {
  const mode = checked.plan.startTls ?? 'auto'
  if (wire.secure || mode === 'never') return
  if (!known.capabilities?.startTls) {
    if (mode === 'auto') return
    throw new DialogueStop(unsupported('starttls', 'SMTP_NO_STARTTLS', 'the server does not offer STARTTLS'))
  }
  const reply = yield* wire.ask('starttls', plainCommand('STARTTLS'))
  if (reply.code >= 400) {
    if (mode === 'auto') return
    throw new DialogueStop(refused('starttls', reply))
  }
  known.capabilities = null
  yield* wire.startTls()
  yield* sayHello(wire, checked, known)
}
