import type { Failure } from '../../core/failure.js'
import { dataFields } from '../../core/text/utf8.js'
import type { OutputFile } from '../shared/output-file.js'

/**
 * Writes a conversation down as JSON Lines: `{"atMs", "direction", "data", "dataBase64"}` for each piece, `atMs` since
 * the connection stood, `data` where the bytes are valid UTF-8 and `dataBase64` where not.
 */
export class Recording {
  readonly #file: OutputFile
  readonly #started = performance.now()

  constructor(file: OutputFile) {
    this.#file = file
  }

  write(direction: 'sent' | 'received', bytes: Uint8Array): Promise<Failure | null> {
    const atMs = Math.round((performance.now() - this.#started) * 1000) / 1000
    return this.#file.write(Buffer.from(`${JSON.stringify({ atMs, direction, ...dataFields(bytes) })}\n`))
  }
}
