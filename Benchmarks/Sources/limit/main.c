// What LMDB alone can do on this machine: the limit that Daybook's figures stand beside.
//
//   limit append DIRECTORY RECORD_BYTES BATCH COUNT    appends COUNT records, a durable transaction each BATCH
//   limit scan   DIRECTORY                             reads every record that append wrote, in order
//   limit version                                      which LMDB this is
//
// DIRECTORY exists; append needs it empty. One JSON object on standard output. Default flags: every commit is fsynced.

#include <lmdb.h>
#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAP_BYTES ((size_t)256 << 30)

static void check(int code, const char *what) {
    if (code == MDB_SUCCESS) return;
    fprintf(stderr, "limit: %s failed: %s\n", what, mdb_strerror(code));
    exit(3);
}

static double now(void) {
    struct timespec clock;
    clock_gettime(CLOCK_MONOTONIC, &clock);
    return (double)clock.tv_sec + (double)clock.tv_nsec / 1e9;
}

static uint64_t number(const char *text, const char *what, uint64_t least, uint64_t most) {
    char *end;
    uint64_t value = strtoull(text, &end, 10);
    if (*text == 0 || *end != 0 || value < least || value > most) {
        fprintf(stderr, "limit: %s is a number from %" PRIu64 " to %" PRIu64 "; not \"%s\".\n", what, least, most, text);
        exit(2);
    }
    return value;
}

static MDB_env *opened(const char *directory, unsigned flags) {
    MDB_env *environment;
    check(mdb_env_create(&environment), "mdb_env_create");
    check(mdb_env_set_mapsize(environment, MAP_BYTES), "mdb_env_set_mapsize");
    check(mdb_env_open(environment, directory, flags, 0600), directory);
    return environment;
}

// Bytes that no disk or file system can make smaller: xorshift64.
static void fill(unsigned char *bytes, size_t count) {
    uint64_t state = 20261122;
    for (size_t index = 0; index < count; index++) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes[index] = (unsigned char)state;
    }
}

// Appends the records behind `first` up to `last` in one durable transaction.
static void append_batch(MDB_env *environment, MDB_dbi records, uint64_t first, uint64_t last, MDB_val value) {
    MDB_txn *transaction;
    MDB_cursor *cursor;
    check(mdb_txn_begin(environment, NULL, 0, &transaction), "mdb_txn_begin");
    check(mdb_cursor_open(transaction, records, &cursor), "mdb_cursor_open");
    for (uint64_t position = first; position < last; position++) {
        uint64_t name = position + 1;
        MDB_val key = {sizeof name, &name};
        memcpy(value.mv_data, &name, sizeof name);
        check(mdb_cursor_put(cursor, &key, &value, MDB_APPEND), "mdb_cursor_put");
    }
    mdb_cursor_close(cursor);
    check(mdb_txn_commit(transaction), "mdb_txn_commit");
}

static void append(const char *directory, size_t record_bytes, uint64_t batch, uint64_t count) {
    MDB_env *environment = opened(directory, 0);
    MDB_txn *transaction;
    MDB_dbi records;
    check(mdb_txn_begin(environment, NULL, 0, &transaction), "mdb_txn_begin");
    check(mdb_dbi_open(transaction, NULL, MDB_INTEGERKEY, &records), "mdb_dbi_open");
    check(mdb_txn_commit(transaction), "mdb_txn_commit");

    unsigned char *bytes = malloc(record_bytes);
    if (bytes == NULL) check(ENOMEM, "malloc");
    fill(bytes, record_bytes);
    uint64_t commits = 0;
    double start = now();
    for (uint64_t position = 0; position < count; position += batch, commits++) {
        uint64_t last = count - position < batch ? count : position + batch;
        append_batch(environment, records, position, last, (MDB_val){record_bytes, bytes});
    }
    double seconds = now() - start;
    free(bytes);
    mdb_env_close(environment);
    printf("{\"records\":%" PRIu64 ",\"batch\":%" PRIu64 ",\"recordBytes\":%zu,\"seconds\":%.6f,\"perSecond\":%.1f,"
           "\"commitsPerSecond\":%.1f}\n",
        count, batch, record_bytes, seconds, (double)count / seconds, (double)commits / seconds);
}

static void scan(const char *directory) {
    MDB_env *environment = opened(directory, MDB_RDONLY);
    MDB_txn *transaction;
    MDB_dbi records;
    MDB_cursor *cursor;
    MDB_val key, value;
    check(mdb_txn_begin(environment, NULL, MDB_RDONLY, &transaction), "mdb_txn_begin");
    check(mdb_dbi_open(transaction, NULL, MDB_INTEGERKEY, &records), "mdb_dbi_open");
    check(mdb_cursor_open(transaction, records, &cursor), "mdb_cursor_open");
    uint64_t count = 0, bytes = 0, sum = 0;
    double start = now();
    int code;
    while ((code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) == MDB_SUCCESS) {
        uint64_t first;
        memcpy(&first, value.mv_data, sizeof first);
        sum += first;  // Each record is looked at, else its page is never read.
        bytes += value.mv_size;
        count++;
    }
    if (code != MDB_NOTFOUND) check(code, "mdb_cursor_get");
    double seconds = now() - start;
    mdb_cursor_close(cursor);
    mdb_txn_abort(transaction);
    mdb_env_close(environment);
    if (sum != count * (count + 1) / 2) {
        fprintf(stderr, "limit: the records in %s are not those that append wrote.\n", directory);
        exit(1);
    }
    printf("{\"records\":%" PRIu64 ",\"bytes\":%" PRIu64 ",\"seconds\":%.6f,\"perSecond\":%.1f}\n",
        count, bytes, seconds, (double)count / seconds);
}

int main(int count, char **arguments) {
    if (count == 6 && strcmp(arguments[1], "append") == 0) {
        append(arguments[2], number(arguments[3], "RECORD_BYTES", 8, 65535), number(arguments[4], "BATCH", 1, 1000000),
            number(arguments[5], "COUNT", 1, UINT32_MAX));
    } else if (count == 3 && strcmp(arguments[1], "scan") == 0) {
        scan(arguments[2]);
    } else if (count == 2 && strcmp(arguments[1], "version") == 0) {
        printf("{\"lmdb\":\"%s\"}\n", mdb_version(NULL, NULL, NULL));
    } else {
        fprintf(stderr,
            "usage: limit append DIRECTORY RECORD_BYTES BATCH COUNT | limit scan DIRECTORY | limit version\n");
        return 2;
    }
    return 0;
}
