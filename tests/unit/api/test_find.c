/* DescribeMembers with filters and orders, against a plain model, page by page, also while members
 * change and when the selection is gone. */
#include "world.h"

#include <stdio.h>
#include <stdlib.h>

enum { MEMBERS = 60 };

static struct world world;

/* Member i has the uin 1000 + 7 * i, a name, cash and a basic credit line. */
struct model {
    long long uin;
    char name[32];
    int cash, credit;
};

static struct model members[MEMBERS];

static int open_world(void **state)
{
    struct api_options options = API_OPTIONS_DEFAULT;
    char body[512];
    (void)state;
    options.calls_per_second = 0;
    world_open(&world, &options);
    for (int i = 0; i < MEMBERS; i++) {
        struct model *member = &members[i];
        static const char *const words[] = {"alpha", "Beta", "gamma ray", "ALPHABET",
                                            "\xc3\xa9t\xc3\xa9"};
        member->uin = 1000 + 7 * i;
        snprintf(member->name, sizeof member->name, "%s %d", words[i % 5], i);
        member->cash = i * 37 % 50 - 20;
        member->credit = i % 3 * 5;
        int owe = -(member->cash + member->credit);
        owe = owe > 0 ? owe : 0;
        snprintf(body, sizeof body,
                 "{\"Members\":[{\"MemberUin\":\"%lld\",\"MemberName\":\"%s\",\"OweAmount\":%d,"
                 "\"CashAccountBalance\":%d,\"BasicCreditAmount\":%d,\"AllowArrears\":true}]}",
                 member->uin, member->name, owe, member->cash + owe, member->credit);
        world_must(&world, "CreateMembers", body);
    }
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    world_close(&world);
    return 0;
}

