/* Files of records, as CSV and as JSON Lines: reading ends, lines only grow, a bad line was told
 * of, and good records written again are read the same. */
#include "codec/records.h"

#include "base/amount.h"
#include "base/check.h"
#include "base/uin.h"
#include "fuzz.h"

enum { TEXT_BYTES_MAX = 64 << 20 };

struct thing {
    struct uin uin;
    struct slice name, word, list;
    struct amount cents, units;
    int64_t moment;
    bool flag;
    uint64_t count;
};

static const struct record_column columns[] = {
    {"Uin", RECORD_UIN, offsetof(struct thing, uin), true},
    {"Name", RECORD_TEXT, offsetof(struct thing, name), true},
    {"Word", RECORD_TEXT_OR_NUMBER, offsetof(struct thing, word), false},
    {"Cents", RECORD_CENTS, offsetof(struct thing, cents), false},
    {"Units", RECORD_UNITS, offsetof(struct thing, units), false},
    {"Moment", RECORD_MOMENT, offsetof(struct thing, moment), false},
    {"Flag", RECORD_BOOLEAN, offsetof(struct thing, flag), false},
    {"Count", RECORD_COUNT, offsetof(struct thing, count), false},
    {"List", RECORD_JSON, offsetof(struct thing, list), false},
    {"Id", RECORD_IGNORED, 0, false},
};
static const struct record_table table = RECORD_TABLE(columns, struct thing);

static void check_equal(const struct thing *a, const struct thing *b)
{
    CHECK(uin_equal(a->uin, b->uin) && slice_equal(a->name, b->name));
    CHECK(slice_equal(a->word, b->word) && slice_equal(a->list, b->list));
    CHECK(a->cents.micros == b->cents.micros && a->units.micros == b->units.micros);
    CHECK(a->moment == b->moment && a->flag == b->flag && a->count == b->count);
}

static void check_again(const struct records *records, const struct thing *thing,
                        struct buffer *out)
{
    struct records reader;
    struct thing again;
    buffer_clear(out);
    if (records->format == RECORD_CSV) {
        records_write_header(&table, out);
        records_write_csv(&table, thing, records->given, out);
    } else {
        records_write_json(&table, thing, out);
    }
    CHECK(records_init(&reader, &table, records->format, buffer_slice(out),
                       (struct record_listener){NULL, NULL, NULL}));
    CHECK(records_start(&reader) && records_next(&reader, &again) == RECORDS_ONE);
    check_equal(thing, &again);
    CHECK(records_next(&reader, &again) == RECORDS_END);
    records_done(&reader);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = fuzz_text(data, size);
    struct buffer out;
    buffer_init(&out, TEXT_BYTES_MAX);
    for (int format = RECORD_CSV; format <= RECORD_JSONL; format++) {
        struct records records;
        struct thing thing;
        enum records_next next;
        CHECK(records_init(&records, &table, (enum record_format)format, text,
                           (struct record_listener){NULL, NULL, NULL}));
        bool started = records_start(&records);
        uint64_t line = 0, wrong = records.wrong;
        while (started && (next = records_next(&records, &thing)) != RECORDS_END) {
            CHECK(records.line > line && (records.wrong > wrong) == (next == RECORDS_BAD_LINE));
            if (next == RECORDS_ONE)
                check_again(&records, &thing, &out);
            line = records.line;
            wrong = records.wrong;
        }
        CHECK(records_at(&records) <= text.len);
        records_done(&records);
    }
    buffer_done(&out);
    return 0;
}
