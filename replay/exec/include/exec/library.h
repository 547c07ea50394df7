/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shared libraries that bring an allocator, for programs that load one:
 * target `malloc` and the benchmarks' peers.
 */
#ifndef EXEC_LIBRARY_H
#define EXEC_LIBRARY_H

/**
 * kmc_library_prepare() - See that a library can be loaded, before anything else is done.
 * @path: as dlopen() takes it; NULL: nothing is done.
 * @argv: of main().
 *
 * A library whose thread variables were compiled for start-up (jemalloc's) needs room that the
 * loader keeps only when told so before the process starts. Where that is what is missing the
 * program starts again, once, with the loader told. A library that was loaded stays for good, so
 * that opening a target with it again and again does not set it up anew. Why one cannot be loaded
 * is for its user to say.
 * Context: main(), before threads, output and children.
 */
void kmc_library_prepare(const char *path, char **argv);

#endif
