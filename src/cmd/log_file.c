/* The access log. Owns its file descriptor, which keeps its number for life: reopening puts another
 * file under it (dup2), so that writers need no lock. A line is one append, never torn between
 * threads. */
#include "cmd/log_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

static bool is_standard_output(const char *path)
{
    return strcmp(path, "-") == 0;
}

static struct status open_file(const char *path, struct fault *fault, int *ret_fd)
{
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
    if (fd < 0)
        return fault_raise_errno(fault, errno, "cannot open the access log %s", path);
    *ret_fd = fd;
    return STATUS_DONE;
}

struct status log_file_open(const char *path, struct fault *fault, struct log_file *ret_log)
{
    int fd = STDOUT_FILENO;
    if (!is_standard_output(path))
        TRY(open_file(path, fault, &fd));
    ret_log->path = path;
    ret_log->fd = fd;
    atomic_init(&ret_log->failing, false);
    return STATUS_DONE;
}

void log_file_append(void *context, struct slice line)
{
    struct log_file *log = context;
    char feed = '\n';
    struct iovec parts[] = {{NULL, line.len}, {&feed, 1}};
    ssize_t written;
    /* writev only reads, but its type does not say so. */
    memcpy(&parts[0].iov_base, &line.at, sizeof(line.at));
    do
        written = writev(log->fd, parts, 2);
    while (written < 0 && errno == EINTR);
    bool failed = written != (ssize_t)line.len + 1;
    /* A full disk must not silence the log unnoticed, nor fill stderr with one line a request. */
    if (atomic_exchange(&log->failing, failed) == failed)
        return;
    if (failed)
        fprintf(stderr,
                "bursar: the access log %s cannot be written: %s; requests are answered "
                "all the same\n",
                log->path, written < 0 ? strerror(errno) : "no space left for a whole line");
    else
        fprintf(stderr, "bursar: the access log %s is written again\n", log->path);
}

struct status log_file_reopen(struct log_file *log, struct fault *fault)
{
    if (is_standard_output(log->path))
        return STATUS_DONE;
    int fd = -1;
    TRY(open_file(log->path, fault, &fd));
    struct status status = STATUS_DONE;
    if (dup3(fd, log->fd, O_CLOEXEC) < 0)
        status = fault_raise_errno(fault, errno, "cannot reopen the access log %s", log->path);
    close(fd);
    return status;
}

void log_file_close(struct log_file *log)
{
    if (!is_standard_output(log->path))
        close(log->fd);
}
