export { DnsClient } from './client.js'
export type { SilentEvent } from './events.js'
export {
  addressOctets,
  askOptions,
  canonicalAddress,
  questionName,
  searchNames,
  systemServers,
  systemTimeMs,
} from './names.js'
export { type DnsServer, parseServer, serverAt } from './server.js'
export { tellingSilence } from './server-order.js'
export type { AskOptions, AskRequest, DnsReply } from './types.js'
