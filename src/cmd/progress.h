/* A progress bar on standard error, drawn only when that is a terminal. */
#ifndef CMD_PROGRESS_H
#define CMD_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
    const char *label;
    uint64_t all; /* 0 = not known */
    int64_t started_us;
    int64_t drawn_us;
    bool on_terminal;
    bool drawn;
};

void progress_start(struct progress *progress, const char *label, uint64_t all);
/* Cheap: draws at most ten times a second. */
void progress_update(struct progress *progress, uint64_t done);
/* As progress_update, for work that calls back with a struct progress: in several stages (`label`
 * is the one that is running), or in the one that it was started with. */
void progress_stage(void *progress, const char *label, uint64_t done, uint64_t all);
void progress_entries(void *progress, uint64_t done, uint64_t all);
/* Takes the bar off the screen, so that what is printed next stands on an empty line. */
void progress_end(struct progress *progress);

#endif
