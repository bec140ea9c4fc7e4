import {
  type LocalEvent,
  type LocalOptions,
  type LocalSummary,
  local as operation,
} from '../../../operations/local/index.js'
import type { Command } from '../../command.js'
import { array, boolean, failureFieldsSchema, integer, nullable, number, oneOf, port, string } from '../../schema.js'
import { LOCAL_FLAGS } from './flags.js'
import { readLocal } from './options.js'
import { localView } from './view.js'

export const local: Command<LocalOptions, LocalEvent, LocalSummary, typeof LOCAL_FLAGS> = {
  name: 'local',
  summary: 'this machine: its names, addresses, resolvers and socket limits',
  positionals: [],
  flags: LOCAL_FLAGS,
  examples: [
    ['netkit local', 'names, interfaces, resolvers, limits'],
    ['netkit local --to db.internal', 'which of its addresses a machine uses toward another one'],
    ['netkit local --json', 'the same for a program'],
  ],
  events: {
    host: {
      hostName: string,
      fqdn: string,
      fqdnStep: oneOf('primary name', 'alias', 'primary name without a dot', 'host name'),
      fqdnAddress: nullable(string),
    },
    interface: {
      name: string,
      address: nullable(string),
      family: nullable(integer),
      netmask: nullable(string),
      prefixLength: nullable(integer),
      peerAddress: nullable(string),
      scopeId: nullable(integer),
      mac: nullable(string),
      mtuBytes: nullable(integer),
      internal: nullable(boolean),
      state: nullable(string),
    },
    resolver: { address: string, port },
    settings: {
      search: array(string),
      ndots: nullable(integer),
      resolverTimeoutMs: nullable(number),
      resolverAttempts: nullable(integer),
      resolverPath: nullable(string),
      nameServices: nullable(array(string)),
      ephemeralPortFirst: nullable(port),
      ephemeralPortLast: nullable(port),
      backlogMax: nullable(integer),
      descriptorsSoft: nullable(integer),
      descriptorsHard: nullable(integer),
    },
    hosts: { address: string, name: string, aliases: array(string) },
    source: {
      to: string,
      toAddress: nullable(string),
      sourceAddress: nullable(string),
      interfaceName: nullable(string),
      ...failureFieldsSchema,
    },
  },
  result: { interfaces: integer },
  run: operation,
  toOptions: readLocal,
  view: localView,
}