static const char *manage(const char *action, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static const char *manage(const char *action, const char *format, ...)
{
    static char body[1024];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(body, sizeof body, format, arguments);
    va_end(arguments);
    return world_manage(&world, action, body);
}

static void cursor_of(const char *answer, char cursor[64])
{
    const char *at = strstr(answer, "\"NextCursor\":\"");
    if (!at)
        fail_msg("%s", answer);
    at += strlen("\"NextCursor\":\"");
    snprintf(cursor, 64, "%.*s", (int)strcspn(at, "\""), at);
}

/* The MemberUin of each row. */
static size_t uins_of(const char *answer, long long *uins)
{
    size_t count = 0;
    for (const char *at = strstr(answer, "\"MemberUin\":\""); at;
         at = strstr(at, "\"MemberUin\":\"")) {
        at += strlen("\"MemberUin\":\"");
        uins[count++] = strtoll(at, NULL, 10);
    }
    return count;
}

static size_t walk(const char *query, int limit, long long *uins)
{
    char cursor[64] = "";
    size_t count = 0;
    do {
        const char *answer =
            manage("DescribeMembers", "{%s,\"Limit\":%d,\"Cursor\":\"%s\"}", query, limit, cursor);
        size_t rows = uins_of(answer, uins + count);
        assert_true(rows <= (size_t)limit);
        count += rows;
        cursor_of(answer, cursor);
    } while (*cursor);
    return count;
}

/* ---- the model's answer ---- */

struct query {
    const char *parameters;
    const char *word; /* in lower case; NULL: any */
    const char *prefix;
    int arrears; /* -1 any, 0 without, 1 with */
    int below;   /* 9999: any */
    bool by_available, descending;
};

static bool has_word(const char *name, const char *word)
{
    char lower[32];
    size_t len = strlen(name);
    for (size_t i = 0; i <= len; i++)
        lower[i] = name[i] >= 'A' && name[i] <= 'Z' ? (char)(name[i] + 32) : name[i];
    return strstr(lower, word) != NULL;
}

static size_t model_answer(const struct query *query, long long *uins)
{
    struct model found[MEMBERS];
    size_t count = 0;
    for (int i = 0; i < MEMBERS; i++) {
        const struct model *member = &members[i];
        int available = member->cash + member->credit;
        char digits[32];
        snprintf(digits, sizeof digits, "%lld", member->uin);
        if ((query->word && !has_word(member->name, query->word)) ||
            (query->prefix && strncmp(digits, query->prefix, strlen(query->prefix)) != 0) ||
            (query->arrears >= 0 && (available < 0) != query->arrears) || available >= query->below)
            continue;
        size_t at = count++;
        for (; at > 0; at--) {
            int other = found[at - 1].cash + found[at - 1].credit;
            bool before = query->by_available
                              ? (query->descending ? available > other : available < other)
                              : query->descending;
            if (!before)
                break;
            found[at] = found[at - 1];
        }
        found[at] = *member;
    }
    for (size_t i = 0; i < count; i++)
        uins[i] = found[i].uin;
    return count;
}

static const struct query queries[] = {
    {"\"Search\":\"alpha\"", "alpha", NULL, -1, 9999, false, false},
    {"\"Search\":\"aLPha\",\"Order\":\"desc\"", "alpha", NULL, -1, 9999, false, true},
    {"\"Search\":\"\\u00e9t\"", "\xc3\xa9t", NULL, -1, 9999, false, false},
    {"\"Search\":\"nobody\"", "nobody", NULL, -1, 9999, false, false},
    {"\"UinPrefix\":\"11\"", NULL, "11", -1, 9999, false, false},
    {"\"UinPrefix\":\"10\",\"Search\":\"beta\"", "beta", "10", -1, 9999, false, false},
    {"\"InArrears\":true", NULL, NULL, 1, 9999, false, false},
    {"\"InArrears\":false,\"UinPrefix\":\"1\"", NULL, "1", 0, 9999, false, false},
    {"\"AvailableBelow\":5.5,\"UinPrefix\":\"1\"", NULL, "1", -1, 6, false, false},
    {"\"AvailableBelow\":0,\"SortBy\":\"available\"", NULL, NULL, -1, 0, true, false},
    {"\"UinPrefix\":\"1\",\"SortBy\":\"available\",\"Order\":\"asc\"", NULL, "1", -1, 9999, true,
     false},
    {"\"UinPrefix\":\"1\",\"SortBy\":\"available\",\"Order\":\"desc\"", NULL, "1", -1, 9999, true,
     true},
    {"\"UinPrefix\":\"1\",\"SortBy\":\"uin\",\"Order\":\"desc\"", NULL, "1", -1, 9999, false, true},
};

static void what_matches_is_found_in_order(void **state)
{
    static const int limits[] = {1, 4, 100};
    long long expected[MEMBERS], got[MEMBERS + 1];
    (void)state;
    for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++) {
        size_t count = model_answer(&queries[i], expected);
        for (int j = 0; j < 3; j++) {
            size_t found = walk(queries[i].parameters, limits[j], got);
            if (found != count || memcmp(got, expected, count * sizeof got[0]) != 0)
                fail_msg("%s, %d a page: %zu, expected %zu", queries[i].parameters, limits[j],
                         found, count);
        }
        char total[64];
        snprintf(total, sizeof total, ",\"NextUin\":\"\",\"TotalCount\":%zu,", count);
        assert_contains(manage("DescribeMembers", "{%s,\"Limit\":1}", queries[i].parameters),
                        total);
    }
}

/* A page's rows are of now, its members those of when the first page was asked for. */
static void pages_of_one_selection(void **state)
{
    char cursor[64];
    long long expected[MEMBERS], got[MEMBERS];
    (void)state;
    const struct query *query = &queries[11]; /* most available first */
    size_t count = model_answer(query, expected);
    const char *answer = manage("DescribeMembers", "{%s,\"Limit\":50}", query->parameters);
    cursor_of(answer, cursor);
    assert_int_equal(uins_of(answer, got), 50);
    /* the last becomes the richest: it is still the last of this walk, with its new balance */
    manage("CreateTransfers",
           "{\"Transfers\":[{\"Kind\":\"top_up\",\"MemberUin\":\"%lld\","
           "\"Amount\":4000}]}",
           expected[count - 1]);
    answer =
        manage("DescribeMembers", "{%s,\"Limit\":50,\"Cursor\":\"%s\"}", query->parameters, cursor);
    assert_int_equal(uins_of(answer, got), count - 50);
    assert_int_equal(got[count - 51], expected[count - 1]);
    assert_contains(answer, "\"RealBalance\":39");
    /* asked anew it is the first */
    answer = manage("DescribeMembers", "{%s,\"Limit\":1}", query->parameters);
    assert_int_equal(uins_of(answer, got), 1);
    assert_int_equal(got[0], expected[count - 1]);
    manage("CreateTransfers",
           "{\"Transfers\":[{\"Kind\":\"withdraw\",\"MemberUin\":\"%lld\","
           "\"Amount\":3950}]}",
           expected[count - 1]);
    for (int i = 0; i < MEMBERS; i++)
        if (members[i].uin == expected[count - 1])
            members[i].cash += 50;
}

