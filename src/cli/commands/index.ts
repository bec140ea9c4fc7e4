import type { AnyCommand } from '../command.js'

/** Every subcommand, in the order of the help. Each is loaded only when it is asked for. */
export const COMMANDS: Readonly<Record<string, () => Promise<AnyCommand>>> = {
  resolve: async () => (await import('./resolve/command.js')).resolve,
  reverse: async () => (await import('./reverse/command.js')).reverse,
  portscan: async () => (await import('./portscan/command.js')).portscan,
  connect: async () => (await import('./connect/command.js')).connect,
  listen: async () => (await import('./listen/command.js')).listen,
  'raw-http': async () => (await import('./raw-http/command.js')).rawHttp,
  'smtp-send': async () => (await import('./smtp-send/command.js')).smtpSend,
  local: async () => (await import('./local/command.js')).local,
  errno: async () => (await import('./errno/command.js')).errno,
}
