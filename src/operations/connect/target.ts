import { formatEndpoint } from '../../core/address/endpoint.js'
import type { HostPort } from './types.js'

/** The path of a Unix socket that stands in the host's place, or null. */
export function unixPath({ host }: HostPort): string | null {
  return host.startsWith('unix:') ? host.slice('unix:'.length) : null
}

/** `host:port`, or `unix:PATH`. */
export function targetName(target: HostPort): string {
  return unixPath(target) === null ? formatEndpoint(target.host, target.port) : target.host
}
