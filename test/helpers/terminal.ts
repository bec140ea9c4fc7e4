import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { BIN } from './cli.js'

/** What is typed once something has been shown, on the screen or on stderr. */
export type Typed = readonly [after: string, keys: string]

export interface Shown {
  readonly code: number
  /** stdin and stdout are a terminal: what was typed, as it is echoed, and what the command wrote there. */
  readonly screen: string
  /** stderr: a terminal of its own, so that it can be told apart. */
  readonly status: string
}

const SCRIPT = `
import fcntl, json, os, pty, select, struct, sys, termios
columns, steps, command = int(sys.argv[1]), json.loads(sys.argv[2]), sys.argv[3:]
size = struct.pack('HHHH', 24, columns, 0, 0)
err, err_there = pty.openpty()
pid, screen = pty.fork()
if pid == 0:
    fcntl.ioctl(1, termios.TIOCSWINSZ, size)
    fcntl.ioctl(err_there, termios.TIOCSWINSZ, size)
    os.dup2(err_there, 2)
    os.execvp(command[0], command)
os.close(err_there)
shown = {screen: b'', err: b''}
open_files = [screen, err]
while open_files:
    for fd in select.select(open_files, [], [])[0]:
        try: data = os.read(fd, 65536)
        except OSError: data = b''
        if not data: open_files.remove(fd)
        shown[fd] += data
    if steps and any(steps[0][0].encode() in text for text in shown.values()):
        keys = steps.pop(0)[1].encode()
        while keys: keys = keys[os.write(screen, keys):]
code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
json.dump({'code': code, 'screen': shown[screen].decode('latin1'), 'status': shown[err].decode('latin1')}, sys.stdout)
`

/** Runs the built command at a terminal (a pty of python3's), typing as its user would. */
export async function atTerminal(args: readonly string[], typed: readonly Typed[], columns = 80): Promise<Shown> {
  const { NO_COLOR: _no, FORCE_COLOR: _force, ...inherited } = process.env
  const command = [process.execPath, BIN, ...args]
  const child = spawn('python3', ['-c', SCRIPT, String(columns), JSON.stringify(typed), ...command], {
    env: { ...inherited, TERM: 'xterm-256color' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let out = ''
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString()
  })
  await once(child, 'close')
  return JSON.parse(out) as Shown
}
