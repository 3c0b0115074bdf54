/* What one durable write costs on this disk: overwrites 4 KiB of a file and syncs it, COUNT times.
 *
 *     sync FILE COUNT
 *
 * Prints one JSON line: the median and the 99th percentile in microseconds. FILE is removed. */
#include "meter.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { BLOCK = 4096 };

int main(int argc, char **argv)
{
    static char block[BLOCK] = {1};
    if (argc != 3) {
        fprintf(stderr, "usage: sync FILE COUNT\n");
        return 2;
    }
    int fd = open(argv[1], O_RDWR | O_CREAT | O_TRUNC, 0600);
    long count = strtol(argv[2], NULL, 10);
    struct meter meter;
    meter_init(&meter);
    for (long i = 0; i < count; i++)
        if (pwrite(fd, block, BLOCK, i * BLOCK) != BLOCK)
            die(argv[1]);
    if (fsync(fd) != 0)
        die("fsync");
    for (long i = 0; i < count; i++) {
        int64_t start_us = steady_us();
        if (pwrite(fd, block, BLOCK, i * BLOCK) != BLOCK || fdatasync(fd) != 0)
            die(argv[1]);
        meter_note(&meter, steady_us() - start_us);
    }
    printf("{\"median_us\": %u, \"p99_us\": %u}\n", meter_percentile(&meter, 0.5),
           meter_percentile(&meter, 0.99));
    unlink(argv[1]);
    return 0;
}
