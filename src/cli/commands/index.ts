import type { AnyCommand } from '../command.js'

/** Every subcommand, in the order of the help. Each is loaded only when it is asked for. */
export const COMMANDS: Readonly<Record<string, () => Promise<AnyCommand>>> = {
  resolve: async () => (await import('./resolve.js')).resolve,
  reverse: async () => (await import('./reverse.js')).reverse,
  portscan: async () => (await import('./portscan.js')).portscan,
  connect: async () => (await import('./connect.js')).connect,
  listen: async () => (await import('./listen.js')).listen,
  'raw-http': async () => (await import('./raw-http.js')).rawHttp,
  'smtp-send': async () => (await import('./smtp-send.js')).smtpSend,
  local: async () => (await import('./local.js')).local,
  errno: async () => (await import('./errno.js')).errno,
}
