import { readFileSync } from 'node:fs'

/** Each owner and type of a zone file once. */
function questionsOf(file: string, origin: string): [string, string][] {
  const lines = readFileSync(new URL(file, import.meta.url), 'utf8').split('\n')
  const asked = lines.flatMap((line) => {
    const [owner = '', type = ''] = line.split(/\s+/)
    return /^(;|\$|$)/.test(line) ? [] : [`${owner === '@' ? origin : `${owner}.${origin}`} ${type}`]
  })
  return [...new Set(asked)].map((text) => text.split(' ') as [string, string])
}

/** Name and type of all records that there are to ask for. */
export const questions = [
  ...questionsOf('every-type.zone', 'types.example.'),
  ...questionsOf('edges.zone', 'edge.example.'),
]

/** What is newer than BIND 9.18: what netkit writes, type and text, and what BIND does. */
const NEWER = [
  [' dohpath=', ' key7='],
  [' ohttp', ' key8'],
  [' tls-supported-groups=29,23', ' key9="\\000\\029\\000\\023"'],
  ['CLA "a" "b"', 'TYPE263 \\# 4 01610162'],
  ['IPN 4294967298', 'TYPE264 \\# 8 0000000100000002'],
  ['UNECE \\#', 'TYPE69 \\#'],
  ['ISO \\#', 'TYPE70 \\#'],
] as const

/** Lines of BIND 9.18 as netkit writes them. */
export function asOfToday(line: string): string {
  return NEWER.reduce((text, [today, bind]) => text.replaceAll(bind, today), line)
}

/** And the other way round. */
export function asOfBind918(line: string): string {
  return NEWER.reduce((text, [today, bind]) => text.replaceAll(today, bind), line)
}
