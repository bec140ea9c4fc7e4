const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Bytes as text where they are valid UTF-8 (RFC 3629), a byte order mark kept; else null. With `cut` they were cut off
 * at a bound: a last character that is not whole is left out, and is no fault.
 */
export function utf8Text(bytes: Uint8Array, { cut = false }: { readonly cut?: boolean } = {}): string | null {
  try {
    if (!cut) return strict.decode(bytes)
    // One of its own: it keeps what was cut.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes, { stream: true })
  } catch {
    return null
  }
}

/** One character for each byte: how bytes that are no UTF-8 can be shown. */
export function latin1Text(bytes: Uint8Array): string {
  return viewOf(bytes).toString('latin1')
}

export function base64Text(bytes: Uint8Array): string {
  return viewOf(bytes).toString('base64')
}

/** Bytes in JSON: `data` where they are valid UTF-8, else `dataBase64`; the other one is null. */
export function dataFields(bytes: Uint8Array): { readonly data: string | null; readonly dataBase64: string | null } {
  const data = utf8Text(bytes)
  return { data, dataBase64: data === null ? base64Text(bytes) : null }
}

function viewOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
