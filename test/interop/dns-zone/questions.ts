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

/** netkit's text of service parameters that are newer than BIND 9.18 and Knot 3.2, as those write them. */
export function asOfBind918(text: string): string {
  return text
    .replaceAll(' dohpath=', ' key7=')
    .replaceAll(' ohttp', ' key8')
    .replaceAll(' tls-supported-groups=29,23', ' key9="\\000\\029\\000\\023"')
}
