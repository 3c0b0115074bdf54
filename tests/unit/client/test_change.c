/* Holds and credit: what is sent, and what an answer must be. */
#include "script.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define MEMBER(real)                                                                               \
    "\"Member\":{\"BasicCreditAmount\":0,\"CashAccountBalance\":1,\"CreditAmount\":0,"             \
    "\"IsCreditAccount\":false,\"MemberName\":\"n\",\"MemberUin\":\"7\",\"OweAmount\":0,"          \
    "\"RealBalance\":" real ",\"TempCredit\":0}"
#define ANSWER(members) "{\"Response\":{" members ",\"RequestId\":\"r\"}}"
#define HELD(id) ANSWER("\"HoldId\":" id "," MEMBER("2"))
#define USED(amount, id)                                                                           \
    ANSWER("\"Amount\":" amount ",\"EntryId\":" id ",\"HoldId\":5," MEMBER("2"))
#define GRANTED(id) ANSWER("\"GrantId\":" id "," MEMBER("2"))
#define REVOKED(id) ANSWER("\"EntryId\":" id "," MEMBER("2"))
#define MODIFIED(ids) ANSWER("\"EntryIds\":" ids "," MEMBER("2"))

enum { CREATE, CAPTURE, RELEASE, GRANT, REVOKE, SET, CALLS };

static const char *const actions[CALLS] = {
    "CreateHold",  "CaptureHold", "ReleaseHold", "CreateTemporaryCredit", "DeleteTemporaryCredit",
    "ModifyMember"};
static const char *const good[CALLS] = {HELD("31"),    USED("1.5", "31"), USED("1.5", "31"),
                                        GRANTED("31"), REVOKED("31"),     MODIFIED("[30,31]")};

/* One of the calls, with everything it takes. */
static enum bursar_result call(struct bursar_client *client, int which,
                               const struct bursar_write_options *options,
                               const struct bursar_change **ret_change)
{
    static const int64_t basic = 1000000;
    static const struct bursar_hold_request hold = {"7", 20000, 1795525200000001, "why"};
    static const struct bursar_hold_use use = {"7", 5, 15000, "why"};
    static const struct bursar_grant_request grant = {"7", 20000, 1795525200000000,
                                                      1795525260000000, "why"};
    static const struct bursar_grant_end end = {"7", 6, "why"};
    static const struct bursar_credit credit = {"7", &basic, BURSAR_ON, BURSAR_OFF, "why"};
    switch (which) {
    case CREATE:
        return bursar_hold_create(client, &hold, options, ret_change);
    case CAPTURE:
        return bursar_hold_capture(client, &use, options, ret_change);
    case RELEASE:
        return bursar_hold_release(client, &use, options, ret_change);
    case GRANT:
        return bursar_credit_grant(client, &grant, options, ret_change);
    case REVOKE:
        return bursar_credit_revoke(client, &end, options, ret_change);
    default:
        return bursar_credit_set(client, &credit, options, ret_change);
    }
}

static void everything_given_is_sent(void **state)
{
    (void)state;
    static const char about[] = "{\"ClientToken\":\"t\",\"MemberUin\":\"7\",\"Reason\":\"why\",";
    static const char *const rest[CALLS] = {
        "\"Amount\":2,\"ExpiresAt\":\"2026-11-24T13:00:00.000001Z\"}",
        "\"HoldId\":5,\"Amount\":1.5}",
        "\"HoldId\":5,\"Amount\":1.5}",
        ("\"Amount\":2,\"StartTime\":\"2026-11-24T13:00:00Z\","
         "\"EndTime\":\"2026-11-24T13:01:00Z\"}"),
        "\"GrantId\":6}",
        "\"BasicCreditAmount\":100,\"IsCreditAccount\":true,\"AllowArrears\":false}",
    };
    for (int i = 0; i < CALLS; i++) {
        struct script script = {.answers = {good[i], NULL}};
        struct bursar_write_options options = {.client_token = "t"};
        const struct bursar_change *change;
        script_start(&script, (struct bursar_options){0});
        assert_int_equal(call(script.client, i, &options, &change), BURSAR_OK);
        assert_int_equal(change->entry_id, 31);
        assert_int_equal(change->amount, i == CAPTURE || i == RELEASE ? 15000 : 0);
        assert_string_equal(change->member.member_uin, "7");
        assert_int_equal(change->member.real_balance, 20000);
        assert_string_equal(change->request_id, "r");
        script_stop(&script);
        assert_string_equal(script.actions[0], actions[i]);
        assert_ptr_equal(strstr(script.bodies[0], about), script.bodies[0]);
        assert_string_equal(script.bodies[0] + strlen(about), rest[i]);
    }
}

