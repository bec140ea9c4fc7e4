import type { AnyCommand } from './command.js'
import { COMMANDS } from './commands/index.js'
import { type Schema, schemaOf } from './schema.js'

export { flagText } from './args/flag.js'
export { SHARED_FLAGS } from './args/flags/shared.js'
export { processEnvironment } from './environment.js'
export { crash, leave } from './exit.js'
export { main } from './main.js'
export { fieldSchemas } from './schema.js'

/** Every command, in the order of the help: what the build and the documentation are made from. */
export function commands(): Promise<AnyCommand[]> {
  return Promise.all(Object.values(COMMANDS).map((load) => load()))
}

/** The JSON Schema that the package ships. */
export async function schema(): Promise<Schema> {
  return schemaOf(await commands())
}
