/* The past: what is asked for, page by page, and what an answer must be. */
#include "script.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define FIELDS(uin, real)                                                                          \
    "\"BasicCreditAmount\":0,\"CashAccountBalance\":1,\"CreditAmount\":0,"                         \
    "\"IsCreditAccount\":true,\"MemberName\":\"n\",\"MemberUin\":\"" uin "\",\"OweAmount\":0,"     \
    "\"RealBalance\":" real ",\"TempCredit\":0"
#define ROW(uin, real) "{" FIELDS(uin, real) "}"
#define CHARGE(id)                                                                                 \
    "{\"After\":" ROW("7", "2.5") ",\"Amount\":1.25,\"EntryId\":" id                               \
                                  ",\"Kind\":\"charge\",\"MemberUin\":\"7\",\"Reason\":\"why\","   \
                                  "\"Time\":\"2026-11-24T13:00:00.000001Z\"}"
#define PAGE(entries, cursor)                                                                      \
    "{\"Response\":{\"Data\":[" entries "],\"NextCursor\":" cursor ",\"RequestId\":\"r\"}}"
#define STATEMENT(entries, cursor, closing)                                                        \
    "{\"Response\":{\"Closing\":" ROW(                                                             \
        "7", closing) ",\"Data\":[" entries "],\"NextCursor\":" cursor                             \
                      ",\"Opening\":" ROW("7", "1") ",\"RequestId\":\"r\"}}"

static const int64_t noon_us = 1795525200000000; /* 2026-11-24 13:00:00 UTC */

static struct bursar_entries *begin(struct script *script, const struct bursar_entry_filter *filter,
                                    const char *cursor)
{
    struct bursar_entries *entries;
    assert_int_equal(bursar_entries_new(script->client, filter, cursor, &entries), BURSAR_OK);
    return entries;
}

static void expect_ids(struct bursar_entries *entries, const int64_t *ids)
{
    const struct bursar_entry *entry;
    for (; *ids; ids++) {
        assert_int_equal(bursar_entries_next(entries, &entry), BURSAR_OK);
        assert_int_equal(entry->entry_id, *ids);
    }
}

static void pages_follow_each_other(void **state)
{
    (void)state;
    struct script script = {.answers = {PAGE(CHARGE("9") "," CHARGE("7"), "\"a\\\"1\""),
                                        PAGE("", "\"a2\""), PAGE(CHARGE("3"), "\"a3\""),
                                        PAGE("", "\"\""), NULL}};
    const struct bursar_entry *entry;
    script_start(&script, (struct bursar_options){0});
    struct bursar_entries *entries = begin(&script, NULL, NULL);
    expect_ids(entries, (const int64_t[]){9, 7, 3, 0});
    assert_int_equal(bursar_entries_next(entries, &entry), BURSAR_END);
    assert_int_equal(bursar_entries_next(entries, &entry), BURSAR_END);
    bursar_entries_free(entries);
    script_stop(&script);
    assert_int_equal(script.served, 4);
    assert_string_equal(script.actions[0], "DescribeEntries");
    assert_string_equal(script.bodies[0], "{\"Limit\":100,\"Order\":\"desc\"}");
    assert_string_equal(script.bodies[1],
                        "{\"Limit\":100,\"Order\":\"desc\",\"Cursor\":\"a\\\"1\"}");
    assert_string_equal(script.bodies[2], "{\"Limit\":100,\"Order\":\"desc\",\"Cursor\":\"a2\"}");
    assert_string_equal(script.bodies[3], "{\"Limit\":100,\"Order\":\"desc\",\"Cursor\":\"a3\"}");
}

