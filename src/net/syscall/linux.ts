/**
 * Linux's numbers and struct layouts, each with the header that has it. They are the generic ones, which x86, ARM and
 * RISC-V share; MIPS, SPARC, Alpha and PA-RISC differ and are not served.
 */
export const ARCHITECTURES: readonly NodeJS.Architecture[] = ['x64', 'arm64', 'riscv64', 'loong64']

// <bits/socket.h>, <bits/socket_type.h>
export const AF_UNIX = 1
export const AF_INET = 2
export const AF_INET6 = 10
export const SOCK_STREAM = 1
export const SOCK_DGRAM = 2
export const SOCK_NONBLOCK = 0o4000
export const SOCK_CLOEXEC = 0o2000000

// <asm-generic/socket.h>
export const SOL_SOCKET = 1
export const SO_REUSEADDR = 2
export const SO_ERROR = 4
export const SO_LINGER = 13

// <linux/sockios.h>, by the names that tcp(7) has for them
export const SIOCINQ = 0x541b
export const SIOCOUTQ = 0x5411

// <linux/in.h>: a bound source address takes no port before connect(2), since 4.2
export const IPPROTO_IP = 0
export const IP_BIND_ADDRESS_NO_PORT = 24

// <net/if.h>
export const IFF_LOOPBACK = 0x8
export const IFF_POINTOPOINT = 0x10

/** struct iovec (<bits/types/struct_iovec.h>): where octets are, and how many; pointers and lengths have 64 bits. */
export const IOVEC = { size: 16, base: 0, length: 8 } as const

/** struct mmsghdr (<bits/socket.h>): a struct msghdr with its list of iovecs, then how many octets went or came. */
export const MMSGHDR = { size: 64, iov: 16, iovCount: 24, length: 56 } as const

/** struct sockaddr_in and sockaddr_in6 (<netinet/in.h>): family in host order, port in network order. */
export const SOCKADDR_IN = { size: 16, port: 2, address: 4 } as const
export const SOCKADDR_IN6 = { size: 28, port: 2, address: 8, scope: 24 } as const
