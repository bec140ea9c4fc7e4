import { bodylessRows } from './bodyless.js'
import { chunkedRows } from './chunked.js'
import { endRows } from './ends.js'
import { fieldRows } from './fields.js'
import { framingRows } from './framing.js'
import type { Row } from './row.js'
import { statusLineRows } from './status-line.js'
import { transferEncodingRows } from './transfer-encoding.js'

export const rows: readonly Row[] = [
  ...framingRows,
  ...transferEncodingRows,
  ...chunkedRows,
  ...bodylessRows,
  ...statusLineRows,
  ...fieldRows,
  ...endRows,
]
