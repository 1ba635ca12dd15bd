/* Loaded before the C library by bench/src/slow_disk.rs: syncs, then waits. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

typedef int (*sync_call)(int);

static void wait_for_the_disk(void) {
    const char *text = getenv("BENCH_SYNC_DELAY_US");
    long micros = text ? atol(text) : 0;
    struct timespec delay = {micros / 1000000, micros % 1000000 * 1000};
    nanosleep(&delay, NULL);
}

int fsync(int file) {
    int done = ((sync_call)dlsym(RTLD_NEXT, "fsync"))(file);
    wait_for_the_disk();
    return done;
}

int fdatasync(int file) {
    int done = ((sync_call)dlsym(RTLD_NEXT, "fdatasync"))(file);
    wait_for_the_disk();
    return done;
}
