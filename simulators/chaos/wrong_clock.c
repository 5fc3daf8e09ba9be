/* A wall clock that is wrong, for one process: LD_PRELOAD this, and name in CHAOS_CLOCK a file that holds two numbers,
   by how many seconds it is off and how much it gains each second. The monotonic clock and every wait are left alone. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

typedef int (*clock_type)(clockid_t, struct timespec *);

static clock_type real_clock(void) {
    static clock_type real;
    if (!real) real = (clock_type)dlsym(RTLD_NEXT, "clock_gettime");
    return real;
}

static double wrong_by(void) {
    const char *name = getenv("CHAOS_CLOCK");
    char text[64] = "";
    double off = 0, gain = 0;
    struct timespec up;
    int file = name ? open(name, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0) return 0;
    ssize_t length = read(file, text, sizeof text - 1);
    close(file);
    text[length > 0 ? length : 0] = 0;
    if (sscanf(text, "%lf %lf", &off, &gain) < 1) return 0;
    real_clock()(CLOCK_MONOTONIC, &up);
    return off + gain * (up.tv_sec + up.tv_nsec / 1e9);
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    int result = real_clock()(clock, now);
    if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
        long long wrong = (long long)(wrong_by() * 1e9) + now->tv_nsec;
        long long seconds = wrong / 1000000000LL, rest = wrong % 1000000000LL;
        if (rest < 0) { rest += 1000000000LL; seconds--; }
        now->tv_sec += seconds;
        now->tv_nsec = rest;
    }
    return result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    struct timespec precise;
    (void)zone;
    if (clock_gettime(CLOCK_REALTIME, &precise)) return -1;
    now->tv_sec = precise.tv_sec;
    now->tv_usec = precise.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *now) {
    struct timespec precise;
    clock_gettime(CLOCK_REALTIME, &precise);
    if (now) *now = precise.tv_sec;
    return precise.tv_sec;
}
