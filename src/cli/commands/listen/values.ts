// biome-ignore lint/style/noRestrictedImports: checks words, and opens no connection
import { validateHeaderName, validateHeaderValue } from 'node:http'
import { parseSize } from '../../../core/text/size.js'
import { UsageError } from '../../../core/usage-error.js'
import type { ListenFault } from '../../../operations/listen/index.js'

export function readAnswerHeader(text: string, argument: string): readonly [string, string] {
  const colon = text.indexOf(':')
  const name = text.slice(0, Math.max(0, colon)).trim()
  const value = text.slice(colon + 1).trim()
  try {
    validateHeaderName(name)
    validateHeaderValue(name, value)
  } catch {
    throw UsageError.of(argument, text, 'a field: Name: value')
  }
  return [name, value]
}

const FAULTS = 'a fault: reset, close, stall (each with @N to strike after N bytes), slow:RATE or garbage@N'

export function readFault(text: string, argument: string): ListenFault {
  const [, slow] = /^slow:(.+)$/.exec(text) ?? []
  if (slow !== undefined) {
    const bytesPerSecond = parseSize(slow.replace(/\/s$/, ''), argument)
    if (bytesPerSecond < 1) throw UsageError.of(argument, text, 'a rate of at least one byte a second: slow:1k')
    return { kind: 'slow', bytesPerSecond }
  }
  const [, kind, size] = /^(reset|close|stall|garbage)(?:@(.+))?$/.exec(text) ?? []
  if (kind === 'reset' || kind === 'close' || kind === 'stall' || kind === 'garbage') {
    return { kind, afterBytes: size === undefined ? 0 : parseSize(size, argument) }
  }
  throw UsageError.of(argument, text, FAULTS)
}
