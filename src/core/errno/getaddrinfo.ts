import { hint } from '../hint.js'
import { type CodeEntry, entry, type Numbers, type Words } from './entry.js'

function gai(name: string, numbers: Numbers, words: Words): CodeEntry {
  return entry('getaddrinfo', name, numbers, ['getaddrinfo'], words)
}

/**
 * getaddrinfo(3), RFC 3493 section 6.1. ENOTFOUND is what Node says for EAI_NONAME and EAI_NODATA alike; it is an alias of
 * the first, whose words cover both. Windows' header makes EAI_NODATA the same as EAI_NONAME; 11004 (WSANO_DATA)
 * is what its resolver gives.
 */
export const getaddrinfoCodes = (): readonly CodeEntry[] => [
  gai('EAI_NONAME', [-2, 8, 11001], {
    aliases: ['ENOTFOUND', 'WSAHOST_NOT_FOUND'],
    meaning: 'the name does not exist, or has no address',
    causes: [
      'a misspelt name',
      'a name that only an internal name server knows',
      'no such service name',
      'no name server in reach',
    ],
    ...hint(
      'check the spelling, then ask the DNS itself: it tells a missing name from one without addresses',
      'ask-dns',
    ),
  }),
  gai('EAI_NODATA', [-5, 7, 11004], {
    aliases: ['WSANO_DATA'],
    meaning: 'the name exists but has no address',
    causes: ['a name with other records only, such as MX', 'no address in the family that was asked for'],
    ...hint('see what other records the name has, such as MX, and ask for both families', 'both-families'),
  }),
  gai('EAI_AGAIN', [-3, 2, 11002], {
    aliases: ['WSATRY_AGAIN'],
    meaning: 'no name server gave an answer just now',
    causes: ['the name server is down or out of reach', 'no network', 'the name server failed upstream (SERVFAIL)'],
    ...hint('check the network and the name server (/etc/resolv.conf), or ask another', 'resolver'),
  }),
  gai('EAI_FAIL', [-4, 4, 11003], {
    aliases: ['WSANO_RECOVERY'],
    meaning: 'the name server answered with a failure that asking again will not mend',
    causes: ['the name server refuses this client', 'a broken zone', 'an answer that cannot be read'],
    ...hint('tell who runs the zone, and ask another name server', 'resolver'),
  }),
  gai('EAI_FAMILY', [-6, 5, 10047], {
    meaning: 'the system cannot look up that address family',
    causes: ['IPv6 is switched off', 'a family that the resolver does not know'],
    ...hint('switch the family on, or ask for both', 'both-families'),
  }),
  gai('EAI_ADDRFAMILY', [-9, 1, null], {
    meaning: 'the name or literal address has nothing in the family that was asked for',
    causes: ['IPv6 was asked for, with an IPv4 address or name', 'IPv4 was asked for, with an IPv6 address or name'],
    ...hint('ask for both families', 'both-families'),
  }),
  gai('EAI_SERVICE', [-8, 9, 10109], {
    aliases: ['WSATYPE_NOT_FOUND'],
    meaning: 'the service name is not known for this protocol',
    causes: ['a misspelt service', 'a service that /etc/services does not list', 'a TCP service asked for over UDP'],
    hint: 'give the port as a number',
  }),
  gai('EAI_SOCKTYPE', [-7, 10, 10044], {
    meaning: 'the system cannot look up that type of socket',
    causes: ['a type other than stream or datagram', 'type and protocol that do not go together'],
    hint: 'ask for a stream or a datagram socket',
  }),
  gai('EAI_PROTOCOL', [null, 13, null], {
    meaning: 'the protocol that came of the lookup is unknown',
    causes: ['type and protocol that do not go together'],
    hint: 'ask for TCP with a stream or UDP with a datagram socket',
  }),
  gai('EAI_BADFLAGS', [-1, 3, 10022], {
    meaning: 'the lookup was asked with flags that the system does not take',
    causes: ['flags that contradict each other', 'a flag that this system does not have'],
    hint: 'leave out the lookup options, such as the canonical name, one by one',
  }),
  gai('EAI_BADHINTS', [null, 12, null], {
    meaning: 'the lookup was asked with hints that make no sense',
    causes: ['a bug in this program or a library'],
    hint: 'report it with the command and the versions: this is a bug, not the network',
  }),
  gai('EAI_MEMORY', [-10, 6, 8], {
    aliases: ['WSA_NOT_ENOUGH_MEMORY'],
    meaning: 'the resolver found no memory for the answer',
    causes: ['memory is used up', 'a container limit'],
    hint: 'look at free memory and at the limit of the container',
  }),
  gai('EAI_OVERFLOW', [-12, 14, null], {
    meaning: 'the name is longer than the resolver can hold',
    causes: ['a host name above 253 characters', 'a very long answer to a reverse lookup'],
    hint: 'check the length of the name',
  }),
  gai('EAI_SYSTEM', [-11, 11, null], {
    meaning: 'the lookup failed for a reason of the system, told by errno',
    causes: ['too many open files', 'the resolver configuration cannot be read', 'a sandbox forbids sockets'],
    hint: 'look at ulimit -n and at the rights of /etc/resolv.conf and /etc/hosts',
  }),
  gai('EAI_CANCELED', [-101, null, null], {
    meaning: 'the lookup was called off before it was answered',
    causes: ['^C or SIGTERM', 'the deadline ran out while the lookup waited'],
    hint: 'nothing is known to be wrong with the name; run it again and let it finish',
  }),
  gai('EAI_IDN_ENCODE', [-105, null, null], {
    meaning: 'the international name cannot be written in ASCII for the DNS',
    causes: ['a character that no host name may have', 'a locale that is not UTF-8'],
    hint: 'check the characters of the name, or write it in its xn-- form',
  }),
  gai('EAI_NOSECURENAME', [null, null, 11032], {
    aliases: ['WSA_SECURE_HOST_NOT_FOUND'],
    meaning: 'the name was not found in a secure way',
    causes: ['the name policy of Windows asks for DNSSEC and the answer has none'],
    hint: 'look at the name resolution policy (Get-DnsClientNrptPolicy)',
  }),
  gai('EAI_IPSECPOLICY', [null, null, 11033], {
    aliases: ['WSA_IPSEC_NAME_POLICY_ERROR'],
    meaning: 'the lookup does not fit the IPsec policy of Windows',
    causes: ['the name policy asks for IPsec to the name server'],
    hint: 'look at the name resolution policy (Get-DnsClientNrptPolicy)',
  }),
]
