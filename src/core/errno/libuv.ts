/**
 * libuv's numbers, as they stand in the `errno` of a Node error. On Unix they are the system's, negated; Windows, and
 * any system that lacks one, takes it from this list. getaddrinfo's are libuv's own everywhere.
 * Facts from libuv's include/uv/errno.h.
 */
const WINDOWS_NUMBERS: Readonly<Record<string, number>> = {
  EOF: -4095,
  UNKNOWN: -4094,
  E2BIG: -4093,
  EACCES: -4092,
  EADDRINUSE: -4091,
  EADDRNOTAVAIL: -4090,
  EAFNOSUPPORT: -4089,
  EAGAIN: -4088,
  EALREADY: -4084,
  EBADF: -4083,
  EBUSY: -4082,
  ECANCELED: -4081,
  ECHARSET: -4080,
  ECONNABORTED: -4079,
  ECONNREFUSED: -4078,
  ECONNRESET: -4077,
  EDESTADDRREQ: -4076,
  EEXIST: -4075,
  EFAULT: -4074,
  EHOSTUNREACH: -4073,
  EINTR: -4072,
  EINVAL: -4071,
  EIO: -4070,
  EISCONN: -4069,
  EISDIR: -4068,
  ELOOP: -4067,
  EMFILE: -4066,
  EMSGSIZE: -4065,
  ENAMETOOLONG: -4064,
  ENETDOWN: -4063,
  ENETUNREACH: -4062,
  ENFILE: -4061,
  ENOBUFS: -4060,
  ENODEV: -4059,
  ENOENT: -4058,
  ENOMEM: -4057,
  ENONET: -4056,
  ENOSPC: -4055,
  ENOSYS: -4054,
  ENOTCONN: -4053,
  ENOTDIR: -4052,
  ENOTEMPTY: -4051,
  ENOTSOCK: -4050,
  ENOTSUP: -4049,
  EPERM: -4048,
  EPIPE: -4047,
  EPROTO: -4046,
  EPROTONOSUPPORT: -4045,
  EPROTOTYPE: -4044,
  EROFS: -4043,
  ESHUTDOWN: -4042,
  ESPIPE: -4041,
  ESRCH: -4040,
  ETIMEDOUT: -4039,
  ETXTBSY: -4038,
  EXDEV: -4037,
  EFBIG: -4036,
  ENOPROTOOPT: -4035,
  ERANGE: -4034,
  ENXIO: -4033,
  EMLINK: -4032,
  EHOSTDOWN: -4031,
  EREMOTEIO: -4030,
  ENOTTY: -4029,
  EFTYPE: -4028,
  EILSEQ: -4027,
  EOVERFLOW: -4026,
  ESOCKTNOSUPPORT: -4025,
  ENODATA: -4024,
  EUNATCH: -4023,
  ENOEXEC: -4022,
}

const GETADDRINFO_NUMBERS: Readonly<Record<string, number>> = {
  EAI_ADDRFAMILY: -3000,
  EAI_AGAIN: -3001,
  EAI_BADFLAGS: -3002,
  EAI_CANCELED: -3003,
  EAI_FAIL: -3004,
  EAI_FAMILY: -3005,
  EAI_MEMORY: -3006,
  EAI_NODATA: -3007,
  EAI_NONAME: -3008,
  EAI_OVERFLOW: -3009,
  EAI_SERVICE: -3010,
  EAI_SOCKTYPE: -3011,
  EAI_BADHINTS: -3013,
  EAI_PROTOCOL: -3014,
}

/** The name of a number that is libuv's own, whatever the system; undefined for a negated system errno. */
export function libuvName(number: number): string | undefined {
  const all = [...Object.entries(GETADDRINFO_NUMBERS), ...Object.entries(WINDOWS_NUMBERS)]
  return all.find(([, own]) => own === number)?.[0]
}

/** Whether libuv has a name for this errno; where two share a number (ENOTSUP, EOPNOTSUPP), it has one of them. */
export function isLibuvName(name: string): boolean {
  return Object.hasOwn(WINDOWS_NUMBERS, name)
}
