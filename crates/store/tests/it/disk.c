/* Records what a program writes and syncs, in order, so that a test can show what a disk would
 * hold after the power failed at any moment. Loaded before the C library (LD_PRELOAD).
 *
 * Only files whose name begins with TENURE_DISK are recorded, to TENURE_DISK_LOG. A record is:
 * one byte of kind (w write, t truncate, s sync, u unlink), the length of the name (u16), the
 * offset or size (u64), the length of the data (u64), the name, the data; all in host order.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static int log_fd = -1;
static const char *prefix;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static ssize_t (*real_write)(int, const void *, size_t);

static void *real(const char *name) {
    void *found = dlsym(RTLD_NEXT, name);
    if (!found) abort();
    return found;
}

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("TENURE_DISK_LOG");
    prefix = getenv("TENURE_DISK");
    real_write = real("write");
    if (path && prefix) log_fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static void all(const void *data, size_t size) {
    const char *at = data;
    while (size > 0) {
        ssize_t done = real_write(log_fd, at, size);
        if (done <= 0) abort();
        at += done;
        size -= (size_t)done;
    }
}

static void record_name(char kind, const char *name, uint64_t at, const void *data, uint64_t size) {
    if (log_fd < 0 || strncmp(name, prefix, strlen(prefix)) != 0) return;
    uint16_t name_size = (uint16_t)strlen(name);
    pthread_mutex_lock(&lock);
    all(&kind, 1);
    all(&name_size, sizeof name_size);
    all(&at, sizeof at);
    all(&size, sizeof size);
    all(name, name_size);
    if (data) all(data, size);
    pthread_mutex_unlock(&lock);
}

static void record(char kind, int fd, uint64_t at, const void *data, uint64_t size) {
    char link[64], name[4096];
    if (log_fd < 0) return;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, name, sizeof name - 1);
    if (length <= 0) return;
    name[length] = 0;
    record_name(kind, name, at, data, size);
}

/* Each is recorded after it was done; a sync that is recorded has therefore ended. */

ssize_t write(int fd, const void *data, size_t size) {
    off_t at = log_fd >= 0 ? lseek(fd, 0, SEEK_CUR) : -1;
    ssize_t done = real_write(fd, data, size);
    if (done > 0 && at >= 0) record('w', fd, (uint64_t)at, data, (uint64_t)done);
    return done;
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t at) {
    static ssize_t (*next)(int, const void *, size_t, off_t);
    if (!next) next = real("pwrite");
    ssize_t done = next(fd, data, size, at);
    if (done > 0) record('w', fd, (uint64_t)at, data, (uint64_t)done);
    return done;
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) {
    static ssize_t (*next)(int, const void *, size_t, off64_t);
    if (!next) next = real("pwrite64");
    ssize_t done = next(fd, data, size, at);
    if (done > 0) record('w', fd, (uint64_t)at, data, (uint64_t)done);
    return done;
}

int ftruncate(int fd, off_t size) {
    static int (*next)(int, off_t);
    if (!next) next = real("ftruncate");
    int done = next(fd, size);
    if (done == 0) record('t', fd, (uint64_t)size, NULL, 0);
    return done;
}

int ftruncate64(int fd, off64_t size) {
    static int (*next)(int, off64_t);
    if (!next) next = real("ftruncate64");
    int done = next(fd, size);
    if (done == 0) record('t', fd, (uint64_t)size, NULL, 0);
    return done;
}

int fsync(int fd) {
    static int (*next)(int);
    if (!next) next = real("fsync");
    int done = next(fd);
    if (done == 0) record('s', fd, 0, NULL, 0);
    return done;
}

int fdatasync(int fd) {
    static int (*next)(int);
    if (!next) next = real("fdatasync");
    int done = next(fd);
    if (done == 0) record('s', fd, 0, NULL, 0);
    return done;
}

int unlink(const char *name) {
    static int (*next)(const char *);
    if (!next) next = real("unlink");
    int done = next(name);
    if (done == 0) record_name('u', name, 0, NULL, 0);
    return done;
}
