// How the program's allocator, jemalloc, is set: by what it finds in the program when it is loaded, see `man jemalloc`.
#ifndef CALLOCATOR_H
#define CALLOCATOR_H

// What is larger than eight megabytes is kept for the next who asks, as all else is: by itself jemalloc gives it back to the
// system at once, and the arrays of a rebuild would be mapped and cleared anew for each part of the log.
extern const char *malloc_conf;

#endif
