#include "CAllocator.h"

const char *malloc_conf = "oversize_threshold:0,background_thread:true";
