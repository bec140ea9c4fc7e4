import { randomUUID } from 'node:crypto'
import { basename } from 'node:path'
import { fail, type Outcome, ok } from '../../../core/outcome.js'
import { utf8Text } from '../../../core/text/utf8.js'
import { UsageError } from '../../../core/usage-error.js'
import { type MailSource, readMailSource } from './source.js'

/** Someone as a header names them. */
export interface MailPerson {
  readonly name: string | null
  readonly address: string
}

export interface MailAttachment {
  readonly source: MailSource
  /** A path or a file name; only its last part is told. */
  readonly name: string
  /** `type/subtype`; null goes by the name's extension. */
  readonly type: string | null
}

/** A message to be made of parts (RFC 5322, RFC 2045). */
export interface MailComposition {
  readonly from: MailPerson
  readonly to: readonly MailPerson[]
  readonly cc: readonly MailPerson[]
  readonly subject: string | null
  readonly text: MailSource | null
  readonly html: MailSource | null
  /** They replace what would stand there otherwise: Date, Message-ID, From ... */
  readonly headers: readonly { readonly name: string; readonly value: string }[]
  readonly attachments: readonly MailAttachment[]
}

export interface Composed {
  readonly bytes: Uint8Array
  /** What stands in Message-ID between `<` and `@`, where it was made here: a copy of the message needs another one. */
  readonly serial: string | null
}

/**
 * Makes a MIME message: CRLF throughout, Date and Message-ID always. Fails where a file cannot be read; throws a
 * UsageError where a text is no UTF-8.
 */
export async function compose(composition: MailComposition): Promise<Outcome<Composed>> {
  const started = performance.now()
  const elapsed = () => performance.now() - started
  const { from, to, cc, subject, headers } = composition
  const text = composition.text && (await readMailSource(composition.text))
  if (text && !text.ok) return fail(text.failure, elapsed())
  const html = composition.html && (await readMailSource(composition.html))
  if (html && !html.ok) return fail(html.failure, elapsed())
  const attachments: { filename: string; content: Buffer; contentType?: string }[] = []
  for (const { source, name, type } of composition.attachments) {
    const read = await readMailSource(source)
    if (!read.ok) return fail(read.failure, elapsed())
    const content = Buffer.from(read.value.buffer, read.value.byteOffset, read.value.byteLength)
    attachments.push({ filename: basename(name), content, ...(type !== null && { contentType: type }) })
  }

  const own = (name: string) => headers.some((header) => header.name.toLowerCase() === name)
  const serial = own('message-id') ? null : randomUUID()
  // Loaded here: it costs more time than all of netkit.
  const { default: MailComposer } = await import('nodemailer/lib/mail-composer')
  const composer = new MailComposer({
    ...(!own('from') && { from: headerAddress(from) }),
    ...(!own('to') && { to: to.map(headerAddress) }),
    ...(!own('cc') && { cc: cc.map(headerAddress) }),
    ...(!own('subject') && subject !== null && { subject }),
    ...(serial !== null && { messageId: `<${serial}@${from.address.slice(from.address.lastIndexOf('@') + 1)}>` }),
    ...(text && { text: decode(text.value, composition.text) }),
    ...(html && { html: decode(html.value, composition.html) }),
    headers: headers.map(({ name, value }) => ({ key: name, value })),
    attachments,
    newline: 'windows',
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  return ok({ bytes: await composer.compile().build(), serial }, elapsed())
}

function headerAddress({ name, address }: MailPerson) {
  return { name: name ?? '', address }
}

function decode(bytes: Uint8Array, source: MailSource | null): string {
  const text = utf8Text(bytes)
  if (text !== null) return text
  const argument = source && source.kind !== 'bytes' ? source.argument : 'text'
  throw new UsageError(
    `${argument}: that is no UTF-8 text; attach it, or send a whole message`,
    argument,
    'whole-message',
  )
}
