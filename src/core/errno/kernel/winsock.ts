import { hint } from '../../hint.js'
import { type Call, type CodeEntry, errno, type Words } from '../entry.js'

function winsock(name: string, number: number, calls: readonly Call[], words: Words): CodeEntry {
  return errno(name, [null, null, number], calls, words)
}

/** Codes that only Winsock has; those that POSIX names too stand beside their POSIX name. */
export const winsockCodes = (): readonly CodeEntry[] => [
  winsock('WSASYSNOTREADY', 10091, ['socket', 'getaddrinfo'], {
    meaning: 'the network part of Windows is not ready for use',
    causes: ['the network stack has not started yet', 'a damaged Winsock installation'],
    hint: 'wait until Windows has started; then netsh winsock reset and a restart',
  }),
  winsock('WSAVERNOTSUPPORTED', 10092, ['socket'], {
    meaning: 'this Windows does not offer the Winsock version that was asked for',
    causes: ['a very old Windows', 'a foreign winsock library beside the program'],
    hint: 'remove foreign ws2_32.dll files from the folder of the program',
  }),
  winsock(
    'WSANOTINITIALISED',
    10093,
    ['socket', 'bind', 'listen', 'accept', 'connect', 'send', 'recv', 'getaddrinfo'],
    {
      meaning: 'Winsock was used before it was started',
      causes: ['a bug in this program or a library', 'Winsock was shut down while in use'],
      hint: 'report it with the command and the versions: this is a bug, not the network',
    },
  ),
  winsock('WSAEDISCON', 10101, ['recv', 'connect'], {
    meaning: 'the peer is closing the connection in good order',
    causes: ['the peer has said all it wanted'],
    hint: 'nothing is wrong with the network; see what the peer said last',
  }),
  winsock('WSAEINVALIDPROCTABLE', 10104, ['socket'], {
    meaning: 'a network provider on this Windows offers a faulty table of functions',
    causes: ['a damaged VPN, proxy or antivirus add-on (LSP)'],
    hint: 'remove or reinstall VPN and antivirus software, or run netsh winsock reset',
  }),
  winsock('WSAEINVALIDPROVIDER', 10105, ['socket'], {
    meaning: 'a network provider on this Windows has the wrong version',
    causes: ['an outdated VPN, proxy or antivirus add-on (LSP)'],
    hint: 'update or remove VPN and antivirus software, or run netsh winsock reset',
  }),
  winsock('WSAEPROVIDERFAILEDINIT', 10106, ['socket'], {
    meaning: 'a network provider on this Windows did not start',
    causes: ['a damaged Winsock catalogue', 'SystemRoot missing from the environment of the process'],
    hint: 'check that the environment has SystemRoot, then run netsh winsock reset',
  }),
  winsock('WSASYSCALLFAILURE', 10107, ['socket', 'connect', 'send', 'recv'], {
    meaning: 'a Windows call that never should fail has failed',
    causes: ['a damaged network stack or driver'],
    hint: 'restart Windows; then netsh winsock reset and new network drivers',
  }),
  winsock('WSAEREFUSED', 10112, ['getaddrinfo'], {
    meaning: 'the name service refused the question',
    causes: ['a policy of the name server', 'the wrong name server for this client'],
    ...hint('ask another name server', 'resolver'),
  }),
  winsock('WSA_OPERATION_ABORTED', 995, ['connect', 'accept', 'send', 'recv'], {
    meaning: 'a call still under way was ended because its socket was closed',
    causes: ['the program closed the socket', 'the thread that asked for it ended'],
    hint: 'nothing is known to be wrong with the peer; see who closed the socket',
  }),
]
