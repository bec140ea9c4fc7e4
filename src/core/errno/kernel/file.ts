import { type CodeEntry, errno } from '../entry.js'

/** Paths: Unix sockets, and the files that are read, served and written. */
export const fileCodes = (): readonly CodeEntry[] => [
  errno('ENOENT', [2, 2, 2], ['connect', 'bind', 'open', 'unlink', 'rename'], {
    meaning: 'there is no such file, folder or Unix socket',
    causes: ['a misspelt path', 'the service that makes the socket is not running', 'its folder does not exist'],
    hint: 'check the path, and that the service which creates the socket is up',
  }),
  errno('EEXIST', [17, 17, 17], ['bind', 'open', 'rename'], {
    meaning: 'something with that name is there already',
    causes: ['a file of an earlier run', 'a Unix socket left behind'],
    hint: 'choose another name, or remove the old one after a look at it',
  }),
  errno('EISDIR', [21, 21, 21], ['open', 'read', 'write', 'unlink', 'rename'], {
    meaning: 'that is a folder where a file is needed',
    causes: ['a path without the file name at its end'],
    hint: 'add the name of the file to the path',
  }),
  errno('ENOTDIR', [20, 20, 20], ['connect', 'bind', 'open', 'unlink', 'rename'], {
    meaning: 'a part of the path is not a folder',
    causes: ['a file stands where the path goes through', 'a slash after the name of a file'],
    hint: 'check each part of the path with ls -ld',
  }),
  errno('ENOTEMPTY', [39, 66, 10066], ['rename', 'unlink'], {
    meaning: 'the folder is not empty',
    causes: ['files that are still in it', 'hidden files'],
    hint: 'list it with ls -A and move its contents first',
  }),
  errno('EXDEV', [18, 18, 18], ['rename'], {
    meaning: 'a file cannot be moved to another file system in one step',
    causes: ['the temporary folder and the target are on different disks or mounts'],
    hint: 'write to the same disk as the target, or copy and then delete',
  }),
  errno('ELOOP', [40, 62, 10062], ['connect', 'bind', 'open'], {
    meaning: 'the path leads through too many symbolic links',
    causes: ['links that point at each other', 'a link refused where none may be followed'],
    hint: 'follow the links with namei -l or ls -l, and break the circle',
  }),
  errno('ENAMETOOLONG', [36, 63, 10063], ['connect', 'bind', 'open', 'rename'], {
    meaning: 'the path or name is longer than the system takes',
    causes: ['a Unix socket path above 107 bytes (103 on macOS)', 'a file name above 255 bytes'],
    hint: 'use a shorter path, such as one in /tmp or relative to the folder',
  }),
  errno('EROFS', [30, 30, 30], ['bind', 'connect', 'open', 'unlink', 'rename'], {
    meaning: 'the file system is mounted read-only',
    causes: ['a read-only container or image', 'remounted read-only after a disk error'],
    hint: 'write elsewhere, or look at the kernel log for disk errors',
  }),
  errno('EIO', [5, 5, 5], ['bind', 'read', 'write', 'close', 'open'], {
    meaning: 'the device failed to read or write',
    causes: ['a failing disk', 'a terminal or share that has gone'],
    hint: 'look at the kernel log, and write to another disk',
  }),
  errno('EBUSY', [16, 16, 16], ['open', 'unlink', 'rename', 'setsockopt'], {
    meaning: 'another process is using it',
    causes: ['a file held open on Windows', 'a mount point', 'a device in use'],
    hint: 'find the holder (lsof, fuser, Resource Monitor) and end it or wait',
  }),
  errno('ETXTBSY', [26, 26, 139], ['open', 'write'], {
    meaning: 'the program is being run while it should be written, or written while it should be run',
    causes: ['a program replaced in place while it runs'],
    hint: 'wait for the writer or stop the program; replace it by renaming',
  }),
  errno('EMLINK', [31, 31, 31], ['rename', 'open'], {
    meaning: 'the file or folder has as many links as the file system allows',
    causes: ['very many hard links', 'very many folders within one'],
    hint: 'spread the files over several folders',
  }),
  errno('ESTALE', [116, 70, 10070], ['open', 'read', 'write', 'close'], {
    meaning: 'the file on the network share is no longer the one that was opened',
    causes: ['it was deleted or replaced on the server', 'the share was exported anew'],
    hint: 'open it again; if that fails, mount the share again',
  }),
  errno('EREMOTE', [66, 71, 10071], ['open'], {
    meaning: 'the object is on another machine and cannot be used from here',
    causes: ['a mount within a network mount'],
    hint: 'work on the machine that has it, or mount it directly',
  }),
]
