// Opens N connections to a port of loopback and holds them; each says something of its own and must get it back. Prints
// how many did, and ends when its standard input does.
import { connect } from 'node:net'

const [port, count] = process.argv.slice(2).map(Number)
const AT_ONCE = 250

function exchange(text) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text))
    let got = ''
    socket.on('data', (chunk) => {
      got += chunk
      if (got.length >= text.length) resolve(got === text)
    })
    socket.on('error', () => resolve(false))
    socket.on('close', () => resolve(false))
  })
}

let answered = 0
for (let at = 0; at < count; at += AT_ONCE) {
  const batch = Array.from({ length: Math.min(AT_ONCE, count - at) }, (_, i) => exchange(`I am ${at + i}`))
  for (const right of await Promise.all(batch)) if (right) answered++
}
console.log(answered)
process.stdin.on('end', () => process.exit()).resume()
