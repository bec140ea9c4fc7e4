// What programs may use of netkit. Names are exported one by one, and every type that one of them leads to is among them.

export type { AddressRange } from './core/address/address-ranges.js'
export type { Endpoint } from './core/address/endpoint.js'
export type { Host } from './core/address/host-name.js'
export { TargetList } from './core/address/targets.js'
export {
  type CodeEntry,
  type CodeKind,
  codesNamed,
  currentSystem,
  describeCode,
  entryByNumber,
  errnoName,
  errnoNumber,
  errnosElsewhere,
  gaiNumber,
  listCodes,
  type System,
} from './core/errno/index.js'
export type { Attempt, Failure, Origin, Phase } from './core/failure.js'
export type { Advice, Hinted } from './core/hint.js'
export type { Run } from './core/iterate.js'
export { type Failed, type Outcome, type Success, unwrap } from './core/outcome.js'
export { PortList, type PortRange } from './core/ports/port-list.js'
export type { Statistics } from './core/statistics.js'
export { UsageError } from './core/usage-error.js'
export {
  type ConnectOptions,
  type ConnectProbeOptions,
  type ConnectRepeatOptions,
  type ConnectSessionOptions,
  type ConnectSharedOptions,
  type ConnectWaitOptions,
  connect,
  type ProxyOptions,
} from './library/connect.js'
export type { DnsOptions } from './library/dns.js'
export { type ExplainErrnoOptions, explainErrno } from './library/explain-errno.js'
export { type ListenOptions, type ListenTlsOptions, listen } from './library/listen.js'
export type {
  ListenExecMode,
  ListenHttpMode,
  ListenMode,
  ListenReplayMode,
  ListenReplyMode,
  ListenServeMode,
  ListenSmtpDelay,
  ListenSmtpMode,
  ListenSmtpRejection,
} from './library/listen-mode.js'
export { type LocalOptions, local } from './library/local.js'
export type { MailAttachmentOptions, MailOptions } from './library/mail.js'
export type { RunOptions } from './library/options.js'
export {
  type MergeShardsOptions,
  mergeShards,
  type PortExpectations,
  type Ports,
  type PortscanOptions,
  portscan,
  type Targets,
} from './library/portscan.js'
export { type HttpExpectations, type RawHttpOptions, rawHttp } from './library/raw-http.js'
export {
  type CallOptions,
  connectEx,
  type DialOptions,
  dial,
  type LookupOptions,
  lookup,
  type ReachOptions,
  type TlsOptions,
} from './library/reach.js'
export { parsePorts, parseTargets, readEarlier } from './library/read.js'
export { type ResolveOptions, resolve } from './library/resolve.js'
export { type ReverseOptions, reverse } from './library/reverse.js'
export { type SmtpAuth, type SmtpSendOptions, smtpSend } from './library/smtp-send.js'
export type { Connection } from './net/connect/dial.js'
export type { Family, ResolvedAddress } from './net/connect/lookup.js'
export type { StarttlsProtocol } from './net/connect/starttls.js'
export type { Certificate, TlsReport } from './net/tls/report.js'
export type { HalfClose as ConnectHalfClose } from './operations/connect/session-types.js'
export type {
  AttemptEvent as ConnectAttemptEvent,
  ConnectClosedEvent,
  ConnectConnectedEvent,
  ConnectEvent,
  ConnectSummary,
  DataEvent as ConnectDataEvent,
  MatchEvent as ConnectMatchEvent,
  ProbeEvent as ConnectProbeEvent,
  SessionSummary as ConnectSessionSummary,
  UnreachedEvent as ConnectUnreachedEvent,
  UntrustedEvent as ConnectUntrustedEvent,
} from './operations/connect/types.js'
export type { SilentEvent as DnsSilentEvent } from './operations/dns/events.js'
export type { ErrnoEvent, ErrnoSummary } from './operations/errno/events.js'
export type { SmtpRejectStage as ListenSmtpStage } from './operations/listen/smtp/types.js'
export type {
  ClientDeviationEvent as ListenClientDeviationEvent,
  ConnectionEvent as ListenConnectionEvent,
  ListenClosedEvent,
  ListenDataEvent,
  ListenEvent,
  ListenFault,
  ListeningEvent as ListenListeningEvent,
  ListenRequestEvent,
  ListenSummary,
  MailEvent as ListenMailEvent,
  MessageEvent as ListenMessageEvent,
  ProblemEvent as ListenProblemEvent,
  RefusalEvent as ListenRefusalEvent,
  RefusedEvent as ListenRefusedEvent,
  TransactionEvent as ListenTransactionEvent,
  UnsentEvent as ListenUnsentEvent,
} from './operations/listen/types.js'
export type {
  HostNameEvent as LocalHostEvent,
  HostsEntryEvent as LocalHostsEvent,
  InterfaceEvent as LocalInterfaceEvent,
  LocalEvent,
  LocalSummary,
  ResolverEvent as LocalResolverEvent,
  RouteEvent as LocalSourceEvent,
  SettingsEvent as LocalSettingsEvent,
} from './operations/local/events.js'
export type {
  ChangeEvent as PortscanChangeEvent,
  EarlierPort,
  EarlierScan,
  EngineChoice,
  EngineEvent as PortscanEngineEvent,
  HostEvent as PortscanHostEvent,
  PortEvent as PortscanPortEvent,
  PortscanBrokenEvent,
  PortscanEvent,
  PortscanSummary,
  ProgressEvent as PortscanProgressEvent,
  Shard,
} from './operations/portscan/types.js'
export type { PortState } from './operations/portscan/verdict.js'
export type {
  AnomalyEvent as RawHttpAnomalyEvent,
  BytesEvent as RawHttpBytesEvent,
  DecodingEvent as RawHttpDecodingEvent,
  EndEvent as RawHttpEndEvent,
  InformationalEvent as RawHttpInformationalEvent,
  RawHttpBrokenEvent,
  RawHttpClosedEvent,
  RawHttpConnectedEvent,
  RawHttpEvent,
  RawHttpRequestEvent,
  RawHttpSummary,
  ResentEvent as RawHttpResentEvent,
  ResponseHeadEvent as RawHttpResponseEvent,
  TimedPhase as HttpPhase,
  TimingEvent as RawHttpTimingEvent,
  TrailersEvent as RawHttpTrailersEvent,
  UndecodedEvent as RawHttpUndecodedEvent,
  UntakenEvent as RawHttpUntakenEvent,
} from './operations/raw-http/types.js'
export type {
  AnswerEvent as ResolveAnswerEvent,
  ComparisonEvent as ResolveComparisonEvent,
  ExpectationEvent as ResolveExpectationEvent,
  HijackEvent as ResolveHijackEvent,
  ReferralEvent as ResolveReferralEvent,
  ResolveEvent,
  ResolveServerEvent,
  ResolveSummary,
  UnresolvedEvent as ResolveUnresolvedEvent,
} from './operations/resolve/events.js'
export type {
  NameEvent as ReverseNameEvent,
  ReverseEvent,
  ReverseProgressEvent,
  ReverseSummary,
  UnnamedEvent as ReverseUnnamedEvent,
} from './operations/reverse/events.js'
export type {
  SmtpAttemptEvent,
  SmtpCommandEvent,
  SmtpConnectedEvent,
  SmtpContentEvent,
  SmtpMxEvent,
  SmtpRecipientEvent,
  SmtpReplyEvent,
  SmtpSendEvent,
  SmtpSendSummary,
  SmtpStrayEvent,
  SmtpTimingEvent,
  SmtpTlsEvent,
  SmtpUnansweredEvent,
  SmtpUnreachedEvent,
} from './operations/smtp-send/events.js'
export type { Rule as HttpRule } from './protocol/http/anomaly.js'
export type {
  MechanismName as SmtpMechanism,
  QuitAfter as SmtpQuitAfter,
  Stage as SmtpStage,
} from './protocol/smtp/index.js'
