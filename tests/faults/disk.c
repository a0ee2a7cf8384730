/* A disk that fails: preloaded around the program by tests/disk.rs, never part of it.
 *
 * MERIT_DISK_FILE   only files whose name holds this
 * MERIT_DISK_FAULT  KIND:N, what happens at the N-th call of its kind on such a file
 *     full   from the N-th write on, there is no more room
 *     eio    the N-th write fails
 *     short  the N-th write writes half of what it should
 *     sync   the N-th fsync or fdatasync fails
 * MERIT_DISK_COUNT  a file into which the numbers of writes and syncs go at the end
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static atomic_long writes, syncs;

static int is_meant(int fd) {
    const char *name = getenv("MERIT_DISK_FILE");
    char link[64], path[4096];
    if (!name) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return strstr(path, name) != NULL;
}

static long wanted(const char *kind) {
    const char *fault = getenv("MERIT_DISK_FAULT");
    size_t length = strlen(kind);
    if (!fault || strncmp(fault, kind, length) || fault[length] != ':') return 0;
    return atol(fault + length + 1);
}

/* What becomes of a write of so many bytes: so many, or -1 with errno set. */
static ssize_t allowed(int fd, size_t count) {
    if (!is_meant(fd)) return (ssize_t)count;
    long nth = atomic_fetch_add(&writes, 1) + 1, full = wanted("full");
    if (full && nth >= full) { errno = ENOSPC; return -1; }
    if (wanted("eio") == nth) { errno = EIO; return -1; }
    if (wanted("short") == nth && count > 1) return (ssize_t)(count / 2);
    return (ssize_t)count;
}

static int sync_fails(int fd) {
    return is_meant(fd) && atomic_fetch_add(&syncs, 1) + 1 == wanted("sync");
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t write(int fd, const void *bytes, size_t count) {
    ssize_t part = allowed(fd, count);
    return part < 0 ? part : REAL(write)(fd, bytes, (size_t)part);
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t at) {
    ssize_t part = allowed(fd, count);
    return part < 0 ? part : REAL(pwrite)(fd, bytes, (size_t)part, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at) {
    ssize_t part = allowed(fd, count);
    return part < 0 ? part : REAL(pwrite64)(fd, bytes, (size_t)part, at);
}

int fsync(int fd) {
    if (sync_fails(fd)) { errno = EIO; return -1; }
    return REAL(fsync)(fd);
}

int fdatasync(int fd) {
    if (sync_fails(fd)) { errno = EIO; return -1; }
    return REAL(fdatasync)(fd);
}

__attribute__((destructor)) static void tell(void) {
    const char *name = getenv("MERIT_DISK_COUNT");
    FILE *file = name ? fopen(name, "w") : NULL;
    if (!file) return;
    fprintf(file, "%ld %ld\n", atomic_load(&writes), atomic_load(&syncs));
    fclose(file);
}
