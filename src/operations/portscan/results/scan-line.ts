import type { PortscanEvent, PortscanSummary } from '../types.js'

/** A line of what an earlier scan wrote with JSON Lines. */
export type ScanLine = PortscanEvent | (PortscanSummary & { readonly type: 'result'; readonly command: string })

/** Reads one line of JSON Lines; null where it is no object that has a type. */
export function parseScanLine(line: string): ScanLine | null {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null && 'type' in value ? (value as ScanLine) : null
  } catch {
    return null
  }
}
