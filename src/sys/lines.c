/* Reading a file line by line (sys/lines.h).
 *
 * 1. at[start .. end) is what was read and not yet given out; it never grows beyond a line's limit
 *    and what one read brings.
 *
 * Owns the open file and its memory. One thread at a time. */
#include "sys/lines.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { READ_BYTES = 256 * 1024 };

struct lines {
    char *at;
    size_t size, start, end;
    size_t line_bytes_max;
    uint64_t number;
    int fd;
    bool ended;
    char path[200]; /* for faults */
};

struct status lines_open(const char *path, size_t line_bytes_max, struct fault *fault,
                         struct lines **ret_lines)
{
    struct lines *lines = calloc(1, sizeof *lines);
    if (!lines)
        return fault_raise(fault, STATUS_MEMORY, "no memory to read %s", path);
    bool is_input = strcmp(path, "-") == 0;
    lines->size = line_bytes_max + READ_BYTES;
    lines->line_bytes_max = line_bytes_max;
    lines->at = malloc(lines->size);
    lines->fd = is_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    struct status status = STATUS_DONE;
    if (lines->fd < 0)
        status = fault_raise_errno(fault, errno, "cannot open %s", path);
    else if (!lines->at)
        status = fault_raise(fault, STATUS_MEMORY, "no memory to read %s", path);
    if (!status_ok(status)) {
        lines_close(lines);
        return status;
    }
    struct slice shown = is_input ? SLICE("standard input") : slice_text(path);
    size_t len = shown.len < sizeof lines->path ? shown.len : sizeof lines->path - 1;
    memcpy(lines->path, shown.at, len);
    *ret_lines = lines;
    return STATUS_DONE;
}

void lines_close(struct lines *lines)
{
    if (!lines)
        return;
    if (lines->fd > STDIN_FILENO)
        (void)close(lines->fd);
    free(lines->at);
    free(lines);
}

uint64_t lines_number(const struct lines *lines)
{
    return lines->number;
}

static struct status read_more(struct lines *lines, struct fault *fault)
{
    memmove(lines->at, lines->at + lines->start, lines->end - lines->start);
    lines->end -= lines->start;
    lines->start = 0;
    ssize_t got;
    do {
        got = read(lines->fd, lines->at + lines->end, READ_BYTES);
    } while (got < 0 && errno == EINTR);
    if (got < 0)
        return fault_raise_errno(fault, errno, "cannot read %s", lines->path);
    lines->end += (size_t)got;
    lines->ended = got == 0;
    return STATUS_DONE;
}

/* The whole line that is at hand, if there is one. */
static bool take_line(struct lines *lines, struct slice *ret_line)
{
    struct slice rest = slice_of(lines->at + lines->start, lines->end - lines->start);
    size_t len = slice_find(rest, '\n');
    bool is_last = lines->ended && rest.len > 0;
    if (len == rest.len && !is_last)
        return false;
    *ret_line = slice_of(rest.at, len);
    lines->start += len == rest.len ? len : len + 1;
    lines->number++;
    return true;
}

struct status lines_next(struct lines *lines, struct fault *fault, bool *ret_more,
                         struct slice *ret_line)
{
    struct slice line = SLICE_NONE;
    bool more = take_line(lines, &line);
    while (!more && !lines->ended && lines->end - lines->start <= lines->line_bytes_max) {
        TRY(read_more(lines, fault));
        more = take_line(lines, &line);
    }
    if ((!more && !lines->ended) || line.len > lines->line_bytes_max)
        return fault_raise(fault, STATUS_INVALID, "%s: a line is longer than %zu bytes",
                           lines->path, lines->line_bytes_max);
    if (more)
        *ret_line = line;
    *ret_more = more;
    return STATUS_DONE;
}