static void every_filter_is_sent_with_every_page(void **state)
{
    (void)state;
    static const char *const kinds[] = {"charge", "hold"};
    static const char wanted[] =
        "{\"OrganizationId\":4,\"Limit\":7,\"Order\":\"asc\",\"MemberUin\":\"7\","
        "\"Kinds\":[\"charge\",\"hold\"],\"StartTime\":\"2026-11-24T13:00:00Z\","
        "\"EndTime\":\"2026-11-24T13:00:01Z\",\"HoldId\":5,\"ClientToken\":\"t\"";
    struct bursar_entry_filter filter = {.member_uin = "7",
                                         .kinds = kinds,
                                         .kind_count = 2,
                                         .start_us = noon_us,
                                         .end_us = noon_us + 1000000,
                                         .hold_id = 5,
                                         .client_token = "t",
                                         .ascending = true,
                                         .page_size = 7};
    struct script script = {.answers = {PAGE(CHARGE("3"), "\"c2\""), PAGE("", "\"\""), NULL}};
    const struct bursar_entry *entry;
    script_start(&script, (struct bursar_options){.organization_id = 4});
    struct bursar_entries *entries = begin(&script, &filter, "c1");
    memset(&filter, 0, sizeof filter); /* it was copied */
    expect_ids(entries, (const int64_t[]){3, 0});
    assert_int_equal(bursar_entries_next(entries, &entry), BURSAR_END);
    bursar_entries_free(entries);
    script_stop(&script);
    char body[SCRIPT_BODY_SIZE];
    (void)snprintf(body, sizeof body, "%s,\"Cursor\":\"c1\"}", wanted);
    assert_string_equal(script.bodies[0], body);
    (void)snprintf(body, sizeof body, "%s,\"Cursor\":\"c2\"}", wanted);
    assert_string_equal(script.bodies[1], body);
}

static void an_entry_has_what_its_kind_has(void **state)
{
    (void)state;
    static const char moved[] = "{\"After\":" ROW(
        "7", "2.5") ",\"Amount\":1.25,\"EntryId\":9,\"Kind\":\"move\", "
                    "\"MemberUin\":\"7\",\"Reason\":\"\",\"Time\":\"2026-11-24 "
                    "13:00:00\",\"ToAfter\":" ROW("8", "-0.5") ",\"ToMemberUin\":\"8\"}";
    static const char rest[] =
        "{\"EntryId\":8,\"Kind\":\"add_key\",\"Time\":\"2026-11-24 13:00:00\","
        "\"SecretId\":\"AKID\",\"ExpiresAt\":\"9999-12-31 23:59:59\",\"MemberUin\":null},"
        "{\"EntryId\":7,\"Kind\":\"adjust\",\"Time\":\"2026-11-24 13:00:00\",\"MemberUin\":\"7\","
        "\"CashAmount\":-1,\"IncomeAmount\":2,\"GiftAmount\":3},"
        "{\"EntryId\":6,\"Kind\":\"grant_temporary\",\"Time\":\"2026-11-24 13:00:00\","
        "\"MemberUin\":\"7\",\"Amount\":4,\"GrantId\":6,\"StartTime\":\"2026-11-24 13:00:00\","
        "\"EndTime\":\"2026-11-24 13:00:01\"},"
        "{\"EntryId\":5,\"Kind\":\"hold\",\"Time\":\"2026-11-24 13:00:00\",\"MemberUin\":\"7\","
        "\"HoldId\":5,\"ExpiresAt\":\"2026-11-24 13:00:01\"},"
        "{\"EntryId\":4,\"Kind\":\"join\",\"Time\":\"2026-11-24 13:00:00\",\"MemberUin\":\"7\","
        "\"MemberName\":\"first\"}";
    char answer[4096];
    (void)snprintf(answer, sizeof answer, PAGE("%s,%s", "\"\""), moved, rest);
    struct script script = {.answers = {answer, NULL}};
    const struct bursar_entry *entry;
    script_start(&script, (struct bursar_options){0});
    struct bursar_entries *entries = begin(&script, NULL, NULL);

    assert_int_equal(bursar_entries_next(entries, &entry), BURSAR_OK);
    assert_string_equal(entry->kind, "move");
    assert_string_equal(entry->member_uin, "7");
    assert_string_equal(entry->to_member_uin, "8");
    assert_string_equal(entry->reason, "");
    assert_int_equal(entry->amount, 12500);
    assert_true(entry->time_us == noon_us);
    assert_string_equal(entry->after.member_uin, "7");
    assert_int_equal(entry->after.real_balance, 25000);
    assert_int_equal(entry->to_after.real_balance, -5000);
    assert_null(entry->member_name);
    assert_string_equal(entry->json, moved);

    assert_int_equal(bursar_entries_next(entries, &entry), BURSAR_OK);
    assert_null(entry->member_uin);
    assert_null(entry->after.member_uin);
    assert_null(entry->reason);
    assert_int_equal(entry->expires_us, 0);
    assert_non_null(strstr(entry->json, "\"SecretId\":\"AKID\""));

    assert_int_equal(bursar_entries_next(entries, &entry), BURSAR_OK);
    assert_int_equal(entry->cash_amount, -10000);
    assert_int_equal(entry->income_amount, 20000);
    assert_int_equal(entry->gift_amount, 30000);

    assert_int_equal(bursar_entries_next(entries, &entry), BURSAR_OK);
    assert_int_equal(entry->grant_id, 6);
    assert_true(entry->start_us == noon_us);
    assert_true(entry->end_us == noon_us + 1000000);

    assert_int_equal(bursar_entries_next(entries, &entry), BURSAR_OK);
    assert_int_equal(entry->hold_id, 5);
    assert_true(entry->expires_us == noon_us + 1000000);

    assert_int_equal(bursar_entries_next(entries, &entry), BURSAR_OK);
    assert_string_equal(entry->member_name, "first");
    bursar_entries_free(entries);
    script_stop(&script);
}

