/** A line in pieces of at most that many characters, broken at spaces where there are some. At least one piece. */
export function fold(line: string, width: number): string[] {
  const pieces: string[] = []
  let rest = line
  while (rest.length > width) {
    const space = rest.lastIndexOf(' ', width)
    const end = space > width / 2 ? space : width
    pieces.push(rest.slice(0, end))
    rest = rest.slice(end === space ? end + 1 : end)
  }
  return [...pieces, rest]
}
