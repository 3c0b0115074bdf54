/* Asking for huge pages (mmap(2); madvise(2), MADV_HUGEPAGE). A kernel that has none gives ordinary
 * ones, which is no fault.
 *
 * Owns nothing: the memory is the caller's. Any thread. */
#include "base/huge.h"

#include "base/check.h"

#include <stdint.h>
#include <sys/mman.h>

static void unmap(char *from, const char *to)
{
    if (from != to)
        CHECK(munmap(from, (size_t)(to - from)) == 0);
}

void *huge_alloc(size_t size)
{
    CHECK(size > 0 && size % HUGE_PAGE_BYTES == 0 && size < SIZE_MAX - HUGE_PAGE_BYTES);
    char *start = mmap(NULL, size + HUGE_PAGE_BYTES, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (start == MAP_FAILED)
        return NULL;
    size_t beyond = (uintptr_t)start % HUGE_PAGE_BYTES;
    char *memory = start + (beyond ? HUGE_PAGE_BYTES - beyond : 0);
    unmap(start, memory);
    unmap(memory + size, start + size + HUGE_PAGE_BYTES);
    (void)madvise(memory, size, MADV_HUGEPAGE);
    return memory;
}

void huge_free(void *memory, size_t size)
{
    if (memory)
        CHECK(munmap(memory, size) == 0);
}
