#pragma once
#include <fcntl.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

// sched_setattr(2), which the C library of the system has no function for; struct sched_attr as of Linux 3.14.
struct daybook_sched_attr {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime, deadline, period;
};

/// Gives the calling thread, of the policy SCHED_OTHER, a niceness and the length of its turns on a processor. 0, or -1 and errno.
static inline int daybook_set_turns(int32_t nice, uint64_t nanoseconds) {
    struct daybook_sched_attr attributes = {sizeof attributes, 0, 0, nice, 0, nanoseconds, 0, 0};
    return (int)syscall(SYS_sched_setattr, 0, &attributes, 0);
}

/// renameat2(2) with RENAME_EXCHANGE, which Swift does not see: two names of one file system change places in one step. 0, or -1
/// and errno.
static inline int daybook_exchange(const char *one, const char *other) {
    return (int)syscall(SYS_renameat2, AT_FDCWD, one, AT_FDCWD, other, 2);
}