/* The cursor leads to the page that is not used up, or to the next. */
static void a_walk_can_be_gone_on_with_elsewhere(void **state)
{
    (void)state;
    struct script script = {.answers = {PAGE(CHARGE("9") "," CHARGE("7"), "\"c1\""),
                                        PAGE(CHARGE("5") "," CHARGE("3"), "\"\""), NULL}};
    const struct bursar_entry *entry;
    script_start(&script, (struct bursar_options){0});
    struct bursar_entries *entries = begin(&script, NULL, NULL);
    assert_string_equal(bursar_entries_cursor(entries), "");
    expect_ids(entries, (const int64_t[]){9, 0});
    assert_string_equal(bursar_entries_cursor(entries), "");
    expect_ids(entries, (const int64_t[]){7, 0});
    assert_string_equal(bursar_entries_cursor(entries), "c1");
    expect_ids(entries, (const int64_t[]){5, 0});
    assert_string_equal(bursar_entries_cursor(entries), "c1");
    expect_ids(entries, (const int64_t[]){3, 0});
    assert_null(bursar_entries_cursor(entries));
    assert_int_equal(bursar_entries_next(entries, &entry), BURSAR_END);
    assert_null(bursar_entries_cursor(entries));
    bursar_entries_free(entries);
    script_stop(&script);
}

static void after_a_failed_call_the_walk_goes_on(void **state)
{
    (void)state;
    struct script script = {.answers = {REFUSAL("InternalError"), PAGE(CHARGE("9"), "\"c1\""),
                                        BAD_GATEWAY, PAGE(CHARGE("9"), "\"\""),
                                        PAGE(CHARGE("7"), "\"\""), NULL}};
    const struct bursar_entry *entry = NULL;
    script_start(&script, (struct bursar_options){0});
    struct bursar_entries *entries = begin(&script, NULL, NULL);
    assert_int_equal(bursar_entries_next(entries, &entry), BURSAR_REFUSED);
    expect_ids(entries, (const int64_t[]){9, 0});
    assert_int_equal(bursar_entries_next(entries, &entry), BURSAR_NETWORK);
    assert_string_equal(bursar_entries_cursor(entries), "c1");
    assert_int_equal(bursar_entries_next(entries, &entry), BURSAR_PROTOCOL); /* 9 again */
    expect_ids(entries, (const int64_t[]){7, 0});
    assert_int_equal(bursar_entries_next(entries, &entry), BURSAR_END);
    bursar_entries_free(entries);
    script_stop(&script);
    assert_int_equal(script.served, 5);
    for (int i = 2; i < 5; i++)
        assert_non_null(strstr(script.bodies[i], "\"Cursor\":\"c1\""));
}

