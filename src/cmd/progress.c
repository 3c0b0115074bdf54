/* The progress bar (cmd/progress.h). Owns nothing. Main thread. */
#include "cmd/progress.h"

#include "sys/sys.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { BAR_COLUMNS = 30, DRAW_EVERY_US = 100000 };

void progress_start(struct progress *progress, const char *label, uint64_t all)
{
    int64_t now_us = sys_steady_us(sys_real());
    *progress = (struct progress){
        .label = label,
        .all = all,
        .started_us = now_us,
        .drawn_us = now_us,
        .on_terminal = isatty(STDERR_FILENO) == 1,
    };
}

static void draw_bar(const struct progress *progress, uint64_t done, uint64_t seconds)
{
    char bar[BAR_COLUMNS + 1];
    uint64_t done_kept = done < progress->all ? done : progress->all;
    memset(bar, '.', BAR_COLUMNS);
    memset(bar, '#', (size_t)(done_kept * BAR_COLUMNS / progress->all));
    bar[BAR_COLUMNS] = '\0';
    fprintf(stderr, "\r%s [%s] %" PRIu64 " of %" PRIu64 ", %" PRIu64 " s\033[K", progress->label,
            bar, done, progress->all, seconds);
}

void progress_update(struct progress *progress, uint64_t done)
{
    if (!progress->on_terminal)
        return;
    int64_t now_us = sys_steady_us(sys_real());
    if (now_us - progress->drawn_us < DRAW_EVERY_US)
        return;
    uint64_t seconds = (uint64_t)(now_us - progress->started_us) / 1000000;
    if (progress->all > 0)
        draw_bar(progress, done, seconds);
    else
        fprintf(stderr, "\r%s %" PRIu64 ", %" PRIu64 " s\033[K", progress->label, done, seconds);
    fflush(stderr);
    progress->drawn_us = now_us;
    progress->drawn = true;
}

void progress_stage(void *context, const char *label, uint64_t done, uint64_t all)
{
    struct progress *progress = context;
    if (strcmp(progress->label, label) != 0)
        progress->started_us = sys_steady_us(sys_real());
    progress->label = label;
    progress->all = all;
    progress_update(progress, done);
}

void progress_entries(void *context, uint64_t done, uint64_t all)
{
    struct progress *progress = context;
    progress_stage(progress, progress->label, done, all);
}

void progress_end(struct progress *progress)
{
    if (progress->drawn)
        fputs("\r\033[K", stderr);
    progress->drawn = false;
}
