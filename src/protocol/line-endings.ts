const CR = 13
const LF = 10

/**
 * Turns each LF that has no CR before it into CRLF, and leaves CRLF as it is: applied twice it changes nothing more.
 * The returned function takes a stream piece by piece and remembers a CR at the end of a piece.
 */
export function createCrlfEncoder(): (bytes: Uint8Array) => Uint8Array {
  let afterCr = false
  return (bytes) => {
    const bare: number[] = []
    for (let at = bytes.indexOf(LF); at >= 0; at = bytes.indexOf(LF, at + 1)) {
      if (!(at === 0 ? afterCr : bytes[at - 1] === CR)) bare.push(at)
    }
    if (bytes.length > 0) afterCr = bytes[bytes.length - 1] === CR
    if (bare.length === 0) return bytes
    const encoded = new Uint8Array(bytes.length + bare.length)
    let from = 0
    let to = 0
    for (const at of bare) {
      encoded.set(bytes.subarray(from, at), to)
      to += at - from
      encoded[to++] = CR
      from = at
    }
    encoded.set(bytes.subarray(from), to)
    return encoded
  }
}
