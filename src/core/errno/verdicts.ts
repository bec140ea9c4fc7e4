import { ANY_ENGINE, hint } from '../hint.js'
import { type Call, type CodeEntry, everywhere, type Words } from './entry.js'

/** A verdict of netkit's own. What failed says more in its message: these are for who looks the code up. */
const verdict = (name: string, calls: readonly Call[], words: Words) => everywhere('netkit', name, null, calls, words)

const ANY: readonly Call[] = ['connect', 'query', 'send', 'recv']

/** Codes that netkit gives to what it has found out, and no system numbers. */
export const verdictCodes = (): readonly CodeEntry[] => [
  verdict('EUSAGE', ANY, {
    meaning: 'the command line cannot mean what it says; nothing was sent',
    causes: ['an unknown flag', 'a value that is none', 'flags that exclude each other'],
    ...hint('the message names the argument', 'help'),
  }),
  verdict('PARTIAL', ANY, {
    meaning: 'some of several targets failed, others did not',
    causes: ['a target that is down, in a list of many'],
    ...hint('the failure of each is in the output', 'each-failure'),
  }),
  verdict('SEVERAL', ANY, {
    meaning: 'all of several targets failed, not all for the same reason',
    causes: ['a network that is down in more than one way', 'a list of old names'],
    ...hint('the failure of each is in the output', 'each-failure'),
  }),
  verdict('UNKNOWN_CODE', ANY, {
    meaning: 'no errno, getaddrinfo or TLS code has that name or number',
    causes: ['a misspelt code', 'a code of another system'],
    ...hint('check the spelling, and which system numbers so', 'list-codes'),
  }),
  verdict('REFERRAL', ['query'], {
    meaning: 'the name server does not have that zone and names others to ask',
    causes: ['a server that has another zone was asked', 'recursion is off, or not for this client'],
    ...hint('ask a resolver, or follow the referrals', 'referrals'),
  }),
  verdict('INCOMPLETE', ['query'], {
    meaning: 'the name is an alias, and the server does not say for what address or value',
    causes: ['the alias leads out of the zones of that server', 'recursion is off'],
    hint: 'ask a resolver, or the server that has the zone of the alias',
  }),
  verdict('CNAME_LOOP', ['query'], {
    meaning: 'the aliases lead back to themselves',
    causes: ['a CNAME record that points at its own chain'],
    ...hint('look at all records of the chain', 'all-records'),
  }),
  verdict('LAME', ['query'], {
    meaning: 'the server says nothing, and is neither an authority for that name nor a resolver',
    causes: ['a server that was never told of the zone', 'a zone that was taken from it, and not from the delegation'],
    ...hint('ask another name server', 'name-server'),
  }),
  verdict('LAME_DELEGATION', ['query'], {
    meaning: 'a zone is delegated to name servers of which none is of use',
    causes: ['they are down', 'they do not have the zone', 'their names have no address'],
    ...hint('ask each of them, from the root down', 'ask-traced'),
  }),
  verdict('HIJACKED', ['query'], {
    meaning: 'a resolver answers for names that cannot exist',
    causes: ['a provider that sends mistyped names to its own pages', 'a wildcard record in a search domain'],
    ...hint('if the network meddles, ask over TLS (tls://); else ask another resolver', 'name-server'),
  }),
  verdict('DIFFERENT', ['query'], {
    meaning: 'those who were asked do not agree',
    causes: ['an old answer in a cache', 'a zone that is not the same on all its servers', 'split-horizon DNS'],
    ...hint('compare the TTLs, and the serial of each server', 'zone-serial'),
  }),
  verdict('UNCONFIRMED', ['query'], {
    meaning: 'no name of that address leads back to it',
    causes: ['a PTR record without its A or AAAA record', 'a name that has moved on'],
    hint: 'mail servers mind that; whoever runs the zone of the name adds the address, or mends the PTR record',
  }),
  verdict('UNEXPECTED', ['query'], {
    meaning: 'the answer is another one than was expected',
    causes: ['a change that has not come through yet', 'the wrong server or name'],
    ...hint('the message says what came instead', 'compare'),
  }),
  verdict('ALPN_NOT_HTTP1', ['handshake'], {
    meaning: 'another protocol than HTTP/1 was offered over TLS, and the server chose it',
    causes: ['h2 in the list of what is offered'],
    ...hint('offer http/1.1, or nothing', 'alpn'),
  }),
  verdict('CODING_UNKNOWN', ['recv'], {
    meaning: 'a body was to be undone and came in a coding that is not known here',
    causes: ['a coding that is not registered', 'zstd, which Node undoes from 22.15 on'],
    ...hint('ask for another one with Accept-Encoding, or take the body as it came', 'raw-body'),
  }),
  verdict('EXPECTATION', ['connect'], {
    meaning: 'a port is not as it was expected to be',
    causes: ['a service that is down', 'a service that should not be there', 'a firewall'],
    hint: 'the output has a line for each port, with its reason',
  }),
  verdict('EXPECTATION_UNMET', ['recv'], {
    meaning: 'the peer did not say what was expected',
    causes: ['another service on that port', 'an answer that differs', 'the conversation ended before'],
    ...hint('look at what it did say', 'record'),
  }),
  verdict('CHANGED', ['connect'], {
    meaning: 'ports are not as they were in the scan before',
    causes: ['a service was started, stopped or replaced', 'a firewall rule was changed'],
    ...hint('the output has a line for each change; a new scan becomes the new baseline', 'save-scan'),
  }),
  verdict('NOTHING_SHARED', ['connect'], {
    meaning: 'the scan before looked at no port of a host that this one looked at',
    causes: ['a baseline of other targets or ports', 'names that lead to other addresses now'],
    ...hint('compare with a scan of the same targets and ports', 'save-scan'),
  }),
  verdict('ENGINE_DIED', ['connect'], {
    meaning: 'a thread of the scan ended before its work was done',
    causes: ['no memory was left', 'a bug of netkit'],
    ...ANY_ENGINE,
  }),
  verdict('ENGINE_UNAVAILABLE', ['connect'], {
    meaning: 'the engine that makes system calls of its own cannot run here',
    causes: ['a system that is not Linux', 'an installation without the optional package koffi'],
    ...ANY_ENGINE,
  }),
  verdict('STARTTLS_REFUSED', ['handshake'], {
    meaning: 'the server does not begin TLS within that protocol',
    causes: ['it is not set up for TLS', 'a middlebox takes the offer out'],
    ...hint('try the port that speaks TLS from its first byte', 'tls'),
  }),
  verdict('STARTTLS_INJECTION', ['handshake'], {
    aliases: ['SMTP_STARTTLS_INJECTION'],
    meaning: 'octets came in plain text behind the answer that begins TLS: they would be taken for protected ones',
    causes: ['somebody on the way injects commands or answers', 'a server that says more than it should'],
    hint: 'do not trust that network; ask from another one and compare',
  }),
  verdict('HTTP_NNN', ['query'], {
    meaning: 'the server answered with that HTTP status where another one is needed',
    causes: ['the wrong path', 'a server that wants to know who asks'],
    hint: 'look the status up in RFC 9110, section 15',
  }),
  verdict('HTTP_INCOMPLETE', ['recv'], {
    meaning: 'the response did not come to its end',
    causes: ['the server or a proxy broke off', 'a wrong Content-Length'],
    ...hint('compare what came with the length that was promised', 'raw-bytes'),
  }),
  verdict('SMTP_NNN', ['recv'], {
    meaning: 'the mail server said no with that reply code: 4nn for now, 5nn for good (RFC 5321, section 4.2.1)',
    causes: ['no such mailbox', 'a policy against this client or sender', 'a mailbox or a disk that is full'],
    hint: "the reply's text, and its enhanced code (RFC 3463), say which",
  }),
  verdict('SMTP_CLOSED', ['recv'], {
    meaning: 'the mail server ended the connection before it had answered',
    causes: ['it refuses this address', 'a limit on connections', 'it expects TLS from the first byte'],
    ...hint('the transcript shows how far it went; a port 465 wants TLS from the first byte on', 'tls'),
  }),
  verdict('SMTP_PROTOCOL', ['recv'], {
    aliases: ['SMTP_UNSOLICITED', 'SMTP_UNEXPECTED_REPLY'],
    meaning: 'what came is no reply of SMTP, or none to what was said',
    causes: ['another service on that port', 'a broken proxy'],
    hint: 'the transcript shows what came',
  }),
  verdict('SMTP_UNMET', ['recv'], {
    meaning: 'a reply is another one than was expected',
    causes: ['another policy of the mail server than expected'],
    hint: 'the transcript shows all replies',
  }),
]
