/* Counts the calls of libc that change files below one folder, and breaks one of them, or all from one on.
 *
 * LD_PRELOAD it. The environment, or planstore_fault() from inside the process, says what is done:
 *   PLANSTORE_FAULT_FOLDER  calls are counted when their path, or what their descriptor stands for, is in this folder
 *   PLANSTORE_FAULT         count | kill | kill-after | short-kill | short | EIO | ENOSPC | EROFS
 *   PLANSTORE_FAULT_AT      the number of the call, from 1
 *   PLANSTORE_FAULT_CALL    count only calls of this kind for PLANSTORE_FAULT_AT: see `names`; `change` is all but open
 *   PLANSTORE_FAULT_LASTS   1: every later call is broken as well
 *   PLANSTORE_FAULT_COUNT   a file that gets the number of calls of each kind when the process exits, or on SIGTERM
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum kind { WRITE, CATALOG, FSYNC, RENAME, LINK, UNLINK, FTRUNCATE, MKDIR, CREATE, OPEN, KINDS, CHANGE, ANY };
/* `catalog` writes to the store's SQLite files; `create` opens a file that is not there yet or empties one; `open` only
 * could have: SQLite opens its files so. */
static const char *const names[KINDS] = {"write",  "catalog",   "fsync", "rename", "link",
                                         "unlink", "ftruncate", "mkdir", "create", "open"};

enum fault { COUNT, KILL, KILL_AFTER, SHORT_KILL, SHORT, FAIL };
static const struct {
    const char *name;
    enum fault fault;
    int error;
} faults[] = {
    {"count", COUNT, 0}, {"kill", KILL, 0},    {"kill-after", KILL_AFTER, 0}, {"short-kill", SHORT_KILL, 0},
    {"short", SHORT, 0}, {"EIO", FAIL, EIO},   {"ENOSPC", FAIL, ENOSPC},      {"EROFS", FAIL, EROFS},
};

static char folder[PATH_MAX];
static size_t folder_length;
static atomic_long counts[KINDS];
static atomic_long seen; /* calls of the armed kind since it was armed */
static int trace = -1;   /* a descriptor that is told of each call */
static struct {
    enum fault fault;
    int error;
    enum kind kind;
    long at;
    int lasts;
} armed = {COUNT, 0, ANY, 0, 0};

static enum kind kind_of(const char *call) {
    if (!call || !*call) return ANY;
    if (!strcmp(call, "change")) return CHANGE;
    enum kind kind = 0;
    while (kind < KINDS && strcmp(names[kind], call)) kind++;
    return kind;
}

/* Counts anew from 0, and breaks call `at` (of kind `call`, when it names one). Returns 0, or -1 for an unknown name. */
int planstore_fault(const char *fault, long at, const char *call, int lasts) {
    enum kind kind = kind_of(call);
    if (kind == KINDS) return -1;
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        if (strcmp(faults[i].name, fault)) continue;
        armed.fault = COUNT; /* because other threads may be writing while this is changed */
        armed.error = faults[i].error;
        armed.kind = kind;
        armed.at = at;
        armed.lasts = lasts;
        for (int counted = 0; counted < KINDS; counted++) counts[counted] = 0;
        seen = 0;
        armed.fault = faults[i].fault;
        return 0;
    }
    return -1;
}

/* Tells the file at `path` of each call from here on: its kind and its path, a line a call; NULL ends that. */
int planstore_fault_trace(const char *path) {
    if (trace >= 0) close(trace);
    trace = path ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
    return path && trace < 0 ? -1 : 0;
}

long planstore_fault_calls(const char *call) {
    enum kind kind = kind_of(call);
    return kind < KINDS ? counts[kind] : -1;
}

static void write_counts(void) {
    const char *path = getenv("PLANSTORE_FAULT_COUNT");
    FILE *file = path ? fopen(path, "w") : NULL;
    if (!file) return;
    for (int kind = 0; kind < KINDS; kind++) fprintf(file, "%s %ld\n", names[kind], counts[kind]);
    fclose(file);
}

