import type { AnyCommand } from '../command.js'

/** Every subcommand, in the order of the help. Each is loaded only when it is asked for. */
export const COMMANDS: Readonly<Record<string, () => Promise<AnyCommand>>> = {
  portscan: async () => (await import('./portscan.js')).portscan,
  connect: async () => (await import('./connect.js')).connect,
  listen: async () => (await import('./listen.js')).listen,
  'smtp-send': async () => (await import('./smtp-send.js')).smtpSend,
  errno: async () => (await import('./errno.js')).errno,
}