/* When the selection is gone, the walk goes on at its place in a new one. */
static void a_walk_outlives_its_selection(void **state)
{
    char cursor[64];
    long long expected[MEMBERS], got[MEMBERS + 1];
    (void)state;
    size_t count = model_answer(&queries[12], expected);
    const char *answer = manage("DescribeMembers", "{%s,\"Limit\":20}", queries[12].parameters);
    cursor_of(answer, cursor);
    for (int i = 0; i < 20; i++) /* more than are kept */
        manage("DescribeMembers", "{\"Search\":\"other %d\"}", i);
    answer = manage("DescribeMembers", "{%s,\"Limit\":100,\"Cursor\":\"%s\"}",
                    queries[12].parameters, cursor);
    assert_int_equal(uins_of(answer, got), count - 20);
    assert_memory_equal(got, expected + 20, (count - 20) * sizeof got[0]);
    /* and when the server was started again */
    world_restart(&world);
    answer = manage("DescribeMembers", "{%s,\"Limit\":100,\"Cursor\":\"%s\"}",
                    queries[12].parameters, cursor);
    assert_int_equal(uins_of(answer, got), count - 20);
    assert_memory_equal(got, expected + 20, (count - 20) * sizeof got[0]);
}

/* Without filters the cursor is the last uin. */
static void all_members_by_cursor(void **state)
{
    char cursor[64] = "";
    long long got[MEMBERS + 2];
    size_t count = 0;
    (void)state;
    do {
        const char *answer =
            manage("DescribeMembers",
                   "{\"SortBy\":\"uin\",\"Order\":\"asc\",\"Limit\":7,\"Cursor\":\"%s\"}", cursor);
        count += uins_of(answer, got + count);
        cursor_of(answer, cursor);
    } while (*cursor);
    assert_int_equal(count, MEMBERS + 1);
    for (int i = 0; i < MEMBERS; i++)
        assert_int_equal(got[i], members[i].uin);
}

static void what_cannot_be_is_refused(void **state)
{
    static const char bad_cursor[] =
        "A value specified in `Cursor` is not valid, is unsupported, or cannot be used: it must be "
        "the NextCursor of an answer to the same question.";
    char cursor[64];
    (void)state;
    assert_error(
        manage("DescribeMembers", "{\"SortBy\":\"name\"}"), "InvalidParameterValue",
        "A value specified in `SortBy` is not valid, is unsupported, or cannot be used: it "
        "must be one of uin, available.");
    assert_error(manage("DescribeMembers", "{\"Order\":\"up\"}"), "InvalidParameterValue",
                 "A value specified in `Order` is not valid, is unsupported, or cannot be used: it "
                 "must be one of asc, desc.");
    assert_error(
        manage("DescribeMembers", "{\"UinPrefix\":\"1x\"}"), "InvalidParameterValue",
        "A value specified in `UinPrefix` is not valid, is unsupported, or cannot be used.");
    assert_error(manage("DescribeMembers", "{\"AvailableBelow\":0.00001}"), "InvalidParameterValue",
                 "A value specified in `AvailableBelow` is not valid, is unsupported, or cannot be "
                 "used: an amount in cents has at most four decimals and must fit.");
    assert_error(
        manage("DescribeMembers", "{\"Search\":\"a\",\"AfterUin\":\"5\"}"), "InvalidParameterValue",
        "A value specified in `AfterUin` is not valid, is unsupported, or cannot be used.");
    assert_error(manage("DescribeMembers", "{\"Cursor\":\"x\"}"), "InvalidParameterValue",
                 bad_cursor);
    assert_error(manage("DescribeMembers", "{\"Search\":\"a\",\"Cursor\":\"1007\"}"),
                 "InvalidParameterValue", bad_cursor);
    /* another question's cursor */
    cursor_of(manage("DescribeMembers", "{\"Search\":\"a\",\"Limit\":1}"), cursor);
    assert_true(*cursor != '\0');
    assert_error(manage("DescribeMembers", "{\"Search\":\"b\",\"Cursor\":\"%s\"}", cursor),
                 "InvalidParameterValue", bad_cursor);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_matches_is_found_in_order), cmocka_unit_test(pages_of_one_selection),
        cmocka_unit_test(a_walk_outlives_its_selection),  cmocka_unit_test(all_members_by_cursor),
        cmocka_unit_test(what_cannot_be_is_refused),
    };
    return cmocka_run_group_tests(tests, open_world, close_world);
}
