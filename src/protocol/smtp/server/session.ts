import { askedBy, readCommand } from './asked.js'
import { authenticateClient } from './authenticate.js'
import { SERVER_MECHANISMS } from './credentials.js'
import { ServerTalk } from './talk.js'
import { data, mail, rcpt } from './transact.js'
import type { ServerAction, ServerPlan, SmtpServerEvent } from './types.js'
import { type ServerStep, ServerWire, SessionOver } from './wire.js'

const HTTP_REQUEST = /^[A-Z]+ \S+ HTTP\/\d/
/** A domain or an address literal, as far as one can be told (RFC 5321 section 4.1.1.1). */
const HELO_NAME = /^(?:\[[0-9A-Za-z.:-]+\]|[^\s.[\]]+(?:\.[^\s.[\]]+)+\.?)$/

/**
 * A mail server without a network (RFC 5321, and LMTP of RFC 2033): it is told what happens on a connection and says what
 * to do. After `close` nothing changes it.
 *
 *     const session = new ServerSession(plan)
 *     for (const event of connection) perform(session.handle(event))
 */
export class ServerSession {
  readonly #wire = new ServerWire()
  readonly #steps: ServerStep<void>
  #isOver = false

  constructor(plan: ServerPlan) {
    this.#steps = converse(new ServerTalk(this.#wire, plan))
    this.#steps.next()
  }

  /** Nothing more will be said. */
  get isOver(): boolean {
    return this.#isOver
  }

  /** What to do about an event, in order. */
  handle(event: SmtpServerEvent): ServerAction[] {
    if (this.#isOver) return []
    this.#isOver = this.#steps.next(event).done === true
    const { actions } = this.#wire
    this.#wire.actions = []
    return actions
  }
}

function* converse(talk: ServerTalk): ServerStep<void> {
  const { plan, wire } = talk
  try {
    yield* wire.answer('connected')
    const refusal = yield* wire.judge('connect')
    if (refusal) talk.refuse(refusal.code, refusal.text, { stage: 'connect' })
    talk.accept(220, null, `${plan.name} ${plan.lmtp ? 'LMTP' : 'ESMTP'} netkit`)
    yield* commands(talk)
    talk.abandon('quit')
  } catch (error) {
    if (!(error instanceof SessionOver)) throw error
    talk.abandon(error.how)
  }
  wire.push({ type: 'close' })
}

/** Until QUIT. */
function* commands(talk: ServerTalk): ServerStep<void> {
  const { wire } = talk
  for (let previous: string | null = null; ; ) {
    talk.asked = null
    const line = yield* wire.line()
    if (line === null) return talk.refuse(421, 'a line is not that long')
    talk.asked = askedBy(line, previous)
    previous = talk.asked.command
    if (HTTP_REQUEST.test(line)) return talk.refuse(421, 'HTTP requests not allowed', { enhanced: '4.4.2' })
    if (wire.hasMore && talk.helo?.extended !== true) wire.deviates('pipelining-not-offered', talk.asked.command)
    const { verb, argument } = readCommand(line)
    if (verb === 'QUIT') return talk.accept(221, '2.0.0', 'goodbye')
    yield* command(talk, verb, argument)
  }
}

function* command(talk: ServerTalk, verb: string, argument: string): ServerStep<void> {
  switch (verb) {
    case 'EHLO':
    case 'HELO':
    case 'LHLO':
      return yield* hello(talk, verb, argument)
    case 'STARTTLS':
      return yield* startTls(talk, argument)
    case 'AUTH':
      return yield* authenticateClient(talk, argument)
    case 'MAIL':
      return yield* mail(talk, argument)
    case 'RCPT':
      return yield* rcpt(talk, argument)
    case 'DATA':
      return yield* data(talk, argument)
    case 'RSET':
      talk.abandon('reset')
      return talk.accept(250, '2.0.0', 'forgotten')
    case 'NOOP':
      return talk.accept(250, '2.0.0', 'nothing done')
    case 'VRFY':
      return talk.accept(252, '2.0.0', 'nobody is looked up; send it and see')
    case 'HELP':
      return talk.accept(214, '2.0.0', 'RFC 5321 tells what can be said')
    case 'EXPN':
      return talk.refuse(502, 'lists are not expanded')
    default:
      return talk.refuse(500, 'command not recognized')
  }
}

/** EHLO, HELO and LHLO (RFC 5321 section 4.1.1.1, RFC 2033 section 4.1). */
function* hello(talk: ServerTalk, verb: 'EHLO' | 'HELO' | 'LHLO', argument: string): ServerStep<void> {
  const { plan, wire } = talk
  if ((verb === 'LHLO') !== plan.lmtp) {
    const text = plan.lmtp ? 'this is LMTP: say LHLO' : 'command not recognized'
    return talk.refuse(500, text, { stage: 'ehlo' })
  }
  if (argument === '') return talk.refuse(501, `${verb} and a name`, { stage: 'ehlo' })
  if (!(yield* talk.mayPass('ehlo'))) return
  if (!HELO_NAME.test(argument)) wire.deviates('helo-name', verb)
  if (wire.hasMore && verb !== 'HELO') wire.deviates('pipelined-behind', verb)
  talk.abandon('reset')
  talk.helo = { name: argument, extended: verb !== 'HELO' }
  const greeting = `${plan.name} greets you`
  if (verb === 'HELO') return talk.accept(250, null, greeting)
  const offers = ['PIPELINING', '8BITMIME', 'SMTPUTF8', 'ENHANCEDSTATUSCODES', 'DSN']
  if (talk.offersTls) offers.push('STARTTLS')
  if (talk.offersAuth) offers.push(`AUTH ${SERVER_MECHANISMS.join(' ')}`)
  talk.accept(250, null, greeting, ...offers, `SIZE ${plan.maxSizeBytes}`)
}

/** RFC 3207: what came behind it was said by nobody who can be trusted, and what was said before is forgotten. */
function* startTls(talk: ServerTalk, argument: string): ServerStep<void> {
  const { plan, wire } = talk
  if (!plan.starttls) return talk.refuse(500, 'command not recognized')
  if (argument !== '') return talk.refuse(501, 'STARTTLS stands alone')
  if (!talk.offersTls) return talk.refuse(503, 'TLS has begun already')
  if (!(yield* talk.mayPass('starttls'))) return
  if (wire.drop() > 0) wire.deviates('behind-starttls')
  talk.abandon('reset')
  talk.helo = null
  talk.user = null
  talk.accept(220, '2.0.0', 'go ahead')
  wire.push({ type: 'start-tls' })
  const { tlsVersion, droppedBytes } = yield* wire.answer('secured')
  if (droppedBytes > 0) wire.deviates('behind-starttls')
  talk.tlsVersion = tlsVersion
}
