/** The address of MAIL or RCPT, and the parameters behind it, as the client wrote them. */
export interface PathCommand {
  /** Empty for the null sender. */
  readonly address: string
  readonly parameters: readonly SmtpParameter[]
  /** `FROM: <...>`: RFC 5321 section 3.3 has no space there. */
  readonly spaced: boolean
}

/** As [keyword, value]; the value is null where there is no `=`. Keywords are in upper case. */
export type SmtpParameter = readonly [string, string | null]

/** A path, quoted local parts included (RFC 5321 section 4.1.2), and whatever stands behind it. */
const PATH = /^(:)( *)<((?:"(?:[^"\\]|\\.)*"|[^"<>\s])*)>(?: +(.*))?$/s
const SOURCE_ROUTE = /^@[^:]*:/
const PARAMETER = /^([A-Za-z0-9][A-Za-z0-9-]*)(?:=([^=\s]+))?$/

/** Reads what stands behind `MAIL` or `RCPT`; null where it is no path, or a parameter is none. A source route is dropped. */
export function parsePathCommand(argument: string, keyword: 'FROM' | 'TO'): PathCommand | null {
  if (argument.slice(0, keyword.length).toUpperCase() !== keyword) return null
  const found = PATH.exec(argument.slice(keyword.length))
  if (!found) return null
  const [, , space = '', path = '', rest = ''] = found
  const parameters: SmtpParameter[] = []
  for (const word of rest.split(' ')) {
    if (word === '') continue
    const [, name, value = null] = PARAMETER.exec(word) ?? []
    if (name === undefined) return null
    parameters.push([name.toUpperCase(), value])
  }
  return { address: path.replace(SOURCE_ROUTE, ''), parameters, spaced: space !== '' }
}

/** What is wrong with a parameter: not known at all, or its value is none. */
export type ParameterFault = 'unknown' | 'malformed'

type Rules = Readonly<Record<string, (value: string | null) => boolean>>

const XTEXT = /^[!-*,-<>-~]*(?:\+[0-9A-F]{2}[!-*,-<>-~]*)*$/
const NOTIFY = /^(?:NEVER|(?:SUCCESS|FAILURE|DELAY)(?:,(?:SUCCESS|FAILURE|DELAY)){0,2})$/i

/** RFC 1870, 6152, 6531, 3461, 4954. */
const OF_MAIL: Rules = {
  SIZE: (value) => value !== null && /^\d{1,20}$/.test(value),
  BODY: (value) => value !== null && /^(?:7BIT|8BITMIME)$/i.test(value),
  SMTPUTF8: (value) => value === null,
  RET: (value) => value !== null && /^(?:FULL|HDRS)$/i.test(value),
  ENVID: (value) => value !== null && XTEXT.test(value),
  AUTH: (value) => value !== null && (value === '<>' || XTEXT.test(value)),
}
const OF_RCPT: Rules = {
  NOTIFY: (value) => value !== null && NOTIFY.test(value),
  // With SMTPUTF8 its address may be UTF-8 (RFC 6533).
  ORCPT: (value) => value !== null && /^[A-Za-z0-9-]+;[^\s=]+$/.test(value),
}

/** The first fault of MAIL's or RCPT's parameters, or null. None may be named twice (RFC 5321 section 4.1.1.11 gives none a list). */
export function parameterFault(parameters: readonly SmtpParameter[], keyword: 'FROM' | 'TO'): ParameterFault | null {
  const rules = keyword === 'FROM' ? OF_MAIL : OF_RCPT
  const seen = new Set<string>()
  for (const [name, value] of parameters) {
    if (!Object.hasOwn(rules, name)) return 'unknown'
    if (seen.has(name) || rules[name]?.(value) !== true) return 'malformed'
    seen.add(name)
  }
  return null
}

/** The value of a parameter; null where it is not given or has none. */
export function parameterValue(parameters: readonly SmtpParameter[], name: string): string | null {
  return parameters.find(([keyword]) => keyword === name)?.[1] ?? null
}
