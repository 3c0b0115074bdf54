/* The process's own figures, from /proc and getrusage. Owns nothing. Any thread. */
#include "sys/process.h"

#include "base/metric.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define FIGURES(ROW)                                                                               \
    ROW(cpu_us, COUNTER_US, "process_cpu_seconds_total", "User and system CPU time spent.")        \
    ROW(resident_bytes, GAUGE, "process_resident_memory_bytes", "Resident memory.")                \
    ROW(virtual_bytes, GAUGE, "process_virtual_memory_bytes", "Virtual memory.")                   \
    ROW(open_fds, GAUGE, "process_open_fds", "Open file descriptors.")                             \
    ROW(max_fds, GAUGE, "process_max_fds", "Most file descriptors allowed.")                       \
    ROW(threads, GAUGE, "process_threads", "Threads.")                                             \
    ROW(start_seconds, GAUGE, "process_start_time_seconds", "Start of the process, Unix time.")

struct figures {
    FIGURES(METRIC_MEMBER)
};
static const struct metric metrics[] = {FIGURES(METRIC_ROW)};

/* Fields of /proc/self/stat, counted as in proc(5). */
enum {
    STAT_THREADS = 20,
    STAT_START_TICKS = 22,
    STAT_VIRTUAL_BYTES = 23,
    STAT_RESIDENT_PAGES = 24
};

static struct slice read_stat(char *memory, size_t size)
{
    int fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return SLICE_NONE;
    ssize_t len = read(fd, memory, size);
    (void)close(fd);
    return slice_of(memory, len > 0 ? (size_t)len : 0);
}

/* The second field, the name in brackets, may hold blanks: counting begins behind the last one. */
static uint64_t stat_field(struct slice stat, int number)
{
    size_t at = stat.len;
    while (at > 0 && stat.at[at - 1] != ')')
        at--;
    struct slice rest = slice_of(stat.at + at, stat.len - at), word = SLICE_NONE;
    rest = slice_trim(rest);
    for (int field = 3; field <= number; field++)
        word = slice_cut(rest, ' ', &rest);
    uint64_t value = 0;
    return slice_to_u64(word, &value) ? value : 0;
}

static uint64_t count_fds(void)
{
    DIR *folder = opendir("/proc/self/fd");
    uint64_t count = 0;
    if (!folder)
        return 0;
    for (const struct dirent *entry = readdir(folder); entry; entry = readdir(folder))
        count += entry->d_name[0] != '.';
    (void)closedir(folder);
    return count - 1; /* the folder itself */
}

static uint64_t start_seconds(uint64_t start_ticks)
{
    struct timespec now, since_boot;
    long ticks = sysconf(_SC_CLK_TCK);
    if (ticks <= 0 || clock_gettime(CLOCK_REALTIME, &now) < 0 ||
        clock_gettime(CLOCK_BOOTTIME, &since_boot) < 0)
        return 0;
    int64_t seconds = now.tv_sec - since_boot.tv_sec + (int64_t)(start_ticks / (uint64_t)ticks);
    return seconds > 0 ? (uint64_t)seconds : 0;
}

void process_metrics(void *unused, struct buffer *out)
{
    (void)unused;
    char memory[1024];
    struct slice stat = read_stat(memory, sizeof memory);
    struct rusage usage = {0};
    struct rlimit files = {0};
    (void)getrusage(RUSAGE_SELF, &usage);
    (void)getrlimit(RLIMIT_NOFILE, &files);
    struct figures figures = {
        .cpu_us = (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 +
                  (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec),
        .resident_bytes = stat_field(stat, STAT_RESIDENT_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE),
        .virtual_bytes = stat_field(stat, STAT_VIRTUAL_BYTES),
        .open_fds = count_fds(),
        .max_fds = files.rlim_cur,
        .start_seconds = start_seconds(stat_field(stat, STAT_START_TICKS)),
        .threads = stat_field(stat, STAT_THREADS),
    };
    metrics_write(out, metrics, sizeof metrics / sizeof *metrics, &figures);
}
