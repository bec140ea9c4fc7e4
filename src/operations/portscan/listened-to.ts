/**
 * Ports where a printer may take whatever it is sent for a page: a private printer server (35), network PostScript (170),
 * LPD (515, RFC 1179), and the raw ports of print servers (9100 to 9107).
 */
const PRINTERS: ReadonlySet<number> = new Set([35, 170, 515, 9100, 9101, 9102, 9103, 9104, 9105, 9106, 9107])

/** Whether not a byte is sent to a port to learn what it says, whoever asks: a printer would print it. */
export function isOnlyListenedTo(port: number): boolean {
  return PRINTERS.has(port)
}
