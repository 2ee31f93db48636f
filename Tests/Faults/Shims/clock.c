// Moves the wall clock by as many seconds as the file named by FAULTS_CLOCK says, at each look. Clocks that measure how
// long something takes go on as they are.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static long long offset_seconds(void) {
    static const char *volatile mapped;
    if (!mapped) {
        const char *path = getenv("FAULTS_CLOCK");
        int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
        if (file < 0) return 0;
        void *start = mmap(NULL, 32, PROT_READ, MAP_SHARED, file, 0);
        close(file);
        if (start == MAP_FAILED) return 0;
        mapped = start;
    }
    return atoll(mapped);
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    static int (*next)(clockid_t, struct timespec *);
    if (!next) next = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    int code = next(clock, now);
    if (code == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += offset_seconds();
    return code;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    struct timespec precise;
    int code = clock_gettime(CLOCK_REALTIME, &precise);
    now->tv_sec = precise.tv_sec;
    now->tv_usec = precise.tv_nsec / 1000;
    return code;
}

time_t time(time_t *now) {
    struct timespec precise;
    clock_gettime(CLOCK_REALTIME, &precise);
    if (now) *now = precise.tv_sec;
    return precise.tv_sec;
}

// The kernel does not know of the moved clock: a moment which the program took from it is moved back.
static struct timespec real_moment(const struct timespec *moment) {
    static int (*real_clock)(clockid_t, struct timespec *);
    if (!real_clock) real_clock = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    struct timespec now, result = *moment;
    real_clock(CLOCK_REALTIME, &now);
    long long offset = offset_seconds();
    // Moments of other clocks are far from both.
    if (llabs(result.tv_sec - (now.tv_sec + offset)) < 86400 / 2) result.tv_sec -= offset;
    return result;
}

int sem_timedwait(sem_t *restrict semaphore, const struct timespec *restrict moment) {
    static int (*next)(sem_t *, const struct timespec *);
    if (!next) next = (int (*)(sem_t *, const struct timespec *))dlsym(RTLD_NEXT, "sem_timedwait");
    struct timespec real = real_moment(moment);
    return next(semaphore, &real);
}

int pthread_cond_timedwait(
    pthread_cond_t *restrict condition, pthread_mutex_t *restrict mutex, const struct timespec *restrict moment
) {
    static int (*next)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *);
    if (!next) {
        next = (int (*)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *))dlsym(
            RTLD_NEXT, "pthread_cond_timedwait");
    }
    struct timespec real = real_moment(moment);
    return next(condition, mutex, &real);
}
