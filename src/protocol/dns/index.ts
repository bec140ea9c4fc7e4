export { type Answer, classifyAnswer } from './answer.js'
export { targetOf } from './cname.js'
export { readPlainRecords } from './fast/plain-records.js'
export { mismatch } from './match.js'
export type { DnsMessage, Question, ResourceRecord } from './message.js'
export {
  CLASS,
  className,
  classNumber,
  RCODE,
  rcodeName,
} from './registry.js'
export { reverseName } from './reverse-name.js'
export { isTransfer, ZoneTransfer } from './transfer.js'
export { agedBy } from './ttl.js'
export { TYPE, typeName, typeNames, typeNumber } from './types.js'
export { decodeMessage, type Expected } from './wire/decode.js'
export { type ClientSubnet, DEFAULT_UDP_PAYLOAD_BYTES, type EdnsRequest, QueryWriter } from './wire/encode.js'
export { ancestors, type Name, nameKey, parseName, ROOT, sameName } from './wire/name.js'
export { frameMessage, LENGTH_BYTES, MessageAssembler, putLength } from './wire/stream.js'
