/* Makes the disk fail for one program, while a test says so.
 *
 * Loaded before the C library (LD_PRELOAD), it stands in front of the calls that change a file and
 * lets them through, unless FAULT_TRIGGER exists, the call is of a kind in FAULT_CALLS and the path
 * of its file contains FAULT_PATH. Then the call does nothing and fails with FAULT_ERRNO. Each such
 * failure adds a byte to FAULT_HITS, so that a test can tell that it happened.
 *
 * Must not: do anything to a program without these variables. Its other half is
 * tests/postgres/src/fault.rs, which compiles it and says what the kinds are.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/* Whether a list with commas between its words holds this one. */
static int listed(const char *list, const char *word) {
  size_t length = strlen(word);
  while (list) {
    if (strncmp(list, word, length) == 0 && (list[length] == ',' || list[length] == 0)) return 1;
    list = strchr(list, ',');
    if (list) list++;
  }
  return 0;
}

static void count_hit(void) {
  const char *hits = getenv("FAULT_HITS");
  int file = hits ? open(hits, O_WRONLY | O_APPEND | O_CLOEXEC) : -1;
  if (file < 0) return;
  /* Not through our own write. */
  syscall(SYS_write, file, ".", 1);
  close(file);
}

/* The error with which this call fails, or 0 when it goes through. Leaves errno as it was: some
 * programs read it after a call that went well. */
static int fault(int file, const char *kind) {
  int before = errno, wanted = 0;
  const char *trigger = getenv("FAULT_TRIGGER"), *calls = getenv("FAULT_CALLS");
  const char *part = getenv("FAULT_PATH"), *name = getenv("FAULT_ERRNO");
  if (trigger && calls && part && name && access(trigger, F_OK) == 0 && listed(calls, kind)) {
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length > 0) {
      path[length] = 0;
      if (strstr(path, part)) wanted = strcmp(name, "ENOSPC") == 0 ? ENOSPC : EIO;
    }
  }
  if (wanted) count_hit();
  errno = before;
  return wanted;
}

/* A function of the C library that answers -1 and sets errno when it fails. */
#define STAND_BEFORE(kind, answer, name, parameters, arguments)              \
  answer name parameters {                                                   \
    static answer(*next) parameters;                                         \
    int error = fault(file, kind);                                           \
    if (error) {                                                             \
      errno = error;                                                         \
      return -1;                                                             \
    }                                                                        \
    if (!next) *(void **)&next = dlsym(RTLD_NEXT, #name);                    \
    return next arguments;                                                   \
  }

STAND_BEFORE("write", ssize_t, write, (int file, const void *bytes, size_t length), (file, bytes, length))
STAND_BEFORE("write", ssize_t, pwrite, (int file, const void *bytes, size_t length, off_t at), (file, bytes, length, at))
STAND_BEFORE("write", ssize_t, pwrite64, (int file, const void *bytes, size_t length, off64_t at), (file, bytes, length, at))
STAND_BEFORE("write", ssize_t, writev, (int file, const struct iovec *parts, int count), (file, parts, count))
STAND_BEFORE("write", ssize_t, pwritev, (int file, const struct iovec *parts, int count, off_t at), (file, parts, count, at))
STAND_BEFORE("write", ssize_t, pwritev64, (int file, const struct iovec *parts, int count, off64_t at), (file, parts, count, at))
STAND_BEFORE("sync", int, fsync, (int file), (file))
STAND_BEFORE("sync", int, fdatasync, (int file), (file))
STAND_BEFORE("truncate", int, ftruncate, (int file, off_t length), (file, length))
STAND_BEFORE("truncate", int, ftruncate64, (int file, off64_t length), (file, length))
STAND_BEFORE("allocate", int, fallocate, (int file, int mode, off_t at, off_t length), (file, mode, at, length))
STAND_BEFORE("allocate", int, fallocate64, (int file, int mode, off64_t at, off64_t length), (file, mode, at, length))

/* These answer the error itself. */
#define STAND_BEFORE_ALLOCATE(name, offset)                     \
  int name(int file, offset at, offset length) {                \
    static int (*next)(int, offset, offset);                    \
    int error = fault(file, "allocate");                        \
    if (error) return error;                                    \
    if (!next) *(void **)&next = dlsym(RTLD_NEXT, #name);       \
    return next(file, at, length);                              \
  }

STAND_BEFORE_ALLOCATE(posix_fallocate, off_t)
STAND_BEFORE_ALLOCATE(posix_fallocate64, off64_t)
