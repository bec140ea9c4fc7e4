export type { ContentFacts } from './content.js'
export { parameterValue, type SmtpParameter } from './parameters.js'
export { ServerSession } from './session.js'
export {
  type Abandonment,
  type ClientDeviation,
  SERVER_STAGES,
  type ServerAction,
  type ServerEvent,
  type ServerPlan,
  type ServerRefusal,
  type ServerStage,
  type Transaction,
  type TransactionRecipient,
} from './types.js'
