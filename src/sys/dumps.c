/* Core dumps (sys/dumps.h). Owns nothing between calls. Any thread.
 *
 * 1. The limit alone would not do: the kernel does not ask it when core_pattern is a pipe. */
#include "sys/dumps.h"

#include "base/check.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

struct status dumps_forbid(struct fault *fault)
{
    static const struct rlimit none = {0, 0};
    if (prctl(PR_SET_DUMPABLE, 0L, 0L, 0L, 0L) != 0 || setrlimit(RLIMIT_CORE, &none) != 0)
        return fault_raise_errno(fault, errno, "cannot forbid core dumps");
    return STATUS_DONE;
}

void *undumped_take(size_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return NULL;
    if (madvise(memory, size, MADV_DONTDUMP) == 0)
        return memory;
    undumped_free(memory, size);
    return NULL;
}

void undumped_free(void *memory, size_t size)
{
    if (memory)
        CHECK(munmap(memory, size) == 0);
}