static void on_term(int number) {
    write_counts();
    _exit(128 + number);
}

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("PLANSTORE_FAULT_FOLDER"), *fault = getenv("PLANSTORE_FAULT");
    const char *at = getenv("PLANSTORE_FAULT_AT"), *lasts = getenv("PLANSTORE_FAULT_LASTS");
    if (!path) return;
    folder_length = strlen(strncpy(folder, path, sizeof folder - 1));
    if (fault &&
        planstore_fault(fault, at ? atol(at) : 0, getenv("PLANSTORE_FAULT_CALL"), lasts && !strcmp(lasts, "1"))) {
        fprintf(stderr, "shim.c knows no such fault or call: %s\n", fault);
        _exit(2);
    }
    if (getenv("PLANSTORE_FAULT_COUNT")) {
        atexit(write_counts);
        signal(SIGTERM, on_term);
    }
}

static __thread char path_of_call[PATH_MAX]; /* of the call under way, for the trace */

static int below(const char *path) {
    if (!folder_length || strncmp(path, folder, folder_length) ||
        (path[folder_length] != '/' && path[folder_length] != '\0'))
        return 0;
    strncpy(path_of_call, path, sizeof path_of_call - 1);
    return 1;
}

static int find_path(int descriptor, char *path) {
    char link[64];
    if (!folder_length) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    if (length < 0) return 0;
    path[length] = '\0';
    return 1;
}

static int below_descriptor(int descriptor) {
    char path[PATH_MAX];
    return find_path(descriptor, path) && below(path);
}

static enum kind kind_of_write(int descriptor) {
    char path[PATH_MAX];
    return find_path(descriptor, path) && strstr(path, "/catalog.sqlite") ? CATALOG : WRITE;
}

static int below_at(int place, const char *path) {
    char here[PATH_MAX];
    if (*path == '/') return below(path);
    if (place == AT_FDCWD) return getcwd(here, sizeof here) && below(here);
    return below_descriptor(place);
}

static enum fault strike(enum kind kind) {
    counts[kind]++;
    if (trace >= 0) dprintf(trace, "%s %s\n", names[kind], path_of_call);
    if (armed.kind != ANY && armed.kind != kind && !(armed.kind == CHANGE && kind != OPEN)) return COUNT;
    long number = ++seen;
    return number == armed.at || (armed.lasts && number > armed.at) ? armed.fault : COUNT;
}

static void die(void) {
    kill(getpid(), SIGKILL);
    for (;;) pause(); /* because a signal to oneself may arrive a moment later, in another thread */
}

#define REAL(name) \
    static __typeof__(name) *real; \
    if (!real) real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

/* `call` is the real call, `half` the one that does half of the work */
#define BREAK(counted, kind, type, call, half) \
    do { \
        int saved = errno; \
        enum fault fault = (counted) ? strike(kind) : COUNT; \
        errno = saved; \
        if (fault == KILL) die(); \
        if (fault == SHORT) return half; \
        if (fault == SHORT_KILL) { \
            type done = half; \
            (void)done; \
            die(); \
        } \
        if (fault == FAIL) { \
            errno = armed.error; \
            return -1; \
        } \
        type done = call; \
        if (fault == KILL_AFTER) die(); \
        return done; \
    } while (0)

/* There is no half of a rename: `short` leaves it whole, `short-kill` kills before it. */
#define BREAK_WHOLE(counted, kind, call) \
    do { \
        int saved = errno; \
        enum fault fault = (counted) ? strike(kind) : COUNT; \
        errno = saved; \
        if (fault == KILL || fault == SHORT_KILL) die(); \
        if (fault == FAIL) { \
            errno = armed.error; \
            return -1; \
        } \
        int done = call; \
        if (fault == KILL_AFTER) die(); \
        return done; \
    } while (0)

ssize_t write(int d, const void *content, size_t size) {
    REAL(write);
    BREAK(below_descriptor(d), kind_of_write(d), ssize_t, real(d, content, size), real(d, content, (size + 1) / 2));
}

#define PWRITE(name, offset_type) \
    ssize_t name(int d, const void *content, size_t size, offset_type offset) { \
        REAL(name); \
        BREAK(below_descriptor(d), kind_of_write(d), ssize_t, real(d, content, size, offset), \
              real(d, content, (size + 1) / 2, offset)); \
    }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

/* Half of one piece, or the first half of several. */
static const struct iovec *half_of(const struct iovec *pieces, int *count, struct iovec *half) {
    if (*count != 1) {
        *count /= 2;
        return pieces;
    }
    *half = (struct iovec){pieces->iov_base, (pieces->iov_len + 1) / 2};
    return half;
}

