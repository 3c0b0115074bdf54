/* The file `unfinished` (unfinished.h). Owns nothing. Any thread; the folder's lock is the
 * caller's. */
#include "store/unfinished.h"

#include "store/parts.h"
#include "sys/file.h"

#include <stdio.h>

enum { TEXT_MAX = 64 };

struct status unfinished_begin(const char *folder, const char *maker, struct fault *fault)
{
    char path[PATH_MAX];
    char text[TEXT_MAX];
    int len = snprintf(text, sizeof text, "%s\n", maker);
    CHECK(len > 0 && len < TEXT_MAX);
    TRY(parts_path(folder, "unfinished", fault, path));
    return file_replace(path, slice_of(text, (size_t)len), 0600, fault);
}

struct status unfinished_end(const char *folder, struct fault *fault)
{
    char path[PATH_MAX];
    TRY(parts_path(folder, "unfinished", fault, path));
    return file_remove_durably(path, fault);
}

bool unfinished_is(const char *folder)
{
    char path[PATH_MAX];
    return status_ok(parts_path(folder, "unfinished", NULL, path)) && file_is_named(path);
}

/* Whoever wrote it: a word of small letters, or none. */
static struct slice maker_of(struct slice text)
{
    struct slice word = slice_trim_lines(text);
    for (size_t i = 0; i < word.len; i++)
        if (word.at[i] < 'a' || word.at[i] > 'z')
            return SLICE("command");
    return word.len > 0 ? word : SLICE("command");
}

struct status unfinished_refuse(const char *folder, struct fault *fault)
{
    char path[PATH_MAX];
    char memory[TEXT_MAX];
    struct buffer text;
    if (!unfinished_is(folder))
        return STATUS_DONE;
    buffer_init_fixed(&text, memory, sizeof memory);
    TRY(parts_path(folder, "unfinished", fault, path));
    struct status status = file_read_own(path, &text, NULL);
    struct slice maker = maker_of(status_ok(status) ? buffer_slice(&text) : SLICE_NONE);
    return fault_raise(fault, STATUS_CORRUPT,
                       "%s was never finished: `bursar %.*s` runs on it or was interrupted (there "
                       "is %s). What is there is a part; let it end, or do it again",
                       folder, SLICE_ARGS(maker), path);
}
