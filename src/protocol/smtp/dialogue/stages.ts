/** The steps of a dialogue, in their order. `message` is the reply after the final dot. */
export const STAGES = [
  'connect',
  'banner',
  'ehlo',
  'starttls',
  'tls',
  'auth',
  'rset',
  'mail',
  'rcpt',
  'data',
  'message',
  'quit',
] as const
/** A step of a dialogue. */
export type Stage = (typeof STAGES)[number]

/** Stages after which a dialogue may be ended on purpose. */
export const QUIT_AFTER = ['connect', 'banner', 'ehlo', 'tls', 'auth', 'mail', 'rcpt', 'data'] as const
/** A stage after which a dialogue may be ended on purpose. */
export type QuitAfter = (typeof QUIT_AFTER)[number]

/** The wait for an ordinary reply; the others stand in proportion to it. */
const USUAL_TIMEOUT_MS = 300_000

/** RFC 5321 section 4.5.3.2, in ms; where it says nothing, the usual. QUIT is a courtesy, not worth five minutes. */
const TIMEOUT_MS: Partial<Record<Stage | 'block', number>> = {
  data: 120_000,
  block: 180_000,
  message: 600_000,
  quit: 60_000,
}

/**
 * How long to wait in a stage; `block` is one write of a message's content. `usualMs` is what the five minutes of the
 * RFC shall be, and scales all of them.
 */
export function stageTimeoutMs(stage: Stage | 'block', usualMs: number | null): number {
  const ms = TIMEOUT_MS[stage] ?? USUAL_TIMEOUT_MS
  return usualMs === null ? ms : Math.max(1, Math.round((ms / USUAL_TIMEOUT_MS) * usualMs))
}

/** Whether a code is what the protocol goes on with at that stage. */
export function isExpected(stage: Stage, code: number): boolean {
  switch (stage) {
    case 'banner':
    case 'starttls':
      return code === 220
    case 'auth':
      return code === 334 || code === 235
    case 'data':
      return code === 354
    case 'quit':
      return code === 221
    default:
      return code >= 200 && code < 300
  }
}

const WHAT: Record<Stage, string> = {
  connect: 'the connection',
  banner: 'the greeting',
  ehlo: 'EHLO',
  starttls: 'STARTTLS',
  tls: 'the TLS handshake',
  auth: 'AUTH',
  rset: 'RSET',
  mail: 'MAIL',
  rcpt: 'RCPT',
  data: 'DATA',
  message: 'the message',
  quit: 'QUIT',
}

/** A stage in words. */
export function stageName(stage: Stage): string {
  return WHAT[stage]
}