ssize_t writev(int d, const struct iovec *pieces, int count) {
    REAL(writev);
    struct iovec room;
    int fewer = count;
    const struct iovec *half = half_of(pieces, &fewer, &room);
    BREAK(below_descriptor(d), kind_of_write(d), ssize_t, real(d, pieces, count), real(d, half, fewer));
}

#define PWRITEV(name, offset_type) \
    ssize_t name(int d, const struct iovec *pieces, int count, offset_type offset) { \
        REAL(name); \
        struct iovec room; \
        int fewer = count; \
        const struct iovec *half = half_of(pieces, &fewer, &room); \
        BREAK(below_descriptor(d), kind_of_write(d), ssize_t, real(d, pieces, count, offset), real(d, half, fewer, offset)); \
    }
PWRITEV(pwritev, off_t)
PWRITEV(pwritev64, off64_t)

int fsync(int d) {
    REAL(fsync);
    BREAK_WHOLE(below_descriptor(d), FSYNC, real(d));
}

int fdatasync(int d) {
    REAL(fdatasync);
    BREAK_WHOLE(below_descriptor(d), FSYNC, real(d));
}

int ftruncate(int d, off_t size) {
    REAL(ftruncate);
    BREAK_WHOLE(below_descriptor(d), FTRUNCATE, real(d, size));
}

int ftruncate64(int d, off64_t size) {
    REAL(ftruncate64);
    BREAK_WHOLE(below_descriptor(d), FTRUNCATE, real(d, size));
}

int rename(const char *from, const char *to) {
    REAL(rename);
    BREAK_WHOLE(below_at(AT_FDCWD, to), RENAME, real(from, to));
}

int renameat(int from_place, const char *from, int to_place, const char *to) {
    REAL(renameat);
    BREAK_WHOLE(below_at(to_place, to), RENAME, real(from_place, from, to_place, to));
}

int link(const char *from, const char *to) {
    REAL(link);
    BREAK_WHOLE(below_at(AT_FDCWD, to), LINK, real(from, to));
}

int linkat(int from_place, const char *from, int to_place, const char *to, int flags) {
    REAL(linkat);
    BREAK_WHOLE(below_at(to_place, to), LINK, real(from_place, from, to_place, to, flags));
}

int unlink(const char *path) {
    REAL(unlink);
    BREAK_WHOLE(below_at(AT_FDCWD, path), UNLINK, real(path));
}

int unlinkat(int place, const char *path, int flags) {
    REAL(unlinkat);
    BREAK_WHOLE(below_at(place, path), UNLINK, real(place, path, flags));
}

int rmdir(const char *path) {
    REAL(rmdir);
    BREAK_WHOLE(below_at(AT_FDCWD, path), UNLINK, real(path));
}

int mkdir(const char *path, mode_t mode) {
    REAL(mkdir);
    BREAK_WHOLE(below_at(AT_FDCWD, path), MKDIR, real(path, mode));
}

int mkdirat(int place, const char *path, mode_t mode) {
    REAL(mkdirat);
    BREAK_WHOLE(below_at(place, path), MKDIR, real(place, path, mode));
}

static enum kind kind_of_open(int place, const char *path, int flags) {
    return flags & O_TRUNC || faccessat(place, path, F_OK, 0) ? CREATE : OPEN;
}

/* Only calls that may make a file are counted. */
#define OPEN_CALL(name, parameters, place, arguments, arguments_and_mode) \
    int name parameters { \
        REAL(name); \
        if (!(flags & (O_CREAT | O_TMPFILE))) return real arguments; \
        va_list rest; \
        va_start(rest, flags); \
        mode_t mode = va_arg(rest, mode_t); \
        va_end(rest); \
        BREAK_WHOLE((flags & O_CREAT) && below_at(place, path), kind_of_open(place, path, flags), real arguments_and_mode); \
    }
OPEN_CALL(open, (const char *path, int flags, ...), AT_FDCWD, (path, flags), (path, flags, mode))
OPEN_CALL(open64, (const char *path, int flags, ...), AT_FDCWD, (path, flags), (path, flags, mode))
OPEN_CALL(openat, (int at, const char *path, int flags, ...), at, (at, path, flags), (at, path, flags, mode))
OPEN_CALL(openat64, (int at, const char *path, int flags, ...), at, (at, path, flags), (at, path, flags, mode))
