/* What a room counts, as its metrics show it. Every failure ends the test. */
#ifndef COUNTED_H
#define COUNTED_H

#include "base/metric.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* The value of the line that begins with `name` and a blank; seconds: in microseconds. */
static inline uint64_t counted(struct slice text, const char *name)
{
    while (text.len > 0) {
        struct slice value, line = slice_cut(text, '\n', &text);
        uint64_t number = 0;
        if (!slice_equal(slice_cut(line, ' ', &value), slice_text(name)))
            continue;
        for (size_t i = 0; i < value.len; i++)
            if (value.at[i] != '.')
                number = 10 * number + (uint64_t)(value.at[i] - '0');
        return number;
    }
    fail_msg("no metric is called %s", name);
    return 0;
}

/* All that a source writes; to be freed with buffer_done. */
static inline struct buffer counted_text(void (*write)(void *context, struct buffer *out),
                                         void *context)
{
    struct buffer text;
    buffer_init(&text, 1 << 20);
    write(context, &text);
    assert_true(buffer_ok(&text));
    return text;
}

#endif
