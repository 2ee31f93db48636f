#define _GNU_SOURCE
#include "CLMDBFaults.h"

#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

// What follows runs in a signal handler: no allocation, no stdio, only what signal-safety(7) lists.

struct mapping {
    uintptr_t start, end, offset;
    const char *path;
};

static int code_at_fault;
static struct sigaction before_bus, before_segv;
static atomic_flag is_explained = ATOMIC_FLAG_INIT;

static const char *hexadecimal(const char *text, uintptr_t *number) {
    for (*number = 0;; text++) {
        if (*text >= '0' && *text <= '9') *number = *number << 4 | (uintptr_t)(*text - '0');
        else if (*text >= 'a' && *text <= 'f') *number = *number << 4 | (uintptr_t)(*text - 'a' + 10);
        else return text;
    }
}

/// A line of /proc/self/maps: "start-end rights offset device inode   path".
static void parse(const char *line, struct mapping *mapping) {
    line = hexadecimal(line, &mapping->start);
    line = hexadecimal(line + (*line == '-'), &mapping->end);
    for (int field = 0; field < 2 && *line; field++) while (*line && *line++ != ' ') {}
    hexadecimal(line, &mapping->offset);
    const char *path = strchr(line, '/');
    mapping->path = path ? path : "";
}

/// Finds the mapping in which an address lies. Its path is valid until the next call.
static int find(uintptr_t address, struct mapping *mapping) {
    static char line[8192];
    char chunk[1024];
    size_t length = 0;
    ssize_t count;
    int found = 0, maps = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    while (maps >= 0 && !found && (count = read(maps, chunk, sizeof chunk)) > 0) {
        for (ssize_t i = 0; i < count && !found; i++) {
            if (chunk[i] != '\n') {
                if (length + 1 < sizeof line) line[length++] = chunk[i];
                continue;
            }
            line[length] = 0;
            length = 0;
            parse(line, mapping);
            found = mapping->start <= address && address < mapping->end;
        }
    }
    if (maps >= 0) close(maps);
    return found;
}

static void say(const char *text) {
    if (write(STDERR_FILENO, text, strlen(text)) < 0) return;
}

static void say_number(uintptr_t number) {
    char digits[24], *first = digits + sizeof digits;
    *--first = 0;
    do *--first = (char)('0' + number % 10); while (number /= 10);
    say(first);
}

static uintptr_t instruction(const void *context) {
#if defined(__x86_64__)
    return (uintptr_t)((const ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];
#elif defined(__aarch64__)
    return (uintptr_t)((const ucontext_t *)context)->uc_mcontext.pc;
#else
    return 0;
#endif
}

static int ends_with(const char *text, const char *end) {
    size_t length = strlen(text), count = strlen(end);
    return length >= count && strcmp(text + length - count, end) == 0;
}

static void leave(void) {
    say(": the file is damaged or cut short, or its disk can't be read. Stop every Daybook on this data directory and keep "
        "a copy of it. `daybook verify` tells what is sound; index/ and read/ are made anew when they are deleted, a log "
        "is restored with `daybook restore`.\n");
    _exit(code_at_fault);
}

static void at_fault(int signal, siginfo_t *info, void *context) {
    struct mapping mapping;
    uintptr_t address = (uintptr_t)info->si_addr;
    if (info->si_code > 0) {
        while (atomic_flag_test_and_set(&is_explained)) pause();  // One thread tells; it ends the process.
        if (find(address, &mapping) && ends_with(mapping.path, "/data.mdb")) {
            say("error: ");
            say(mapping.path);
            say(" can't be read at byte ");
            say_number(address - mapping.start + mapping.offset);
            leave();
        }
        if (find(instruction(context), &mapping) && strstr(mapping.path, "/liblmdb")) {
            say("error: LMDB can't follow the pages of one of its files");
            leave();
        }
        atomic_flag_clear(&is_explained);
    }
    // Not ours. What faulted does so again when this returns; what was sent by another process is sent again.
    sigaction(signal, signal == SIGBUS ? &before_bus : &before_segv, NULL);
    if (info->si_code <= 0) raise(signal);
}

void lmdb_explain_faults(int exit_code) {
    struct sigaction action = {.sa_sigaction = at_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    code_at_fault = exit_code;
    sigemptyset(&action.sa_mask);
    sigaction(SIGBUS, &action, &before_bus);
    sigaction(SIGSEGV, &action, &before_segv);
}
