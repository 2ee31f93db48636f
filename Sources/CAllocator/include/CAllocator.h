// How the program's allocator, jemalloc, is set: by what it finds in the program when it is loaded, see `man jemalloc`.
#ifndef CALLOCATOR_H
#define CALLOCATOR_H

// What is freed is kept for the next who asks, and given back by a thread of the allocator's own after ten seconds. Without these two
// settings jemalloc gives back at once what is larger than eight megabytes, and everything of an arena whose last thread ends: the
// arrays of a rebuild, whose helpers end with each part of the log, would be mapped and cleared anew each time.
extern const char *malloc_conf;

#endif