static void what_is_left_out_is_not_sent(void **state)
{
    (void)state;
    struct script script = {
        .answers = {HELD("1"), USED("1", "2"), GRANTED("3"), MODIFIED("[]"), NULL}};
    struct bursar_write_options options = {.client_token = "t"};
    const struct bursar_change *change;
    script_start(&script, (struct bursar_options){0});
    struct bursar_client *client = script.client;
    assert_int_equal(
        bursar_hold_create(client, &(struct bursar_hold_request){.member_uin = "7", .amount = 1},
                           &options, &change),
        BURSAR_OK);
    assert_int_equal(bursar_hold_capture(client,
                                         &(struct bursar_hold_use){.member_uin = "7", .hold_id = 1},
                                         &options, &change),
                     BURSAR_OK);
    assert_int_equal(
        bursar_credit_grant(client, &(struct bursar_grant_request){.member_uin = "7", .amount = 1},
                            &options, &change),
        BURSAR_OK);
    assert_int_equal(
        bursar_credit_set(client, &(struct bursar_credit){.member_uin = "7"}, &options, &change),
        BURSAR_OK);
    assert_int_equal(change->entry_id, 0); /* nothing had to change */
    script_stop(&script);
#define ABOUT "{\"ClientToken\":\"t\",\"MemberUin\":\"7\""
    assert_string_equal(script.bodies[0], ABOUT ",\"Amount\":0.0001}");
    assert_string_equal(script.bodies[1], ABOUT ",\"HoldId\":1}");
    assert_string_equal(script.bodies[2], ABOUT ",\"Amount\":0.0001}");
    assert_string_equal(script.bodies[3], ABOUT "}");
}

static void a_lost_answer_is_asked_for_again_or_called_unknown(void **state)
{
    (void)state;
    for (int i = 0; i < CALLS; i++) {
        struct script script = {.answers = {CLOSED, good[i], NULL}};
        const struct bursar_change *change = NULL;
        script_start(&script, (struct bursar_options){.retries_max = 1});
        assert_int_equal(call(script.client, i, NULL, &change), BURSAR_OK);
        assert_string_equal(script.bodies[0], script.bodies[1]);

        change = NULL;
        script_restart(&script, (const char *[]){CLOSED, NULL});
        assert_int_equal(call(script.client, i, NULL, &change), BURSAR_UNKNOWN);
        assert_null(change);
        char token[80];
        script_settle(&script);
        body_text(script.bodies[0], "ClientToken", token, sizeof token);
        assert_string_equal(bursar_client_token(script.client), token);
        script_stop(&script);
    }
}

