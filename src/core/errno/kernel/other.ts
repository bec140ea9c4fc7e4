import { type Call, type CodeEntry, errno, type Numbers } from '../entry.js'

/** Of one that no connection meets. */
const HINT = 'no call that opens or uses a connection gives this: look at the file, device or program that it came with'
/** The same number by another name. */
const ALIASES: Readonly<Record<string, readonly string[]>> = { EDEADLK: ['EDEADLOCK'] }

/**
 * The rest of what Linux numbers (<asm-generic/errno-base.h>, <asm-generic/errno.h>), a line each: the numbers on Linux,
 * macOS and Windows (C runtime), then calls, meaning and causes.
 */
const TABLE = `
# Processes and programs
ENOEXEC 8 8 8 | exec | the file is no program that this system can run | no #! line, another architecture, an empty file
ECHILD 10 10 10 | wait | there is no child process to wait for | it was waited for before, or SIGCHLD is ignored
EDEADLK 35 11 36 | lock | waiting for this lock would wait for itself | two processes that each hold what the other wants
ENOLCK 37 77 39 | lock | no more file locks are to be had | the lock table is full, or the lock service of a share is down
EOWNERDEAD 130 105 133 | lock | the holder of the lock died with it held | a process that was killed within its critical section
ENOTRECOVERABLE 131 104 127 | lock | what the lock protects was never put right again | its holder died, and the next did not mend it
ERESTART 85 - - | read write | a signal interrupted the call, which is to be made again | the kernel keeps it to itself, but strace shows it
# Numbers and text
EDOM 33 33 33 | math | the argument is outside what the function is defined for | such as the logarithm of a negative number
ERANGE 34 34 34 | math getxattr | the result is too large for its place | a number that overflows, a buffer that is too short
EILSEQ 84 92 42 | write | the bytes are no character in this encoding | text in another encoding, or a name that the disk cannot hold
# Files and devices
ENOTBLK 15 15 - | mount | a disk is needed, and this is none | an ordinary file named where a block device belongs
ENOTTY 25 25 25 | ioctl | the device does not know that request | a terminal is needed, and this is a file or a pipe
ESPIPE 29 29 29 | seek | there is no going back and forth in this | a pipe, a socket or a terminal where a file is needed
ECHRNG 44 - - | ioctl | the channel number is out of range | a driver with numbered channels
EUNATCH 49 - - | ioctl | no driver of the protocol is attached | a line discipline that was never loaded
EXFULL 54 - - | ioctl | the exchange of the device is full | too many requests before the first were answered
EBFONT 59 - - | ioctl | the format of the font file is wrong | a font for another kind of console
EUCLEAN 117 - - | open read mount | the file system is damaged and wants to be checked | a crash, a failing disk, an unclean unmount
ENOTNAM 118 - - | open | the file is no named type of XENIX | programs brought over from XENIX
ENAVAIL 119 - - | open | there are no XENIX semaphores to be had | programs brought over from XENIX
EISNAM 120 - - | open | the file is of a named type | programs brought over from XENIX
EREMOTEIO 121 - - | read write ioctl | the device at the far end failed | an I2C or USB device that does not answer
ENOMEDIUM 123 - - | open | there is no disk or card in the drive | an empty card reader or optical drive
EMEDIUMTYPE 124 - - | open mount | the disk or card is of the wrong kind | an unformatted or audio disc
ERFKILL 132 - - | ioctl | the radio is switched off | flight mode, or a switch at the machine (rfkill list)
EHWPOISON 133 - - | read | the memory page is damaged | a fault of the hardware, as the kernel log tells
# Messages and STREAMS
ENOMSG 42 91 122 | recv | there is no message of the wanted type | an empty queue of System V messages
EIDRM 43 90 111 | recv | the queue, semaphore or memory was removed meanwhile | another process removed it (ipcrm)
ENOSTR 60 99 125 | ioctl | it is no stream of the STREAMS kind | a request for STREAMS made of an ordinary device
ENODATA 61 96 120 | read getxattr | there is no data, or no such attribute | an extended attribute that the file does not have
ETIME 62 101 137 | ioctl | the time of a timer is over | a device or a STREAMS request that took too long
ENOLINK 67 97 121 | open | the link to the other machine is cut | a remote file system that is gone
ECOMM 70 - - | send | an error came up while sending | a device that failed in the middle of a transfer
EMULTIHOP 72 95 - | open | the path leads over several machines | a remote file system within a remote file system
EBADMSG 74 94 104 | recv read | the message or block is not what it should be | a wrong checksum, or a message of an unexpected kind
ESTRPIPE 86 - - | write | the pipe of a STREAMS device is in error | a sound device that was suspended
# Network file systems of old
EADV 68 - - | mount | the resource is advertised already | remote file sharing (RFS)
ESRMNT 69 - - | mount | others have the resource mounted | remote file sharing (RFS)
EDOTDOT 73 - - | open | the path left its file system upwards | remote file sharing (RFS)
ENOTUNIQ 76 - - | socket ioctl | the name is not the only one of its kind on the network | two of the same name
EBADFD 77 - - | ioctl read write | the descriptor is in the wrong state for this | a sound or TUN device that was not set up first
EREMCHG 78 - - | read | the address of the far end has changed | remote file sharing (RFS)
ENOPKG 65 - - | socket | a package of software is not installed | a kernel without that feature or algorithm
# Shared libraries
ELIBACC 79 - - | exec | a shared library cannot be read | it is missing, or its permissions forbid it
ELIBBAD 80 - - | exec | a shared library is damaged | a file that was cut short, or for another machine
ELIBSCN 81 - - | exec | the table of libraries in the program is damaged | a file that was cut short or linked badly
ELIBMAX 82 - - | exec | the program wants more shared libraries than allowed | a program of very many parts
ELIBEXEC 83 - - | exec | a shared library cannot be run as a program | the library named instead of the program
# Keys
ENOKEY 126 - - | keyctl open | the key that is needed is not there | an encrypted folder that is locked, a keyring without it
EKEYEXPIRED 127 - - | keyctl open | the key is too old | its time is over
EKEYREVOKED 128 - - | keyctl open | the key was revoked | somebody took it back
EKEYREJECTED 129 - - | keyctl open | the key was not accepted | a wrong signature, as of a kernel module
# The exchange and channels of System V
EL2NSYNC 45 - - | ioctl | level 2 is not synchronized | a driver of a synchronous line
EL3HLT 46 - - | ioctl | level 3 has halted | a driver of a synchronous line
EL3RST 47 - - | ioctl | level 3 was reset | a driver of a synchronous line
ELNRNG 48 - - | ioctl | the number of the link is out of range | a driver with numbered links
ENOCSI 50 - - | ioctl | there is no such structure in the driver | a driver with tables of its own (CSI)
EL2HLT 51 - - | ioctl | level 2 has halted | a driver of a synchronous line
EBADE 52 - - | ioctl | the exchange is not valid | a request that does not fit what came before
EBADR 53 - - | ioctl | the request descriptor is not valid | a request that was never made
ENOANO 55 - - | ioctl | there is no anode, a record in the tables of old file systems | a driver with tables of its own
EBADRQC 56 - - | ioctl | the code of the request is not valid | a request that the driver does not know
EBADSLT 57 - - | ioctl | the slot is not valid | a request for a slot that is not there
`

/** What files, devices and processes may say, and connections never do. */
export const otherCodes = (): readonly CodeEntry[] =>
  TABLE.split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [numbered = '', calls = '', meaning = '', causes = ''] = line.split(' | ')
      const [name = '', ...numbers] = numbered.split(' ')
      const words = { meaning, causes: causes.split(', '), hint: HINT, aliases: ALIASES[name] ?? [] }
      return errno(name, numbersOf(numbers), calls.split(' ') as Call[], words)
    })

function numbersOf([linux, darwin, win32]: readonly string[]): Numbers {
  const numberOf = (text: string | undefined) => (text === undefined || text === '-' ? null : Number(text))
  return [numberOf(linux), numberOf(darwin), numberOf(win32)]
}
