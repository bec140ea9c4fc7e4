/** One end of a conversation, as far as it is known. */
export interface Endpoint {
  /** As its user wrote it: a name, a literal address; null for a path. */
  readonly host: string | null
  /** The literal address that was used, once known. */
  readonly address: string | null
  readonly port: number | null
  /** A Unix socket's path, or null. */
  readonly path: string | null
}
