/**
 * The lines of a stream as they come, as many at a time as a piece of it completes, without their ends (LF or CR LF), a
 * byte order mark at the start left out. What follows the last line end counts where it is not empty.
 */
export async function* readLines(stream: AsyncIterable<Uint8Array>): AsyncGenerator<readonly string[]> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    if (lines.length > 0) yield lines.map(withoutReturn)
  }
  const last = withoutReturn(rest + decoder.decode())
  if (last !== '') yield [last]
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line
}