static void lost_pages_are_asked_for_again(void **state)
{
    (void)state;
    struct script script = {
        .answers = {CLOSED, HALF, REFUSAL("ServiceUnavailable"), PAGE(CHARGE("9"), "\"\""), NULL}};
    script_start(&script, (struct bursar_options){.retries_max = 3});
    struct bursar_entries *entries = begin(&script, NULL, NULL);
    expect_ids(entries, (const int64_t[]){9, 0});
    bursar_entries_free(entries);
    script_stop(&script);
    assert_int_equal(script.served, 4);
}

/* The page is the walk's own. */
static void the_client_may_be_used_between(void **state)
{
    (void)state;
    struct script script = {.answers = {PAGE(CHARGE("9") "," CHARGE("7"), "\"c1\""),
                                        REFUSAL("FailedOperation"), PAGE(CHARGE("3"), "\"\""),
                                        NULL}};
    const struct bursar_entry *entry;
    const struct bursar_posting *posting;
    script_start(&script, (struct bursar_options){0});
    struct bursar_entries *entries = begin(&script, NULL, NULL);
    assert_int_equal(bursar_entries_next(entries, &entry), BURSAR_OK);
    struct bursar_transfer transfer = {
        BURSAR_REFUND, entry->member_uin, NULL, entry->amount, BURSAR_CASH, 0, 0, 0, entry->reason};
    assert_int_equal(bursar_post(script.client, &transfer, 1, NULL, &posting), BURSAR_REFUSED);
    assert_string_equal(entry->kind, "charge");
    assert_string_equal(entry->member_uin, "7");
    expect_ids(entries, (const int64_t[]){7, 3, 0});
    bursar_entries_free(entries);
    script_stop(&script);
    assert_string_equal(script.actions[1], "CreateTransfers");
    assert_non_null(strstr(script.bodies[2], "\"Cursor\":\"c1\""));
}

