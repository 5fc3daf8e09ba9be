/* A disk that is slow or fails to sync, for one folder of one process: LD_PRELOAD this, and name the folder in CHAOS_FOLDER
   and a file in CHAOS_ORDER that holds "eio", or "slow" and milliseconds. Nothing in it: the disk is well. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int concerned(int descriptor) {
    const char *folder = getenv("CHAOS_FOLDER");
    char link[64], path[4096];
    if (!folder) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return strncmp(path, folder, strlen(folder)) == 0;
}

/* Carries out the order: 1 where the call must fail. */
static int ordered(int descriptor) {
    const char *order = getenv("CHAOS_ORDER");
    char text[32] = "";
    if (!order || !concerned(descriptor)) return 0;
    int file = open(order, O_RDONLY | O_CLOEXEC);
    if (file < 0) return 0;
    ssize_t length = read(file, text, sizeof text - 1);
    close(file);
    text[length > 0 ? length : 0] = 0;
    if (strncmp(text, "slow", 4) == 0) {
        long milliseconds = strtol(text + 4, NULL, 10);
        struct timespec span = {milliseconds / 1000, milliseconds % 1000 * 1000000L};
        nanosleep(&span, NULL);
    }
    return strncmp(text, "eio", 3) == 0;
}

#define SYNC(name)                                                          \
    int name(int descriptor) {                                              \
        static int (*real)(int);                                            \
        if (!real) real = (int (*)(int))dlsym(RTLD_NEXT, #name);            \
        if (ordered(descriptor)) { errno = EIO; return -1; }                \
        return real(descriptor);                                            \
    }

SYNC(fsync)
SYNC(fdatasync)
