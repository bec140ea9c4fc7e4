// What the benches share: running programs with their time and memory, medians, and one kind of table.
import { spawn, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

// Where this is set, Node reads a file of certificates whenever it starts, which takes longer than starting.
delete process.env.NODE_EXTRA_CA_CERTS

export const has = (program) => !spawnSync(program, ['--version'], { stdio: 'ignore' }).error

/** Runs a program to its end; peak memory is the largest VmHWM seen, or null for what ends too soon to be seen. */
export function measure([program, ...args], { timeoutMs = 600_000 } = {}) {
  return new Promise((resolve, reject) => {
    const started = performance.now()
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    const out = []
    let err = ''
    let peakKiB = null
    child.stdout.on('data', (chunk) => out.push(chunk))
    child.stderr.on('data', (chunk) => {
      err += chunk
    })
    const look = setInterval(() => {
      try {
        const found = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'latin1'))
        if (found) peakKiB = Math.max(peakKiB ?? 0, Number(found[1]))
      } catch {
        // it has ended meanwhile, or this system has no /proc
      }
    }, 20)
    const limit = setTimeout(() => child.kill('SIGTERM'), timeoutMs)
    child.once('error', reject)
    child.once('close', (code) => {
      clearInterval(look)
      clearTimeout(limit)
      const elapsedMs = performance.now() - started
      resolve({
        code,
        stdout: Buffer.concat(out).toString(),
        stderr: err,
        elapsedMs,
        peakMiB: peakKiB && peakKiB / 1024,
      })
    })
  })
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** A Markdown table. */
export function table(head, rows) {
  const all = [head, ...rows].map((row) => row.map((cell) => (cell === null ? '-' : String(cell))))
  const widths = head.map((_, i) => Math.max(3, ...all.map((row) => row[i].length)))
  const line = (row) => `| ${row.map((cell, i) => cell.padEnd(widths[i])).join(' | ')} |`
  return [line(all[0]), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...all.slice(1).map(line)].join(
    '\n',
  )
}
