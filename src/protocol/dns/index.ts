export { type Answer, type AnswerKind, classifyAnswer } from './answer.js'
export { type Chain, followChain, type Link, targetOf } from './cname.js'
export { decodeMessage } from './decode.js'
export type { Edns, EdnsOption } from './edns.js'
export { type ClientSubnet, DEFAULT_UDP_PAYLOAD_BYTES, type EdnsRequest, encodeQuery, type Query } from './encode.js'
export { type Mismatch, mismatch } from './match.js'
export type { DnsMessage, Flags, Question, ResourceRecord } from './message.js'
export { type Name, nameKey, parseName, ROOT, sameName } from './name.js'
export type { Fields, FieldValue } from './rdata/field.js'
export type { Fault } from './reader.js'
export {
  CLASS,
  className,
  classNumber,
  ednsOptionName,
  extendedErrorName,
  opcodeName,
  RCODE,
  rcodeName,
} from './registry.js'
export { addressOfReverseName, reverseName } from './reverse-name.js'
export { frameMessage, MessageAssembler } from './stream.js'
export { TYPE, typeName, typeNames, typeNumber } from './types.js'
