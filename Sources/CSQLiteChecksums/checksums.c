#include "CSQLiteChecksums.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdint.h>
#include <string.h>

// A main file of a database. SQLite's own file follows it in memory.
typedef struct {
    sqlite3_file base;
} checked_file;

static sqlite3_vfs checked_vfs;
static sqlite3_vfs *real_vfs;

static sqlite3_file *real(sqlite3_file *file) { return (sqlite3_file *)((checked_file *)file + 1); }

static int is_page(int bytes, sqlite3_int64 offset) {
    return bytes >= 512 && (bytes & (bytes - 1)) == 0 && offset % bytes == 0;
}

// Two sums, the second of the first, as Fletcher has it, over words of 32 bits, with the place of the page, so that a page
// in another's place is found too.
static void checksum(const unsigned char *page, int bytes, sqlite3_int64 offset, unsigned char *sums) {
    uint32_t first = (uint32_t)(offset >> 9) + 1, second = 0x9E3779B9u;
    for (int index = 0; index < bytes - CSQLITECHECKSUMS_BYTES; index += 4) {
        uint32_t word;
        memcpy(&word, page + index, 4);
        first += word + second;
        second += (first << 7 | first >> 25);
    }
    memcpy(sums, &first, 4);
    memcpy(sums + 4, &second, 4);
}

static int checked_read(sqlite3_file *file, void *buffer, int bytes, sqlite3_int64 offset) {
    int code = real(file)->pMethods->xRead(real(file), buffer, bytes, offset);
    if (code != SQLITE_OK) return code;
    const unsigned char *page = buffer;
    // Byte 20 of the file says how much each page leaves free.
    if (offset == 0 && bytes >= 100 && page[20] != CSQLITECHECKSUMS_BYTES) return SQLITE_IOERR_DATA;
    if (!is_page(bytes, offset)) return SQLITE_OK;
    unsigned char sums[CSQLITECHECKSUMS_BYTES];
    checksum(page, bytes, offset, sums);
    return memcmp(sums, page + bytes - CSQLITECHECKSUMS_BYTES, sizeof sums) == 0 ? SQLITE_OK : SQLITE_IOERR_DATA;
}

static int checked_write(sqlite3_file *file, const void *buffer, int bytes, sqlite3_int64 offset) {
    if (!is_page(bytes, offset) || bytes > 65536) {
        return real(file)->pMethods->xWrite(real(file), buffer, bytes, offset);
    }
    unsigned char page[65536];
    memcpy(page, buffer, bytes);
    checksum(page, bytes, offset, page + bytes - CSQLITECHECKSUMS_BYTES);
    return real(file)->pMethods->xWrite(real(file), page, bytes, offset);
}

// Everything else is as it was.
static int checked_close(sqlite3_file *f) { return real(f)->pMethods->xClose(real(f)); }
static int checked_truncate(sqlite3_file *f, sqlite3_int64 n) { return real(f)->pMethods->xTruncate(real(f), n); }
static int checked_sync(sqlite3_file *f, int flags) { return real(f)->pMethods->xSync(real(f), flags); }
static int checked_size(sqlite3_file *f, sqlite3_int64 *n) { return real(f)->pMethods->xFileSize(real(f), n); }
static int checked_lock(sqlite3_file *f, int level) { return real(f)->pMethods->xLock(real(f), level); }
static int checked_unlock(sqlite3_file *f, int level) { return real(f)->pMethods->xUnlock(real(f), level); }
static int checked_reserved(sqlite3_file *f, int *out) { return real(f)->pMethods->xCheckReservedLock(real(f), out); }
static int checked_control(sqlite3_file *f, int op, void *arg) {
    return real(f)->pMethods->xFileControl(real(f), op, arg);
}
static int checked_sector(sqlite3_file *f) { return real(f)->pMethods->xSectorSize(real(f)); }
static int checked_traits(sqlite3_file *f) { return real(f)->pMethods->xDeviceCharacteristics(real(f)); }
static int checked_shm_map(sqlite3_file *f, int page, int bytes, int extend, void volatile **out) {
    return real(f)->pMethods->xShmMap(real(f), page, bytes, extend, out);
}
static int checked_shm_lock(sqlite3_file *f, int offset, int n, int flags) {
    return real(f)->pMethods->xShmLock(real(f), offset, n, flags);
}
static void checked_shm_barrier(sqlite3_file *f) { real(f)->pMethods->xShmBarrier(real(f)); }
static int checked_shm_unmap(sqlite3_file *f, int remove) { return real(f)->pMethods->xShmUnmap(real(f), remove); }

// Version 2: a file that can't be mapped, for a mapped page is not read.
static const sqlite3_io_methods checked_methods = {
    2, checked_close, checked_read, checked_write, checked_truncate, checked_sync, checked_size, checked_lock,
    checked_unlock, checked_reserved, checked_control, checked_sector, checked_traits, checked_shm_map,
    checked_shm_lock, checked_shm_barrier, checked_shm_unmap,
};

static int checked_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out) {
    // The unnamed ones are SQLite's own temporary files.
    if (!(flags & SQLITE_OPEN_MAIN_DB) || name == NULL) return real_vfs->xOpen(real_vfs, name, file, flags, out);
    memset(file, 0, sizeof(checked_file));
    int code = real_vfs->xOpen(real_vfs, name, real(file), flags, out);
    // SQLite closes what has methods, opened or not.
    if (real(file)->pMethods != NULL) file->pMethods = &checked_methods;
    return code;
}

static void register_once(void) {
    // To count what is allocated takes one lock for all threads, at each allocation. Refused, without harm, once SQLite is in use.
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    if (sqlite3_initialize() != SQLITE_OK) return;
    real_vfs = sqlite3_vfs_find(NULL);
    if (real_vfs == NULL) return;
    checked_vfs = *real_vfs;
    checked_vfs.zName = "checksums";
    checked_vfs.szOsFile = (int)sizeof(checked_file) + real_vfs->szOsFile;
    checked_vfs.pNext = NULL;
    checked_vfs.xOpen = checked_open;
}

int csqlitechecksums_register(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, register_once);
    return real_vfs == NULL ? SQLITE_ERROR : sqlite3_vfs_register(&checked_vfs, 1);
}

int csqlitechecksums_prepare(struct sqlite3 *database) {
    int bytes = CSQLITECHECKSUMS_BYTES;
    return sqlite3_file_control(database, "main", SQLITE_FCNTL_RESERVE_BYTES, &bytes);
}