static void broken_pages_are_not_believed(void **state)
{
    (void)state;
    static const struct {
        const char *answer, *words;
        bool ascending;
    } rows[] = {
        {PAGE(CHARGE("7") "," CHARGE("7"), "\"\""), "Data is not in the order", false},
        {PAGE(CHARGE("7") "," CHARGE("9"), "\"\""), "Data is not in the order", false},
        {PAGE(CHARGE("9") "," CHARGE("7"), "\"\""), "Data is not in the order", true},
        {PAGE(CHARGE("0"), "\"\""), "Data is not in the order", false},
        {PAGE(CHARGE("9"), "\"c0\""), "NextCursor leads nowhere", false},
        {PAGE("", "\"c0\""), "NextCursor leads nowhere", false},
        {PAGE("", "null"), "NextCursor is not a string", false},
        {PAGE("", "7"), "NextCursor is not a string", false},
        {PAGE("", "\"a\\u0000\""), "NextCursor holds a zero byte", false},
        {PAGE("[]", "\"\""), "Data is not a list of objects", false},
        {PAGE("{}", "\"\""), "EntryId is missing", false},
        {PAGE(CHARGE("9.5"), "\"\""), "EntryId is not a whole number", false},
        {PAGE(CHARGE("-9"), "\"\""), "EntryId is not a whole number", false},
        {PAGE("{\"EntryId\":1,\"Kind\":7,\"Time\":\"2026-11-24 13:00:00\"}", "\"\""),
         "Kind is not a string", false},
        {PAGE("{\"EntryId\":1,\"Kind\":\"x\",\"Time\":\"2026-11-24\"}", "\"\""),
         "Time is not a time", false},
        {PAGE("{\"EntryId\":1,\"Kind\":\"x\",\"Time\":0}", "\"\""), "Time is not a string", false},
        {PAGE("{\"EntryId\":1,\"Kind\":\"x\"}", "\"\""), "Time is missing", false},
        {PAGE("{\"EntryId\":1,\"Kind\":\"x\",\"Time\":\"2026-11-24 13:00:00\",\"Amount\":\"1\"}",
              "\"\""),
         "Amount is not a number", false},
        {PAGE("{\"EntryId\":1,\"Kind\":\"x\",\"Time\":\"2026-11-24 13:00:00\",\"After\":{}}",
              "\"\""),
         "MemberUin is missing", false},
        {"{\"Response\":{\"Data\":[]}}", "NextCursor is missing", false},
        {"{\"Response\":{\"NextCursor\":\"\"}}", "Data is missing", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct bursar_entry_filter filter = {.ascending = rows[i].ascending};
        struct script script = {.answers = {rows[i].answer, NULL}};
        const struct bursar_entry *entry = NULL;
        script_start(&script, (struct bursar_options){0});
        struct bursar_entries *entries = begin(&script, &filter, "c0");
        assert_int_equal(bursar_entries_next(entries, &entry), BURSAR_PROTOCOL);
        assert_null(entry);
        if (!strstr(bursar_error_message(script.client), rows[i].words))
            fail_msg("%s: %s", rows[i].words, bursar_error_message(script.client));
        bursar_entries_free(entries);
        script_stop(&script);
    }
}

static void a_statement_opens_and_closes(void **state)
{
    (void)state;
    struct script script = {.answers = {STATEMENT(CHARGE("3") "," CHARGE("5"), "\"c\"", "8"),
                                        STATEMENT(CHARGE("6"), "\"\"", "9"), NULL}};
    struct bursar_statement *statement;
    const struct bursar_entry *entry;
    script_start(&script, (struct bursar_options){0});
    assert_int_equal(bursar_statement_new(script.client, "7", noon_us, 0, &statement), BURSAR_OK);
    assert_null(bursar_statement_opening(statement));
    assert_null(bursar_statement_closing(statement));
    static const int64_t ids[] = {3, 5, 6};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(bursar_statement_next(statement, &entry), BURSAR_OK);
        assert_int_equal(entry->entry_id, ids[i]);
        assert_int_equal(bursar_statement_opening(statement)->real_balance, 10000);
        assert_int_equal(bursar_statement_closing(statement)->real_balance, i < 2 ? 80000 : 90000);
    }
    assert_int_equal(bursar_statement_next(statement, &entry), BURSAR_END);
    assert_int_equal(bursar_statement_closing(statement)->real_balance, 90000);
    bursar_statement_free(statement);

    assert_int_equal(bursar_statement_new(script.client, NULL, 0, noon_us + 1, &statement),
                     BURSAR_OK);
    assert_int_equal(bursar_statement_next(statement, &entry), BURSAR_OK);
    bursar_statement_free(statement);
    script_stop(&script);
    assert_string_equal(script.actions[0], "DescribeStatement");
    assert_string_equal(
        script.bodies[0],
        "{\"Limit\":1000,\"MemberUin\":\"7\",\"StartTime\":\"2026-11-24T13:00:00Z\"}");
    assert_non_null(strstr(script.bodies[1], ",\"Cursor\":\"c\"}"));
    assert_string_equal(script.bodies[2], "{\"Limit\":1000,\"StartTime\":\"1970-01-01T00:00:00Z\","
                                          "\"EndTime\":\"2026-11-24T13:00:00.000001Z\"}");
}

static void a_statement_needs_both_balances(void **state)
{
    (void)state;
    static const char *const answers[] = {
        PAGE("", "\"\""),
        "{\"Response\":{\"Data\":[],\"NextCursor\":\"\",\"Opening\":" ROW("7", "1") "}}",
        "{\"Response\":{\"Data\":[],\"NextCursor\":\"\",\"Closing\":" ROW("7", "1") "}}",
        STATEMENT(CHARGE("5") "," CHARGE("3"), "\"\"", "8"),
    };
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        struct script script = {.answers = {answers[i], NULL}};
        struct bursar_statement *statement;
        const struct bursar_entry *entry;
        script_start(&script, (struct bursar_options){0});
        assert_int_equal(bursar_statement_new(script.client, "7", noon_us, 0, &statement),
                         BURSAR_OK);
        assert_int_equal(bursar_statement_next(statement, &entry), BURSAR_PROTOCOL);
        assert_null(bursar_statement_opening(statement));
        bursar_statement_free(statement);
        script_stop(&script);
    }
}

