import type { ServerStage } from './types.js'

/** RFC 3463 for the codes that a server is told to refuse with: by the stage, then by the code alone. */
const AT_STAGE: Readonly<Record<string, string>> = {
  'mail 550': '5.1.0',
  'mail 553': '5.1.7',
  'rcpt 450': '4.2.1',
  'rcpt 452': '4.5.3',
  'rcpt 550': '5.1.1',
  'rcpt 551': '5.1.6',
  'rcpt 552': '5.2.2',
  'rcpt 553': '5.1.3',
}
const BY_CODE: Readonly<Record<number, string>> = {
  421: '4.3.2',
  450: '4.2.0',
  451: '4.3.0',
  452: '4.3.1',
  454: '4.7.0',
  455: '4.5.4',
  500: '5.5.2',
  501: '5.5.4',
  502: '5.5.1',
  503: '5.5.1',
  504: '5.5.4',
  530: '5.7.0',
  534: '5.7.9',
  535: '5.7.8',
  538: '5.7.11',
  550: '5.7.1',
  552: '5.3.4',
  554: '5.5.0',
  555: '5.5.4',
}

/**
 * The enhanced code (RFC 3463) that goes with a refusal; null where there is none: before EHLO was answered, and in its
 * answer (RFC 2034 section 4).
 */
export function enhancedCode(stage: ServerStage | null, code: number): string | null {
  if (stage === 'connect' || stage === 'ehlo') return null
  return AT_STAGE[`${stage} ${code}`] ?? BY_CODE[code] ?? `${Math.floor(code / 100)}.0.0`
}

/** A reply of one line or more (RFC 5321 section 4.2.1). */
export function encodeReply(code: number, lines: readonly string[]): string {
  return lines.map((line, at) => `${code}${at < lines.length - 1 ? '-' : ' '}${line}\r\n`).join('')
}
