import { array, type EventOf, integer, nullable, object, oneOf, text, type ValueOf } from '../../core/shape.js'

export const errnoEvents = {
  errno: {
    name: text,
    kind: oneOf('errno', 'getaddrinfo', 'dns', 'tls', 'netkit'),
    /** Whose number `number` is. */
    system: oneOf('linux', 'darwin', 'win32'),
    number: nullable(integer),
    numbers: object({ linux: nullable(integer), darwin: nullable(integer), win32: nullable(integer) }),
    aliases: array(text),
    /** System calls that report it. */
    calls: array(text),
    meaning: text,
    causes: array(text),
    /** What to look at next. */
    hint: text,
    /** What can be done about it, for programs: of its values more may come. */
    advice: nullable(text),
  },
}

export const errnoResult = { found: integer }

/** What one code means. */
export type ErrnoEvent = EventOf<typeof errnoEvents>
/** What a run of `explainErrno` came to. */
export type ErrnoSummary = ValueOf<typeof errnoResult>
