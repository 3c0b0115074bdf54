/* Memory for what is large and read at random: on huge pages where the kernel has them, since every
 * ordinary page that is touched costs a walk through the page tables. */
#ifndef BASE_HUGE_H
#define BASE_HUGE_H

#include <stddef.h>

enum { HUGE_PAGE_BYTES = 2 * 1024 * 1024 };

/* `size` zeroed bytes, a multiple of HUGE_PAGE_BYTES, starting at a huge page. What is never
 * touched takes no memory, but for the rest of its huge page. NULL: memory is short. Any thread. */
void *huge_alloc(size_t size);
/* Gives all of it back; NULL is fine. */
void huge_free(void *memory, size_t size);

#endif
