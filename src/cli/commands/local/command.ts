import { localEvents, localResult } from '../../../operations/local/events.js'
import {
  type LocalEvent,
  type LocalOptions,
  type LocalSummary,
  local as operation,
} from '../../../operations/local/index.js'
import type { Command } from '../../command.js'
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
  events: localEvents,
  result: localResult,
  run: operation,
  toOptions: readLocal,
  view: localView,
}
