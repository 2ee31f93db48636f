#pragma once

/// From now on a fault in reading an LMDB file through its mapping ends the process with `exit_code` and says on standard
/// error which page of which file it was, in place of a signal that says nothing of use.
///
/// LMDB has no checksums of its pages: a damaged one leads it beyond the file's end (SIGBUS), or to nowhere (SIGSEGV within
/// liblmdb). Every other fault goes where it went before.
void lmdb_explain_faults(int exit_code);
