/**
 * A whole number with commas between its thousands. By hand: the first toLocaleString of a process loads Intl, which
 * takes a tenth of a second, in the middle of whatever is being timed.
 */
export function groupDigits(value: number): string {
  return String(value).replace(/\B(?=(?:\d{3})+$)/g, ',')
}

/** `1 byte`, `1,024 bytes`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${groupDigits(count)} ${count === 1 ? one : many}`
}
