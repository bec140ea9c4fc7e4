export { parameterValue } from './parameters.js'
export { ServerSession } from './session.js'
export {
  SERVER_STAGES,
  type ServerAction,
  type ServerEvent,
  type ServerPlan,
  type ServerRefusal,
  type Transaction,
} from './types.js'
