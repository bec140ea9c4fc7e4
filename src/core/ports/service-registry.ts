// biome-ignore lint/style/noRestrictedImports: data of our own, which is part of the program
import { readFileSync } from 'node:fs'

let registry: string | null = null

/**
 * IANA's registry of services: one line for each port, ascending, the first one after a newline; the number, then its
 * names, preferred one first, with `/t` for tcp only and `/u` for udp only. It is read the first time that it is asked for,
 * from the file that the build puts beside this module and beside the bundles. The file itself says where it is from.
 */
export function serviceRegistry(): string {
  registry ??= readData()
  return registry
}

function readData(): string {
  const text = readFileSync(new URL('./service-registry.txt', import.meta.url), 'latin1')
  return text.slice(text.indexOf('\n\n') + 1)
}
