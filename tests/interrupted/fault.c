/* Loaded before the C library: the Nth time that the process changes a file or has it synced, it
 * is killed, or told that this failed. FAULT says what happens ("kill" or an errno), FAULT_AT at
 * which time, FAULT_HIT names a file that is made when it has come to that. What is no file or
 * folder (pipes, sockets) is left alone. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

static atomic_long count;

static int fails(void) {
    const char *at = getenv("FAULT_AT"), *what = getenv("FAULT"), *hit = getenv("FAULT_HIT");
    if (!at || !what || !hit || atomic_fetch_add(&count, 1) + 1 != atol(at)) return 0;
    long made = syscall(SYS_openat, AT_FDCWD, hit, O_CREAT | O_WRONLY, 0600);
    if (made >= 0) syscall(SYS_close, made);
    if (!strcmp(what, "kill")) kill(getpid(), SIGKILL);
    errno = atoi(what);
    return 1;
}

static int is_file(int fd) {
    struct stat data;
    int before = errno;
    int file = !fstat(fd, &data) && (S_ISREG(data.st_mode) || S_ISDIR(data.st_mode));
    errno = before;
    return file;
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define ON_FD(type, name, args, ...)                                                              \
    type name args { return is_file(fd) && fails() ? -1 : NEXT(name)(__VA_ARGS__); }
#define ON_PATH(name, args, ...)                                                                  \
    int name args { return fails() ? -1 : NEXT(name)(__VA_ARGS__); }

ON_FD(ssize_t, write, (int fd, const void *bytes, size_t length), fd, bytes, length)
ON_FD(ssize_t, pwrite, (int fd, const void *bytes, size_t length, off_t at), fd, bytes, length, at)
ON_FD(ssize_t, pwrite64, (int fd, const void *bytes, size_t length, off64_t at), fd, bytes, length, at)
ON_FD(int, fsync, (int fd), fd)
ON_FD(int, fdatasync, (int fd), fd)
ON_FD(int, ftruncate, (int fd, off_t length), fd, length)
ON_FD(int, ftruncate64, (int fd, off64_t length), fd, length)
ON_PATH(rename, (const char *from, const char *to), from, to)
ON_PATH(unlink, (const char *path), path)
ON_PATH(mkdir, (const char *path, mode_t mode), path, mode)
