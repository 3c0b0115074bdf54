/* Form bodies and queries: what is decoded, encoded and decoded again is the same, pair by pair. */
#include "codec/form.h"

#include "base/check.h"
#include "fuzz.h"

enum { ARENA_BYTES = 1 << 16, TEXT_BYTES_MAX = 64 << 20 };

static bool is_pair(enum form_result result)
{
    return result == FORM_PAIR || result == FORM_NO_EQUALS || result == FORM_EMPTY_KEY;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice rest = fuzz_text(data, size);
    struct arena arena;
    struct buffer encoded;
    struct field pair;
    struct field again;
    enum form_result result;
    CHECK(arena_init(&arena, ARENA_BYTES, TEXT_BYTES_MAX));
    buffer_init(&encoded, TEXT_BYTES_MAX);
    while ((result = form_next(&rest, &arena, &pair)) != FORM_END) {
        CHECK(result != FORM_NO_MEMORY);
        if (!is_pair(result))
            continue;
        CHECK(result != FORM_NO_EQUALS || pair.value.len == 0);
        CHECK((result == FORM_EMPTY_KEY) == (pair.name.len == 0));
        buffer_clear(&encoded);
        form_encode(&encoded, pair.name);
        buffer_char(&encoded, '=');
        form_encode(&encoded, pair.value);
        struct slice text = buffer_slice(&encoded);
        enum form_result back = form_next(&text, &arena, &again);
        CHECK(back == (result == FORM_EMPTY_KEY ? FORM_EMPTY_KEY : FORM_PAIR));
        CHECK(slice_equal(pair.name, again.name) && slice_equal(pair.value, again.value));
        CHECK(form_next(&text, &arena, &again) == FORM_END);
    }
    buffer_done(&encoded);
    arena_done(&arena);
    return 0;
}
