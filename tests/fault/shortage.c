/* Shortage: preloaded into a bursar under test (LD_PRELOAD), it lets the n-th allocation fail, or
 * all from the n-th on. Tests only; nothing of it is known to the program.
 *
 * The file named by the environment's SHORTAGE is four numbers of 64 bits in this machine's byte
 * order, shared with the test, which arms and disarms while the program runs:
 *     at       allocations from the arming on, the one that fails; 0 = none is counted
 *     ever     1: those after it fail too
 *     count    how many there were
 *     failed   how many of them failed
 * Allocations are those through malloc and its kin, whoever makes them, and pages asked for with
 * mmap. What the loader and the C library allocate for themselves passes by.
 *
 * A crash inside libcrypto ends the process with status 98: its first use does not bear a failed
 * allocation everywhere (OpenSSL 3.0), and that is not ours to mend.
 *
 * Any thread. */
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *at, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

struct control {
    _Atomic uint64_t at;
    _Atomic uint64_t ever;
    _Atomic uint64_t count;
    _Atomic uint64_t failed;
};

enum { EXIT_LIBCRYPTO = 98, FRAMES_MAX = 16 };

static struct control *control;

/* Whose code it was: the innermost that is neither ours nor the C library's. */
static void on_crash(int number)
{
    void *frames[FRAMES_MAX];
    int count = backtrace(frames, FRAMES_MAX);
    for (int i = 0; i < count; i++) {
        Dl_info info;
        if (dladdr(frames[i], &info) == 0 || !info.dli_fname || strstr(info.dli_fname, "libc.so") ||
            strstr(info.dli_fname, "shortage.so"))
            continue;
        if (strstr(info.dli_fname, "libcrypto"))
            _exit(EXIT_LIBCRYPTO);
        break;
    }
    (void)signal(number, SIG_DFL);
    (void)raise(number);
}

__attribute__((constructor)) static void at_load(void)
{
    const char *path = getenv("SHORTAGE");
    int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    if (fd < 0)
        return;
    long at = syscall(SYS_mmap, NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0L);
    if (at != -1)
        control = (struct control *)at;
    (void)close(fd);
    void *frame[1];
    (void)backtrace(frame, 1); /* loads what it needs */
    struct sigaction action = {.sa_handler = on_crash, .sa_flags = SA_NODEFER};
    (void)sigaction(SIGSEGV, &action, NULL);
}

static bool fails(void)
{
    uint64_t at = control ? control->at : 0;
    if (at == 0)
        return false;
    uint64_t number = ++control->count;
    if (number != at && !(number > at && control->ever))
        return false;
    control->failed++;
    errno = ENOMEM;
    return true;
}

EXPORT void *malloc(size_t size)
{
    return fails() ? NULL : __libc_malloc(size);
}

EXPORT void *calloc(size_t count, size_t size)
{
    return fails() ? NULL : __libc_calloc(count, size);
}

EXPORT void *realloc(void *at, size_t size)
{
    return fails() ? NULL : __libc_realloc(at, size);
}

EXPORT void *aligned_alloc(size_t alignment, size_t size)
{
    return fails() ? NULL : __libc_memalign(alignment, size);
}

EXPORT int posix_memalign(void **ret_at, size_t alignment, size_t size)
{
    void *at = fails() ? NULL : __libc_memalign(alignment, size);
    if (!at)
        return ENOMEM;
    *ret_at = at;
    return 0;
}

EXPORT void *mmap(void *where, size_t size, int protection, int flags, int fd, off_t offset)
{
    if ((flags & MAP_ANONYMOUS) && fails())
        return MAP_FAILED;
    return (void *)syscall(SYS_mmap, where, size, protection, flags, fd, offset);
}
