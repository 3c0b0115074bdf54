/* Records: CSV and JSON Lines give the same; every mistake is said with its line; what is written
 * is read the same. */
#include "codec/records.h"

#include "base/amount.h"
#include "base/uin.h"

#include <setjmp.h>
#include <stdio.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

struct thing {
    struct uin uin;
    struct slice name, list;
    struct amount cents, units;
    int64_t moment;
    bool flag;
    uint64_t count;
};

static const struct record_column columns[] = {
    {"Uin", RECORD_UIN, offsetof(struct thing, uin), true},
    {"Name", RECORD_TEXT, offsetof(struct thing, name), true},
    {"Cents", RECORD_CENTS, offsetof(struct thing, cents), false},
    {"Units", RECORD_UNITS, offsetof(struct thing, units), false},
    {"Moment", RECORD_MOMENT, offsetof(struct thing, moment), false},
    {"Flag", RECORD_BOOLEAN, offsetof(struct thing, flag), false},
    {"Count", RECORD_COUNT, offsetof(struct thing, count), false},
    {"List", RECORD_JSON, offsetof(struct thing, list), false},
};
static const struct record_table table = RECORD_TABLE(columns, struct thing);

static char said[4096];

__attribute__((format(printf, 3, 0))) static void tell(void *context, uint64_t line,
                                                       const char *format, va_list arguments)
{
    size_t len = strlen(said);
    (void)context;
    len += (size_t)snprintf(said + len, sizeof said - len, "%d ", (int)line);
    len += (size_t)vsnprintf(said + len, sizeof said - len, format, arguments);
    snprintf(said + len, sizeof said - len, "\n");
}

static void tell_unknown(void *context, uint64_t line, const char *what, struct slice name)
{
    size_t len = strlen(said);
    (void)context;
    snprintf(said + len, sizeof said - len, "%d no %s %.*s\n", (int)line, what, SLICE_ARGS(name));
}

/* The first record; fails when there is none, or a mistake. */
static struct thing first(struct records *records, enum record_format format, const char *text)
{
    struct thing thing = {.count = 0};
    said[0] = '\0';
    assert_true(records_init(records, &table, format, slice_text(text),
                             (struct record_listener){tell, tell_unknown, NULL}));
    if (!records_start(records) || records_next(records, &thing) != RECORDS_ONE)
        fail_msg("%s: %s", text, said);
    return thing;
}

static void assert_thing(const struct thing *thing)
{
    assert_int_equal(thing->uin.low, 7);
    assert_true(slice_equal(thing->name, SLICE("a, \"b\"")));
    assert_int_equal(thing->cents.micros, -12345678);
    assert_int_equal(thing->units.micros, 12340000);
    assert_int_equal(thing->moment, 1795438800000000);
    assert_true(thing->flag);
    assert_int_equal(thing->count, 9);
    assert_true(slice_equal(thing->list, SLICE("[{\"x\":1}]")));
}

