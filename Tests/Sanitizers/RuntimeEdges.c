// Tells the thread sanitizer what Swift's runtime orders, which is not compiled for it. ops/sanitize loads this before the
// runtime's libraries.
//
// Mutex: its quick path is compiled into our code and seen; where threads wait for each other, the lock changes hands inside
// libswiftSynchronization: each such wait would be reported as a race.
//
// Counts of references: who finds that nobody else has an object comes after all that the others did with it before they let go.
// Copy on write rests on that; unseen, each buffer written again after another thread has read it would be reported as a race.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

// Absent in the programs around the tests, which have no sanitizer.
extern void __tsan_acquire(void *address) __attribute__((weak));
extern void __tsan_release(void *address) __attribute__((weak));

#define LOCK_SLOW "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK_SLOW "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

typedef __attribute__((swiftcall)) void Lock(uint32_t thread, __attribute__((swift_context)) void *mutex);
typedef __attribute__((swiftcall)) void Unlock(__attribute__((swift_context)) void *mutex);

Lock lock_slow __asm__(LOCK_SLOW);
Unlock unlock_slow __asm__(UNLOCK_SLOW);

static void *next(const char *name) {
    void *found = dlsym(RTLD_NEXT, name);
    if (!found) {
        fprintf(stderr, "RuntimeEdges.c: Swift has no %s any more; look for what took its place\n", name);
        abort();
    }
    return found;
}

__attribute__((swiftcall)) void lock_slow(uint32_t thread, __attribute__((swift_context)) void *mutex) {
    ((Lock *)next(LOCK_SLOW))(thread, mutex);
    if (__tsan_acquire) __tsan_acquire(mutex);
}

__attribute__((swiftcall)) void unlock_slow(__attribute__((swift_context)) void *mutex) {
    if (__tsan_release) __tsan_release(mutex);
    ((Unlock *)next(UNLOCK_SLOW))(mutex);
}

// isKnownUniquelyReferenced, for objects of Swift's own.
#define IS_UNIQUE "$ss25isKnownUniquelyReferencedySbxzRlzClF"

typedef __attribute__((swiftcall)) bool IsUnique(void **object, const void *type);

IsUnique is_unique __asm__(IS_UNIQUE);

__attribute__((swiftcall)) bool is_unique(void **object, const void *type) {
    static IsUnique *original;
    if (!original) original = (IsUnique *)next(IS_UNIQUE);
    bool unique = original(object, type);
    if (unique && __tsan_acquire) __tsan_acquire(*object);
    return unique;
}

void swift_release(void *object) {
    static void (*original)(void *);
    if (!original) original = (void (*)(void *))next("swift_release");
    // Some values of pointers are no objects: small constants, and those with their highest bit set.
    if ((intptr_t)object > 4096 && __tsan_release) __tsan_release(object);
    original(object);
}
