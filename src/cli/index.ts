import { COMMANDS } from './commands/index.js'
import { type Schema, schemaOf } from './schema.js'

export { leave } from '../net/leave.js'
export { processEnvironment } from './environment.js'
export { main } from './main.js'

/** The JSON Schema that the package ships. */
export async function schema(): Promise<Schema> {
  return schemaOf(await Promise.all(Object.values(COMMANDS).map((load) => load())))
}
