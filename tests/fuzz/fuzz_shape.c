/* Objects read and written by a table of every kind of member: what is read can be written, and
 * what was written is read and written the same; what is not as the table says is named. */
#include "codec/shape.h"

#include "base/check.h"
#include "fuzz.h"

enum { ARENA_BYTES = 1 << 12, ARENA_BYTES_MAX = 64 << 20, TEXT_BYTES_MAX = 64 << 20 };

struct row {
    struct slice name;
    struct amount amount;
};

struct whole {
    struct slice text;
    const char *word, *digits;
    struct uin uin, number;
    int64_t time_us, end_us, expiry_us, micros, id, integer;
    uint64_t count;
    bool has_more, flag;
    struct slice more;
    struct row row;
    const struct row *rows;
    const int64_t *ids;
    const struct uin *uins;
    size_t row_count, id_count, uin_count;
};

static const struct shape_member row_members[] = {
    SHAPE_MEMBER(CENTS, struct row, amount, "Amount", NULL),
    SHAPE_MEMBER(TEXT, struct row, name, "Name", NULL),
};
static const struct shape row_shape = SHAPE(row_members, struct row);
static const struct shape_member members[] = {
    SHAPE_MEMBER(COUNT, struct whole, count, "Count", NULL),
    SHAPE_MEMBER(UIN_WORD, struct whole, digits, "Digits", NULL),
    SHAPE_MEMBER(END, struct whole, end_us, "End", NULL),
    SHAPE_MEMBER(EXPIRY, struct whole, expiry_us, "Expiry", NULL),
    SHAPE_MEMBER(BOOL, struct whole, flag, "Flag", NULL),
    SHAPE_MEMBER(ID, struct whole, id, "Id", NULL),
    SHAPE_LIST(IDS, struct whole, ids, id_count, NULL, "Ids", NULL),
    SHAPE_MEMBER(INTEGER, struct whole, integer, "Integer", NULL),
    SHAPE_MEMBER(CENTS, struct whole, micros, "Micros", NULL),
    SHAPE_GIVEN(TEXT, struct whole, more, has_more, "More", NULL),
    SHAPE_NESTED(false, struct whole, row, &row_shape, "Row", NULL),
    SHAPE_LIST(OBJECTS, struct whole, rows, row_count, &row_shape, "Rows", NULL),
    SHAPE_MEMBER(TEXT, struct whole, text, "Text", NULL),
    SHAPE_MEMBER(TIME, struct whole, time_us, "Time", NULL),
    SHAPE_MEMBER(DIGITS, struct whole, number, "To", NULL),
    SHAPE_MEMBER(UIN, struct whole, uin, "Uin", NULL),
    SHAPE_LIST(UINS, struct whole, uins, uin_count, NULL, "Uins", NULL),
    SHAPE_MEMBER(WORD, struct whole, word, "Word", NULL),
};
static const struct shape shape = SHAPE(members, struct whole);

static bool read_and_write(struct slice text, struct buffer *out)
{
    struct arena arena;
    struct whole whole = {.flag = false};
    struct shape_wrong wrong = {NULL, NULL};
    CHECK(arena_init(&arena, ARENA_BYTES, ARENA_BYTES_MAX));
    bool good = shape_read(&shape, text, &arena, &whole, &wrong);
    CHECK(good || wrong.what);
    if (good)
        shape_write(&shape, &whole, out);
    arena_done(&arena);
    return good;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buffer once, twice;
    buffer_init(&once, TEXT_BYTES_MAX);
    buffer_init(&twice, TEXT_BYTES_MAX);
    if (read_and_write(fuzz_text(data, size), &once)) {
        CHECK(read_and_write(buffer_slice(&once), &twice));
        CHECK(slice_equal(buffer_slice(&once), buffer_slice(&twice)));
    }
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        CHECK(shape_type_name(&members[i]));
    buffer_done(&once);
    buffer_done(&twice);
    return 0;
}
