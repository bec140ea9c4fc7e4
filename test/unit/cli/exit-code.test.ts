import { describe, expect, test } from 'vitest'
import { EXIT, exitCodeFor } from '../../../src/cli/exit-code.js'
import { abortFailure, combineFailures, deadlineFailure, type Failure, failure } from '../../../src/core/failure.js'
import { fail, ok } from '../../../src/core/outcome.js'

const of = (phase: Failure['phase'], origin: Failure['origin'], code: string) => failure({ phase, origin, code })
const codeOf = (failed: Failure) => exitCodeFor(fail(failed, 0))

test('the numbers are the contract', () => {
  expect(EXIT).toEqual({
    ok: 0,
    no: 1,
    usage: 2,
    lookup: 3,
    timeout: 4,
    local: 5,
    tls: 6,
    protocol: 7,
    bug: 70,
    SIGHUP: 129,
    SIGINT: 130,
    SIGTERM: 143,
  })
  expect(exitCodeFor(ok(null, 0))).toBe(0)
})

describe('each kind of failure', () => {
  test.each([
    // 1: it ran, and the answer is no
    [of('connect', 'os', 'ECONNREFUSED'), 1],
    [of('connect', 'os', 'ECONNRESET'), 1],
    [of('read', 'os', 'ECONNRESET'), 1],
    [of('write', 'os', 'EPIPE'), 1],
    [of('connect', 'os', 'EHOSTUNREACH'), 1],
    [of('connect', 'os', 'ENETUNREACH'), 1],
    [of('connect', 'os', 'ENOPROTOOPT'), 1],
    [of('read', 'expectation', 'UNEXPECTED'), 1],
    [of('read', 'peer', 'EOF'), 1],
    // 2: usage
    [of('options', 'usage', 'EUSAGE'), 2],
    // 3: a name did not resolve
    [of('lookup', 'resolver', 'ENOTFOUND'), 3],
    [of('lookup', 'resolver', 'EAI_AGAIN'), 3],
    // 4: timed out, in whatever phase, by netkit or by the kernel
    [deadlineFailure('lookup', 'x'), 4],
    [deadlineFailure('connect', 'x'), 4],
    [deadlineFailure('tls', 'x'), 4],
    [deadlineFailure('read', 'x'), 4],
    [of('connect', 'os', 'ETIMEDOUT'), 4],
    [of('read', 'os', 'ETIMEDOUT'), 4],
    // 5: this machine said no
    [of('bind', 'os', 'EACCES'), 5],
    [of('bind', 'os', 'EADDRINUSE'), 5],
    [of('bind', 'os', 'EADDRNOTAVAIL'), 5],
    [of('bind', 'os', 'EINVAL'), 5],
    [of('connect', 'os', 'EADDRNOTAVAIL'), 5],
    [of('connect', 'os', 'ENAMETOOLONG'), 5],
    [of('connect', 'os', 'EPERM'), 5],
    [of('connect', 'os', 'EMFILE'), 5],
    [of('connect', 'os', 'ENFILE'), 5],
    [of('accept', 'os', 'EMFILE'), 5],
    [of('connect', 'os', 'ENOBUFS'), 5],
    [of('connect', 'os', 'ENOMEM'), 5],
    [of('connect', 'os', 'EAFNOSUPPORT'), 5],
    [of('options', 'os', 'ENOENT'), 5],
    // 6: TLS
    [of('tls', 'tls', 'CERT_HAS_EXPIRED'), 6],
    [of('tls', 'tls', 'ECONNRESET'), 6],
    // 7: the peer broke its protocol
    [of('protocol', 'peer', 'HTTP_BAD_STATUS_LINE'), 7],
    // 130: interrupted; main knows of SIGTERM
    [abortFailure('connect'), 130],
  ])('%o', (failed, code) => {
    expect(codeOf(failed)).toBe(code)
  })
})

describe('several targets', () => {
  const refused = of('connect', 'os', 'ECONNREFUSED')
  const reset = of('connect', 'os', 'ECONNRESET')
  const late = deadlineFailure('connect', 'x')
  const gaveUp = of('connect', 'os', 'ETIMEDOUT')
  const unknown = of('lookup', 'resolver', 'ENOTFOUND')

  test.each([
    ['one of one', [late], 1, 4],
    ['all alike', [late, late], 2, 4],
    ['all alike, none resolves', [unknown, unknown, unknown], 3, 3],
    ['different failures of one exit code', [late, gaveUp], 2, 4],
    ['different answers of no', [refused, reset], 2, 1],
    ['different exit codes', [late, unknown], 2, 1],
    ['some held', [late], 2, 1],
  ])('%s', (_, failures, total, code) => {
    expect(codeOf(combineFailures(failures, total))).toBe(code)
  })
})
