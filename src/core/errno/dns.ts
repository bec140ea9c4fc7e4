import { hint } from '../hint.js'
import { type CodeEntry, everywhere, type Words } from './entry.js'

function dns(name: string, rcode: number | null, words: Words): CodeEntry {
  return everywhere('dns', name, rcode, ['query'], words)
}

/**
 * RCODEs of RFC 1035, 2136, 6891 and 7873, and what is no RCODE but an outcome. Aliases are c-ares' names, which Node's
 * dns.resolve gives; its ENOTFOUND (NXDOMAIN) stands with getaddrinfo.
 */
export const dnsCodes = (): readonly CodeEntry[] => [
  dns('NXDOMAIN', 3, {
    meaning: 'the name does not exist, says the DNS',
    causes: ['a misspelt name', 'an expired or deleted domain', 'a name that only an internal name server knows'],
    ...hint('check the spelling, then ask the name server that should know it', 'name-server'),
  }),
  dns('NODATA', null, {
    aliases: ['ENODATA'],
    meaning: 'the name exists but has no record of that type',
    causes: ['the other address family only', 'a record that was never made', 'a type that this name does not need'],
    ...hint('ask for another type', 'record-type'),
  }),
  dns('SERVFAIL', 2, {
    aliases: ['ESERVFAIL'],
    meaning: 'the name server could not find the answer out',
    causes: ['DNSSEC that does not validate', 'authoritative servers out of reach', 'a zone that did not load'],
    ...hint(
      'ask the authoritative servers, or again without checking (CD): if that works, DNSSEC is at fault',
      'no-check',
    ),
  }),
  dns('REFUSED', 5, {
    aliases: ['EREFUSED'],
    meaning: 'the name server does not want to answer this question for this client',
    causes: [
      'a server that is authoritative for other zones only',
      'a resolver closed to outsiders',
      'a policy or block list',
      'a zone for those who have a key (TSIG) alone',
    ],
    hint: 'ask a resolver that serves this network, or the server that has the zone; it may want a key (TSIG) too',
  }),
  dns('FORMERR', 1, {
    aliases: ['EFORMERR'],
    meaning: 'the name server could not read the question',
    causes: ['an old server that does not know EDNS', 'a middlebox that damages DNS packets'],
    ...hint('ask without EDNS, or over TCP', 'plain-question'),
  }),
  dns('NOTIMP', 4, {
    aliases: ['ENOTIMP'],
    meaning: 'the name server does not do that kind of question',
    causes: ['an old or limited server', 'a forwarder in a home router'],
    ...hint('ask another name server', 'name-server'),
  }),
  dns('YXDOMAIN', 6, {
    meaning: 'a name exists that should not, or became too long on the way through a DNAME',
    causes: ['a DNAME record that makes the name longer than 255 bytes'],
    hint: 'look at the DNAME records above the name',
  }),
  dns('NOTAUTH', 9, {
    meaning: 'the name server is not in charge of that zone, or does not serve those without its key',
    causes: ['the wrong server for the zone', 'an access list', 'a TSIG key or clock that does not agree'],
    ...hint(
      'ask from a client that the server accepts, with its key (TSIG) if it wants one, or find the servers of the zone',
      'zone-servers',
    ),
  }),
  dns('BADVERS', 16, {
    meaning: 'the name server does not know that version of EDNS',
    causes: ['a server with a faulty EDNS'],
    hint: 'ask without EDNS',
  }),
  dns('BADCOOKIE', 23, {
    meaning: 'the name server wants a valid DNS cookie first',
    causes: ['a server that guards against forged addresses'],
    hint: 'ask over TCP, where no cookie is needed',
  }),
  dns('EBADRESP', null, {
    meaning: 'the answer of the name server cannot be read',
    causes: ['a damaged or cut answer', 'a middlebox that meddles with DNS', 'something else listens on that port'],
    hint: 'ask over TCP and ask another name server, and compare',
  }),
  dns('EBADNAME', null, {
    meaning: 'that is not a name which the DNS can ask for',
    causes: ['an empty label (two dots)', 'a label above 63 or a name above 253 characters'],
    hint: 'check the name for doubled dots and for its length',
  }),
  dns('ETIMEOUT', null, {
    meaning: 'no name server answered in time',
    causes: ['the name server is down', 'a firewall drops UDP port 53', 'a slow path'],
    ...hint('check that the name server is in reach, ask over TCP, or ask another', 'name-server'),
  }),
]