static void both_formats_say_the_same(void **state)
{
    static const struct {
        enum record_format format;
        const char *text;
    } files[] = {
        {RECORD_CSV, "\xef\xbb\xbfUnits,Uin,Name,Cents,Moment,Flag,Count,List\r\n\r\n"
                     "12.34,7,\"a, \"\"b\"\"\",-1234.5678,2026-11-23 13:00:00,TRUE,9,"
                     "\"[{\"\"x\"\":1}]\"\r\n"},
        {RECORD_JSONL, "\n{\"Units\":\"12.34\",\"Uin\":7,\"Name\":\"a, \\\"b\\\"\",\"Cents\":"
                       "-1234.5678,\"Moment\":\"2026-11-23T13:00:00Z\",\"Flag\":true,\"Count\":9,"
                       "\"List\":[{\"x\":1}]}"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(files); i++) {
        struct records records;
        struct thing thing = first(&records, files[i].format, files[i].text);
        assert_thing(&thing);
        assert_int_equal(records.given, 0xff);
        assert_int_equal(records.read, 0xff);
        assert_int_equal(records_next(&records, &thing), RECORDS_END);
        assert_int_equal(records_at(&records), records.text.len);
        records_done(&records);
    }
}

static void what_is_written_is_read_the_same(void **state)
{
    (void)state;
    for (int format = RECORD_CSV; format <= RECORD_JSONL; format++) {
        struct thing thing = {.uin = {0, 7},
                              .name = SLICE("a, \"b\""),
                              .cents = {-12345678},
                              .units = {12340000},
                              .moment = 1795438800000000,
                              .flag = true,
                              .count = 9,
                              .list = SLICE("[{\"x\":1}]")};
        struct records records;
        struct buffer text;
        char memory[512];
        buffer_init_fixed(&text, memory, sizeof memory);
        if (format == RECORD_CSV) {
            records_write_header(&table, &text);
            records_write_csv(&table, &thing, RECORDS_ALL, &text);
        } else {
            /* Units are for people: as JSON they are a number all the same. */
            records_write_json(&table, &thing, &text);
        }
        buffer_char(&text, '\0');
        assert_true(buffer_ok(&text));
        thing = first(&records, (enum record_format)format, memory);
        assert_thing(&thing);
        records_done(&records);
    }
}

/* In CSV a value that is not given is empty, though it is required; in JSON nothing is left out
 * that is, and zero is. */
static void what_is_not_there_is_not_written(void **state)
{
    struct thing thing = {.uin = {0, 7}};
    struct buffer text;
    char memory[256];
    (void)state;
    buffer_init_fixed(&text, memory, sizeof memory);
    records_write_json(&table, &thing, &text);
    records_write_csv(&table, &thing, 0x5, &text);
    assert_true(
        slice_equal(buffer_slice(&text), SLICE("{\"Uin\":\"7\",\"Name\":\"\"}7,,0,,,,,\n")));
}

static void every_mistake_is_said(void **state)
{
    static const struct {
        enum record_format format;
        const char *text, *said;
    } files[] = {
        {RECORD_CSV, "", "1 the file is empty; a header line is expected\n"},
        {RECORD_CSV, "Uin,Nmae,Uin\n",
         "1 no column Nmae\n1 column Uin is there twice\n1 the column Name is missing\n"},
        {RECORD_CSV, "Uin,Name,Cents,Flag\n7,a\n07,,1.23456,yes\n8,b,\"1\n",
         "2 2 values, and the header has 4 columns\n"
         "3 Uin: \"07\" is not a UIN: 1 to 20 digits, not beginning with 0\n"
         "3 Cents: \"1.23456\" has more than four decimals of a cent\n"
         "3 Flag: \"yes\" is neither true nor false\n"
         "3 Name is missing\n"
         "4 a quoted field is not closed\n"},
        {RECORD_JSONL,
         "[]\n\n{\"Name\":5,\"Cents\":\"5\",\"x\":{},\"List\":{},\"Flag\":null}\n{\"Uin\":\n",
         "1 one JSON object a line is expected\n"
         "3 Name must be a text\n3 Cents must be a number\n3 no field x\n"
         "3 List must be a list of objects\n3 Uin is missing\n"
         "4 not JSON: "},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(files); i++) {
        struct records records;
        struct thing thing;
        said[0] = '\0';
        assert_true(records_init(&records, &table, files[i].format, slice_text(files[i].text),
                                 (struct record_listener){tell, tell_unknown, NULL}));
        for (int pass = 0; pass < 2; pass++) {
            const char *expected = pass == 0 ? files[i].said : "";
            if (records_start(&records))
                while (records_next(&records, &thing) != RECORDS_END)
                    assert_true(records.wrong > 0);
            if (strncmp(said, expected, strlen(expected)) != 0 || (pass > 0 && *said))
                fail_msg("%s:\n%s", files[i].text, said);
            /* Nobody listens any more. */
            records.listener = (struct record_listener){NULL, NULL, NULL};
            said[0] = '\0';
        }
        records_done(&records);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_formats_say_the_same),
        cmocka_unit_test(what_is_written_is_read_the_same),
        cmocka_unit_test(what_is_not_there_is_not_written),
        cmocka_unit_test(every_mistake_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
