import { checkHost } from '../../../core/address/host-name.js'
import type { LocalOptions } from '../../../operations/local/index.js'
import { checkFamily, readFamily } from '../../args/flags/network.js'
import { LOCAL_FLAGS, type LocalArguments } from './flags.js'

/** Throws UsageError. */
export function readLocal(args: LocalArguments): LocalOptions {
  const family = readFamily(args)
  const to = args.value('to').map((text) => {
    const host = checkHost(text, '--to')
    const name = host.kind === 'address' ? host.address : host.name
    checkFamily(name, '--to', { family })
    return name
  })
  return { ...args.options(LOCAL_FLAGS), to, family }
}
