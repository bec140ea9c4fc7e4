import { jsonLine } from './json.js'
import { type Drawing, linesRenderer, type Renderer, viewRenderer } from './renderer.js'

/** A way to write results that every command knows, besides the view that each has for people. */
interface Format {
  /** In the help, of the flag that is called as the format is. */
  readonly describe: string
  readonly renderer: (drawing: Drawing) => Renderer
}

/** By name, which is its flag's too. */
export const FORMATS = {
  json: { describe: 'JSON Lines on stdout', renderer: linesRenderer(jsonLine) },
} as const satisfies Readonly<Record<string, Format>>

export type FormatName = keyof typeof FORMATS

export function isFormat(name: string): name is FormatName {
  return Object.hasOwn(FORMATS, name)
}

/** What draws a run: the format that is asked for, or the command's own view. */
export function rendererFor(format: FormatName | null, drawing: Drawing): Renderer {
  return format === null ? viewRenderer(drawing) : FORMATS[format].renderer(drawing)
}
