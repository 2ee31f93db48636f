// Checksums of the pages of SQLite databases.
//
// SQLite itself checks no page of its main file: a flipped byte in a row is a wrong answer. With this, the last eight
// bytes of each page are a checksum of the others. They are written with the page and compared at each read; a page that
// does not match is SQLITE_IOERR_DATA. The write-ahead log has checksums of its own.
#ifndef CSQLITECHECKSUMS_H
#define CSQLITECHECKSUMS_H

struct sqlite3;

// What every page of such a database leaves free at its end.
#define CSQLITECHECKSUMS_BYTES 8

// Makes every database that this process opens from now on one with checksums. One that was made without is refused
// with SQLITE_IOERR_DATA. SQLite counts no memory then, if this comes first. Any number of times, from any thread. Returns a code of SQLite.
int csqlitechecksums_register(void);

// To be called for each connection before it does anything else: an empty database is then laid out for checksums.
int csqlitechecksums_prepare(struct sqlite3 *database);

#endif
