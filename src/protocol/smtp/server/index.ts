export { parameterValue } from './parameters.js'
export { ServerSession } from './session.js'
export {
  SERVER_STAGES,
  type ServerAction,
  type ServerPlan,
  type ServerRefusal,
  type SmtpServerEvent,
  type Transaction,
} from './types.js'