static void broken_answers_are_not_believed(void **state)
{
    (void)state;
    static const struct {
        int call;
        const char *answer, *words;
    } rows[] = {
        {CREATE, HELD("0"), "HoldId is zero"},
        {CREATE, HELD("\"1\""), "HoldId is not a whole number"},
        {CREATE, ANSWER(MEMBER("2")), "HoldId is missing"},
        {CREATE, ANSWER("\"HoldId\":1"), "Member is missing"},
        {CREATE, ANSWER("\"HoldId\":1,\"Member\":null"), "Member is not an object"},
        {CREATE, ANSWER("\"HoldId\":1,\"Member\":[]"), "Member is not an object"},
        {CREATE, ANSWER("\"HoldId\":1,\"Member\":{}"), "MemberUin is missing"},
        {CREATE, ANSWER("\"HoldId\":1," MEMBER("\"2\"")), "RealBalance is not a number"},
        {CAPTURE, USED("1", "0"), "EntryId is zero"},
        {CAPTURE, USED("null", "1"), "Amount is not a number"},
        {RELEASE, USED("0.00001", "1"), "Amount is more precise"},
        {GRANT, GRANTED("-1"), "GrantId is not a whole number"},
        {GRANT, HELD("1"), "GrantId is missing"},
        {REVOKE, REVOKED("1.0"), "EntryId is not a whole number"},
        {SET, MODIFIED("7"), "EntryIds is not a list"},
        {SET, MODIFIED("[null]"), "EntryIds is not a whole number"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct script script = {.answers = {rows[i].answer, NULL}};
        const struct bursar_change *change = NULL;
        script_start(&script, (struct bursar_options){.retries_max = 2});
        assert_int_equal(call(script.client, rows[i].call, NULL, &change), BURSAR_UNKNOWN);
        assert_null(change);
        if (!strstr(bursar_error_message(script.client), rows[i].words))
            fail_msg("%s: %s", rows[i].words, bursar_error_message(script.client));
        script_stop(&script);
        assert_int_equal(script.served, 1);
    }
}

static void dry_runs_make_nothing(void **state)
{
    (void)state;
    static const char *const tried[CALLS] = {HELD("0"),    USED("1.5", "0"), USED("1.5", "0"),
                                             GRANTED("0"), REVOKED("0"),     MODIFIED("[]")};
    struct bursar_write_options dry = {.dry_run = true};
    for (int i = 0; i < CALLS; i++) {
        struct script script = {.answers = {tried[i], good[i], NULL}};
        const struct bursar_change *change;
        script_start(&script, (struct bursar_options){0});
        assert_int_equal(call(script.client, i, &dry, &change), BURSAR_OK);
        assert_int_equal(change->entry_id, 0);
        assert_int_equal(change->member.real_balance, 20000);
        if (i != SET)
            assert_int_equal(call(script.client, i, &dry, &change), BURSAR_PROTOCOL);
        script_stop(&script);
        assert_non_null(strstr(script.bodies[0], "\"DryRun\":true"));
        assert_null(strstr(script.bodies[0], "ClientToken"));
    }
}

static void what_cannot_be_meant_calls_nobody(void **state)
{
    (void)state;
    struct script script = {.answers = {HELD("1"), NULL}};
    const struct bursar_change *change = NULL;
    script_start(&script, (struct bursar_options){0});
    struct bursar_client *client = script.client;
    static const struct bursar_hold_request holds[] = {
        {.amount = 1},
        {.member_uin = "x", .amount = 1},
        {.member_uin = "7", .amount = 1, .expires_us = -1},
        {.member_uin = "7", .amount = 1, .expires_us = INT64_MAX},
        {.member_uin = "7", .amount = 1, .reason = "\xc3"},
    };
    for (size_t i = 0; i < sizeof holds / sizeof *holds; i++)
        assert_int_equal(bursar_hold_create(client, &holds[i], NULL, &change), BURSAR_USAGE);
    struct bursar_credit credit = {.member_uin = "7", .allow_arrears = (enum bursar_switch)3};
    assert_int_equal(bursar_credit_set(client, &credit, NULL, &change), BURSAR_USAGE);
    const struct bursar_hold_page *page;
    assert_int_equal(bursar_holds(client, "7", 0, 1001, &page), BURSAR_USAGE);
    assert_int_equal(bursar_holds(client, "07", 0, 10, &page), BURSAR_USAGE);
    assert_int_equal(bursar_holds(client, "7", UINT64_MAX, 10, &page), BURSAR_USAGE);
    script_stop(&script);
    assert_int_equal(script.served, 0);
}

static void open_holds_are_listed(void **state)
{
    (void)state;
    struct script script = {
        .answers = {
            ANSWER("\"Data\":[{\"Amount\":1.5,\"ExpiresAt\":\"9999-12-31 23:59:59\",\"HoldId\":3},"
                   "{\"Amount\":2,\"ExpiresAt\":\"2026-11-24 13:00:00\",\"HoldId\":4}],"
                   "\"TotalCount\":9"),
            ANSWER("\"Data\":[],\"TotalCount\":9"),
            ANSWER("\"Data\":[{\"Amount\":1.5,\"ExpiresAt\":\"soon\",\"HoldId\":3}],"
                   "\"TotalCount\":9"),
            NULL}};
    const struct bursar_hold_page *page;
    script_start(&script, (struct bursar_options){0});
    assert_int_equal(bursar_holds(script.client, "7", 2, 2, &page), BURSAR_OK);
    assert_int_equal(page->hold_count, 2);
    assert_int_equal(page->total_count, 9);
    assert_int_equal(page->holds[0].hold_id, 3);
    assert_int_equal(page->holds[0].amount, 15000);
    assert_int_equal(page->holds[0].expires_us, 0);
    assert_int_equal(page->holds[1].expires_us, 1795525200000000);
    assert_int_equal(bursar_holds(script.client, NULL, 0, 0, &page), BURSAR_OK);
    assert_int_equal(page->hold_count, 0);
    assert_int_equal(bursar_holds(script.client, NULL, 0, 0, &page), BURSAR_PROTOCOL);
    assert_non_null(strstr(bursar_error_message(script.client), "ExpiresAt is not a time"));
    script_stop(&script);
    assert_string_equal(script.actions[0], "DescribeHolds");
    assert_string_equal(script.bodies[0], "{\"MemberUin\":\"7\",\"Offset\":2,\"Limit\":2}");
    assert_string_equal(script.bodies[1], "{\"Offset\":0,\"Limit\":100}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_given_is_sent),
        cmocka_unit_test(what_is_left_out_is_not_sent),
        cmocka_unit_test(a_lost_answer_is_asked_for_again_or_called_unknown),
        cmocka_unit_test(broken_answers_are_not_believed),
        cmocka_unit_test(dry_runs_make_nothing),
        cmocka_unit_test(what_cannot_be_meant_calls_nobody),
        cmocka_unit_test(open_holds_are_listed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