static void a_balance_of_the_past(void **state)
{
    (void)state;
    struct script script = {
        .answers = {"{\"Response\":{\"AsOf\":\"2026-11-24 13:00:00\",\"EntryId\":5," FIELDS(
                        "7", "2.5") ",\"RequestId\":\"r\"}}",
                    "{\"Response\":{\"EntryId\":5," FIELDS("7", "2.5") "}}",
                    "{\"Response\":{\"AsOf\":\"2026-11-24 13:00:00\"," FIELDS("7", "2.5") "}}",
                    "{\"Response\":{\"AsOf\":\"2026-11-24 13:00:00\",\"EntryId\":5}}",
                    REFUSAL("ResourceNotFound"), NULL}};
    const struct bursar_past_balance *past = NULL;
    script_start(&script, (struct bursar_options){0});
    assert_int_equal(bursar_balance_at(script.client, "7", noon_us, &past), BURSAR_OK);
    assert_int_equal(past->entry_id, 5);
    assert_true(past->as_of_us == noon_us);
    assert_string_equal(past->member.member_uin, "7");
    assert_int_equal(past->member.real_balance, 25000);
    assert_string_equal(past->request_id, "r");
    past = NULL;
    for (int i = 0; i < 3; i++)
        assert_int_equal(bursar_balance_at(script.client, NULL, 0, &past), BURSAR_PROTOCOL);
    assert_int_equal(bursar_balance_at(script.client, "7", noon_us, &past), BURSAR_REFUSED);
    assert_null(past);
    script_stop(&script);
    assert_string_equal(script.actions[0], "DescribeMemberBalance");
    assert_string_equal(script.bodies[0],
                        "{\"MemberUin\":\"7\",\"AsOf\":\"2026-11-24T13:00:00Z\"}");
    assert_string_equal(script.bodies[1], "{}");
}

static void what_cannot_be_meant_calls_nobody(void **state)
{
    (void)state;
    static const char *const kinds[] = {"charge", NULL};
    static const struct bursar_entry_filter filters[] = {
        {.member_uin = "x"}, {.kinds = kinds, .kind_count = 2},
        {.start_us = -1},    {.end_us = INT64_MAX},
        {.page_size = 1001}, {.client_token = "\xff"},
    };
    struct script script = {.answers = {PAGE("", "\"\""), NULL}};
    struct bursar_entries *entries;
    struct bursar_statement *statement;
    const struct bursar_past_balance *past;
    script_start(&script, (struct bursar_options){0});
    struct bursar_client *client = script.client;
    for (size_t i = 0; i < sizeof filters / sizeof *filters; i++) {
        assert_int_equal(bursar_entries_new(client, &filters[i], NULL, &entries), BURSAR_USAGE);
        assert_null(entries);
        assert_true(*bursar_error_message(client));
    }
    assert_int_equal(bursar_statement_new(client, "", 0, 0, &statement), BURSAR_USAGE);
    assert_int_equal(bursar_statement_new(client, "7", -1, 0, &statement), BURSAR_USAGE);
    assert_int_equal(bursar_balance_at(client, "7", -1, &past), BURSAR_USAGE);
    bursar_entries_free(NULL);
    bursar_statement_free(NULL);
    script_stop(&script);
    assert_int_equal(script.served, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pages_follow_each_other),
        cmocka_unit_test(every_filter_is_sent_with_every_page),
        cmocka_unit_test(an_entry_has_what_its_kind_has),
        cmocka_unit_test(a_walk_can_be_gone_on_with_elsewhere),
        cmocka_unit_test(after_a_failed_call_the_walk_goes_on),
        cmocka_unit_test(lost_pages_are_asked_for_again),
        cmocka_unit_test(the_client_may_be_used_between),
        cmocka_unit_test(broken_pages_are_not_believed),
        cmocka_unit_test(a_statement_opens_and_closes),
        cmocka_unit_test(a_statement_needs_both_balances),
        cmocka_unit_test(a_balance_of_the_past),
        cmocka_unit_test(what_cannot_be_meant_calls_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
