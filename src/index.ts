export { parseTargets } from './core/address/target-syntax.js'
export type { TargetList } from './core/address/targets.js'
export { Deadline } from './core/deadline.js'
export * from './core/errno/index.js'
export type { Attempt, Failure, Origin, Phase } from './core/failure.js'
export type { Advice, Hinted } from './core/hint.js'
export { type Iteration, iterate } from './core/iterate.js'
export type { Operation, OperationContext, OperationEvent } from './core/operation.js'
export { type Outcome, unwrap } from './core/outcome.js'
export type { PortList } from './core/ports/port-list.js'
export { parsePorts } from './core/ports/ports.js'
export { UsageError } from './core/usage-error.js'
export { type ConnectExOptions, connectEx } from './net/connect/connect-ex.js'
export { type Connection, type DialOptions, dial } from './net/connect/dial.js'
export { type LookupOptions, lookup, type ResolvedAddress } from './net/connect/lookup.js'
export * from './operations/connect/index.js'
export * from './operations/errno/index.js'
export * from './operations/listen/index.js'
export * from './operations/local/index.js'
export * from './operations/portscan/index.js'
export {
  type AnomalyEvent as RawHttpAnomalyEvent,
  type BrokenEvent as RawHttpBrokenEvent,
  type BytesEvent as RawHttpBytesEvent,
  type ClosedEvent as RawHttpClosedEvent,
  type ConnectedEvent as RawHttpConnectedEvent,
  type DecodingEvent as RawHttpDecodingEvent,
  type EndEvent as RawHttpEndEvent,
  type Expectations as HttpExpectations,
  type InformationalEvent as RawHttpInformationalEvent,
  type RawHttpEvent,
  type RawHttpOptions,
  type RawHttpSummary,
  type RequestEvent as RawHttpRequestEvent,
  type ResentEvent as RawHttpResentEvent,
  type ResponseHeadEvent as RawHttpResponseEvent,
  rawHttp,
  type TimingEvent as RawHttpTimingEvent,
  type TrailersEvent as RawHttpTrailersEvent,
} from './operations/raw-http/index.js'
export * from './operations/resolve/index.js'
export * from './operations/reverse/index.js'
export * from './operations/smtp-send/index.js'
