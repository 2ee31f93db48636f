// Says that everything is on the disk, and does nothing for it. Preloaded, it makes a program that loses data.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/types.h>

int fsync(int descriptor) { return 0; }
int fdatasync(int descriptor) { return 0; }
int msync(void *start, size_t length, int flags) { return 0; }
int sync_file_range(int descriptor, off64_t offset, off64_t bytes, unsigned int flags) { return 0; }

static int unsynced(const char *function, const char *path, int flags, mode_t mode) {
    int (*next)(const char *, int, ...) = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, function);
    return next(path, flags & ~(O_SYNC | O_DSYNC), mode);
}

int open(const char *path, int flags, ...) {
    va_list more;
    va_start(more, flags);
    mode_t mode = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(more, mode_t) : 0;
    va_end(more);
    return unsynced("open", path, flags, mode);
}

int open64(const char *path, int flags, ...) {
    va_list more;
    va_start(more, flags);
    mode_t mode = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(more, mode_t) : 0;
    va_end(more);
    return unsynced("open64", path, flags, mode);
}
