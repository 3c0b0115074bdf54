/* Transfers: what is sent, what an answer must be, and what is said of one that was lost. */
#include "script.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#define ROW(uin, real)                                                                             \
    "{\"BasicCreditAmount\":0,\"CashAccountBalance\":" real ",\"CreditAmount\":0,"                 \
    "\"IsCreditAccount\":false,\"MemberName\":\"n\",\"MemberUin\":\"" uin "\",\"OweAmount\":0,"    \
    "\"RealBalance\":" real ",\"TempCredit\":0}"
#define POSTED(applied, ids, errors, members)                                                      \
    "{\"Response\":{\"Applied\":" applied ",\"EntryIds\":" ids ",\"Errors\":" errors               \
    ",\"Members\":" members ",\"RequestId\":\"r2\"}}"
#define GOOD POSTED("true", "[71]", "[]", "[" ROW("7", "1250.5") "]")

static const struct bursar_transfer one = {
    .kind = BURSAR_TOP_UP, .member_uin = "7", .amount = 12505000};

static enum bursar_result post_one(struct script *script,
                                   const struct bursar_write_options *options,
                                   const struct bursar_posting **ret_posting)
{
    return bursar_post(script->client, &one, 1, options, ret_posting);
}

static void every_kind_is_sent_as_the_api_names_it(void **state)
{
    (void)state;
    static const struct bursar_transfer transfers[] = {
        {.kind = BURSAR_TOP_UP, .member_uin = "7", .amount = 10000},
        {.kind = BURSAR_WITHDRAW, .member_uin = "7", .amount = 1},
        {.kind = BURSAR_CHARGE, .member_uin = "7", .amount = 12345678, .reason = "a \"b\""},
        {.kind = BURSAR_REFUND, .member_uin = "7", .amount = 20000, .account = BURSAR_GIFT},
        {.kind = BURSAR_REFUND, .member_uin = "7", .amount = 20000, .account = BURSAR_INCOME},
        {.kind = BURSAR_GRANT_GIFT, .member_uin = "7", .amount = 1000000},
        {.kind = BURSAR_MOVE, .member_uin = "7", .to_member_uin = "8", .amount = INT64_MAX},
        {.kind = BURSAR_ADJUST,
         .member_uin = "7",
         .cash_amount = -10000,
         .gift_amount = 15000,
         .reason = "r"},
    };
    static const char wanted[] =
        "\"Transfers\":[{\"Kind\":\"top_up\",\"MemberUin\":\"7\",\"Amount\":1},"
        "{\"Kind\":\"withdraw\",\"MemberUin\":\"7\",\"Amount\":0.0001},"
        "{\"Kind\":\"charge\",\"MemberUin\":\"7\",\"Amount\":1234.5678,\"Reason\":\"a \\\"b\\\"\"},"
        "{\"Kind\":\"refund\",\"MemberUin\":\"7\",\"Amount\":2,\"Account\":\"gift\"},"
        "{\"Kind\":\"refund\",\"MemberUin\":\"7\",\"Amount\":2,\"Account\":\"income\"},"
        "{\"Kind\":\"grant_gift\",\"MemberUin\":\"7\",\"Amount\":100},"
        "{\"Kind\":\"move\",\"MemberUin\":\"7\",\"ToMemberUin\":\"8\","
        "\"Amount\":922337203685477.5807},"
        "{\"Kind\":\"adjust\",\"MemberUin\":\"7\",\"CashAmount\":-1,\"GiftAmount\":1.5,"
        "\"Reason\":\"r\"}]}";
    struct script script = {.answers = {POSTED("true", "[1,2,3,4,5,6,7,8]", "[]", "[]"), NULL}};
    const struct bursar_posting *posting;
    script_start(&script, (struct bursar_options){.organization_id = 3});
    assert_int_equal(bursar_post(script.client, transfers, 8, NULL, &posting), BURSAR_OK);
    assert_int_equal(posting->entry_id_count, 8);
    script_stop(&script);
    assert_string_equal(script.actions[0], "CreateTransfers");
    assert_ptr_equal(strstr(script.bodies[0], "{\"OrganizationId\":3,\"ClientToken\":\""),
                     script.bodies[0]);
    const char *at = strstr(script.bodies[0], "\"Transfers\"");
    assert_non_null(at);
    assert_string_equal(at, wanted);
    assert_null(strstr(script.bodies[0], "Partial"));
    assert_null(strstr(script.bodies[0], "DryRun"));
}

static void an_answer_is_read_to_the_micro(void **state)
{
    (void)state;
    struct script script = {
        .answers = {POSTED("true", "[0,9007199254740993,0]",
                           "[{\"Code\":\"FailedOperation.BalanceInsufficient\",\"Index\":0,"
                           "\"MemberUin\":\"8\",\"Message\":\"too little\"},{\"Code\":\"c\","
                           "\"Index\":2,\"MemberUin\":\"\",\"Message\":\"m\"}]",
                           "[" ROW("7", "1250.5") "," ROW("18", "-0.0001") "]"),
                    NULL}};
    const struct bursar_transfer transfers[3] = {one, one, one};
    const struct bursar_posting *posting;
    script_start(&script, (struct bursar_options){0});
    assert_int_equal(bursar_post(script.client, transfers, 3,
                                 &(struct bursar_write_options){.partial = true}, &posting),
                     BURSAR_OK);
    assert_true(posting->applied);
    assert_true(posting->entry_ids[1] == 9007199254740993);
    assert_int_equal(posting->error_count, 2);
    assert_string_equal(posting->errors[0].code, "FailedOperation.BalanceInsufficient");
    assert_string_equal(posting->errors[0].message, "too little");
    assert_string_equal(posting->errors[0].member_uin, "8");
    assert_int_equal(posting->errors[1].index, 2);
    assert_int_equal(posting->member_count, 2);
    assert_int_equal(posting->members[0].real_balance, 12505000);
    assert_string_equal(posting->members[1].member_uin, "18");
    assert_int_equal(posting->members[1].cash_account_balance, -1);
    assert_string_equal(posting->request_id, "r2");
    script_stop(&script);
    assert_non_null(strstr(script.bodies[0], "\"Partial\":true"));
}

static bool is_uuid_4(const char *text)
{
    for (int i = 0; i < 36; i++) {
        bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (is_dash ? text[i] != '-' : !text[i] || !strchr("0123456789abcdef", text[i]))
            return false;
    }
    return text[36] == '\0' && text[14] == '4' && strchr("89ab", text[19]);
}

static void every_write_has_a_token_of_its_own(void **state)
{
    (void)state;
    char tokens[2][80];
    const struct bursar_posting *posting;
    struct script script = {.answers = {GOOD, NULL}};
    script_start(&script, (struct bursar_options){0});
    assert_string_equal(bursar_client_token(script.client), "");
    for (int i = 0; i < 2; i++) {
        assert_int_equal(post_one(&script, NULL, &posting), BURSAR_OK);
        body_text(script.bodies[i], "ClientToken", tokens[i], sizeof tokens[i]);
        assert_true(is_uuid_4(tokens[i]));
        assert_string_equal(bursar_client_token(script.client), tokens[i]);
    }
    assert_string_not_equal(tokens[0], tokens[1]);
    struct bursar_write_options given = {.client_token = "order-17!~"};
    assert_int_equal(post_one(&script, &given, &posting), BURSAR_OK);
    body_text(script.bodies[2], "ClientToken", tokens[0], sizeof tokens[0]);
    assert_string_equal(tokens[0], "order-17!~");
    assert_string_equal(bursar_client_token(script.client), "order-17!~");
    script_stop(&script);
}

static void whatever_is_repeated_is_the_same(void **state)
{
    (void)state;
    static const char *const troubles[] = {CLOSED,
                                           HALF,
                                           BAD_GATEWAY,
                                           REFUSAL("RequestLimitExceeded"),
                                           REFUSAL("ServiceUnavailable"),
                                           REFUSAL("InternalError"),
                                           REFUSAL("InternalError.Something")};
    static const enum bursar_signing signings[] = {BURSAR_SIGN_TC3, BURSAR_SIGN_TC3_UNSIGNED};
    for (size_t i = 0; i < sizeof troubles / sizeof *troubles; i++) {
        struct script script = {.answers = {troubles[i], CLOSED, troubles[i], GOOD, NULL}};
        const struct bursar_posting *posting;
        script_start(&script,
                     (struct bursar_options){.retries_max = 5, .signing = signings[i % 2]});
        assert_int_equal(post_one(&script, NULL, &posting), BURSAR_OK);
        assert_int_equal(posting->entry_ids[0], 71);
        assert_string_equal(bursar_error_message(script.client), "");
        script_stop(&script);
        assert_int_equal(script.served, 4);
        assert_non_null(strstr(script.bodies[0], "\"ClientToken\":\""));
        for (int k = 1; k < 4; k++)
            assert_string_equal(script.bodies[k], script.bodies[0]);
    }
}

static void a_lost_outcome_is_called_unknown_and_settled_later(void **state)
{
    (void)state;
    static const char *const troubles[] = {CLOSED, HALF, BAD_GATEWAY, REFUSAL("InternalError"),
                                           "junk"};
    for (size_t i = 0; i < sizeof troubles / sizeof *troubles; i++) {
        char token[80];
        struct script script = {.answers = {troubles[i], NULL}};
        const struct bursar_posting *posting = NULL;
        script_start(&script, (struct bursar_options){.retries_max = 2});
        assert_int_equal(post_one(&script, NULL, &posting), BURSAR_UNKNOWN);
        assert_null(posting);
        script_settle(&script);
        assert_non_null(strstr(bursar_error_message(script.client), "unknown: "));
        assert_int_equal(script.served, strcmp(troubles[i], "junk") == 0 ? 1 : 3);
        body_text(script.bodies[0], "ClientToken", token, sizeof token);
        assert_string_equal(bursar_client_token(script.client), token);

        char first[SCRIPT_BODY_SIZE];
        memcpy(first, script.bodies[0], sizeof first);
        script_restart(&script, (const char *[]){GOOD, NULL});
        struct bursar_write_options again = {.client_token = bursar_client_token(script.client)};
        assert_int_equal(post_one(&script, &again, &posting), BURSAR_OK);
        assert_string_equal(script.bodies[0], first);
        assert_string_equal(bursar_client_token(script.client), token);
        script_stop(&script);
    }
}

/* Behind an attempt whose answer was lost only some answers say what became of it. */
static void not_every_refusal_settles_a_lost_attempt(void **state)
{
    (void)state;
    static const struct {
        const char *first, *second;
        enum bursar_result result;
        const char *code;
    } rows[] = {
        {CLOSED, REFUSAL("FailedOperation.BalanceInsufficient"), BURSAR_REFUSED,
         "FailedOperation.BalanceInsufficient"},
        {CLOSED, REFUSAL("ResourceNotFound"), BURSAR_REFUSED, "ResourceNotFound"},
        {CLOSED, REFUSAL("InvalidParameterValue"), BURSAR_REFUSED, "InvalidParameterValue"},
        {CLOSED, REFUSAL("AuthFailure.SignatureExpire"), BURSAR_UNKNOWN,
         "AuthFailure.SignatureExpire"},
        {CLOSED, REFUSAL("UnauthorizedOperation.CamNoAuth"), BURSAR_UNKNOWN,
         "UnauthorizedOperation.CamNoAuth"},
        {CLOSED, REFUSAL("RequestLimitExceeded"), BURSAR_UNKNOWN, "RequestLimitExceeded"},
        {CLOSED, REFUSAL("ServiceUnavailable"), BURSAR_UNKNOWN, "ServiceUnavailable"},
        {REFUSAL("InternalError"), REFUSAL("AuthFailure"), BURSAR_UNKNOWN, "AuthFailure"},
        {REFUSAL("RequestLimitExceeded"), REFUSAL("RequestLimitExceeded"), BURSAR_REFUSED,
         "RequestLimitExceeded"},
        {REFUSAL("RequestLimitExceeded"), REFUSAL("AuthFailure"), BURSAR_REFUSED, "AuthFailure"},
        {REFUSAL("ServiceUnavailable"), REFUSAL("ServiceUnavailable"), BURSAR_REFUSED,
         "ServiceUnavailable"},
        {REFUSAL("RequestLimitExceeded"), CLOSED, BURSAR_UNKNOWN, ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct script script = {.answers = {rows[i].first, rows[i].second, NULL}};
        const struct bursar_posting *posting = NULL;
        script_start(&script, (struct bursar_options){.retries_max = 1});
        if (post_one(&script, NULL, &posting) != rows[i].result)
            fail_msg("row %zu: %s", i, bursar_error_message(script.client));
        assert_null(posting);
        assert_string_equal(bursar_error_code(script.client), rows[i].code);
        script_settle(&script);
        assert_true(script.served >= 2); /* libcurl itself repeats over a kept connection */
        script_stop(&script);
    }
}

static void what_was_never_sent_is_not_unknown(void **state)
{
    (void)state;
    char endpoint[160];
    const struct bursar_posting *posting = NULL;
    struct script script = {.answers = {GOOD, NULL}};
    script_start(&script, (struct bursar_options){0});
    script_stop(&script);
    memcpy(endpoint, script.server.endpoint, sizeof endpoint); /* nobody listens there now */
    struct bursar_options options = {.endpoint = endpoint, .secret_id = "id", .secret_key = "key"};
    assert_int_equal(bursar_client_new(&options, NULL, 0, &script.client), BURSAR_OK);
    assert_int_equal(post_one(&script, NULL, &posting), BURSAR_NETWORK);
    bursar_client_free(script.client);

    /* Somebody listens, and speaks no TLS. */
    char secure[256];
    struct script deaf = {.answers = {CLOSED, NULL}};
    script_start(&deaf, (struct bursar_options){0});
    (void)snprintf(secure, sizeof secure, "https%s", deaf.server.endpoint + strlen("http"));
    options.endpoint = secure;
    options.timeout_ms = 500;
    assert_int_equal(bursar_client_new(&options, NULL, 0, &script.client), BURSAR_OK);
    assert_int_equal(post_one(&script, NULL, &posting), BURSAR_NETWORK);
    bursar_client_free(script.client);
    script_stop(&deaf);
}

static void refusals_come_through(void **state)
{
    (void)state;
    struct script script = {.answers = {REFUSAL("FailedOperation.BalanceInsufficient"), NULL}};
    const struct bursar_posting *posting = NULL;
    script_start(&script, (struct bursar_options){.retries_max = 3});
    assert_int_equal(post_one(&script, NULL, &posting), BURSAR_REFUSED);
    assert_null(posting);
    assert_string_equal(bursar_error_code(script.client), "FailedOperation.BalanceInsufficient");
    assert_string_equal(bursar_error_message(script.client), "because");
    assert_string_equal(bursar_request_id(script.client), "r1");
    assert_true(is_uuid_4(bursar_client_token(script.client)));
    assert_int_equal(script.served, 1);
    script_stop(&script);
}

#define TWO "[0,0]"
static const struct {
    const char *answer, *words;
} broken[] = {
    {"{\"Response\":{}}", "Applied is missing"},
    {POSTED("1", "[1,2]", "[]", "[]"), "Applied is neither"},
    {POSTED("true", "null", "[]", "[]"), "EntryIds is not a list"},
    {POSTED("true", "{}", "[]", "[]"), "EntryIds is not a list"},
    {POSTED("true", "[1,null]", "[]", "[]"), "EntryIds is not a whole number"},
    {POSTED("true", "[1,\"2\"]", "[]", "[]"), "EntryIds is not a whole number"},
    {POSTED("true", "[1,2.5]", "[]", "[]"), "EntryIds is not a whole number"},
    {POSTED("true", "[1,-2]", "[]", "[]"), "EntryIds is not a whole number"},
    {POSTED("true", "[1,9223372036854775808]", "[]", "[]"), "EntryIds is not a whole number"},
    {POSTED("true", "[1]", "[]", "[]"), "EntryIds and Errors do not agree"},
    {POSTED("true", "[1,2,3]", "[]", "[]"), "EntryIds and Errors do not agree"},
    {POSTED("true", "[1,0]", "[]", "[]"), "EntryIds and Errors do not agree"},
    {POSTED("false", "[1,2]", "[]", "[]"), "EntryIds and Errors do not agree"},
    {POSTED("false", TWO, "[]", "[]"), "EntryIds and Errors do not agree"},
    {POSTED("true", "[1,2]", "null", "[]"), "Errors is not a list"},
    {POSTED("true", "[1,2]", "[1]", "[]"), "Errors is not a list of objects"},
    {POSTED("true", "[1,2]", "[{}]", "[]"), "Code is missing"},
    {POSTED("true", "[1,2]", "[]", "[{}]"), "MemberUin is missing"},
    {POSTED("true", "[1,2]", "[]", "[" ROW("7", "\"1\"") "]"), "CashAccountBalance is not"},
    {POSTED("true", "[1,2]", "[]", "[" ROW("07", "1") "]"), "MemberUin is not"},
    {POSTED("true", "[1,2]", "[]", "[" ROW("7", "0.00001") "]"), "more precise"},
};

static void broken_answers_leave_the_outcome_unknown(void **state)
{
    (void)state;
    const struct bursar_transfer transfers[2] = {one, one};
    struct script script = {.answers = {GOOD, NULL}};
    script_start(&script, (struct bursar_options){.retries_max = 3});
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        const struct bursar_posting *posting = NULL;
        script_restart(&script, (const char *[]){broken[i].answer, NULL});
        if (bursar_post(script.client, transfers, 2, NULL, &posting) != BURSAR_UNKNOWN)
            fail_msg("%s", broken[i].answer);
        assert_null(posting);
        if (!strstr(bursar_error_message(script.client), broken[i].words))
            fail_msg("%s: %s", broken[i].words, bursar_error_message(script.client));
        assert_int_equal(script.served, 1);
    }
    script_stop(&script);
}

static void errors_must_fit_the_transfers(void **state)
{
    (void)state;
#define ERRORS(first, second)                                                                      \
    "[{\"Code\":\"c\",\"Index\":" first ",\"MemberUin\":\"7\",\"Message\":\"m\"},"                 \
    "{\"Code\":\"c\",\"Index\":" second ",\"MemberUin\":\"7\",\"Message\":\"m\"}]"
    static const struct {
        const char *answer;
        enum bursar_result result;
    } rows[] = {
        {POSTED("true", "[0,0,5]", ERRORS("0", "1"), "[]"), BURSAR_OK},
        {POSTED("true", "[0,0,5]", ERRORS("1", "0"), "[]"), BURSAR_UNKNOWN},
        {POSTED("true", "[0,0,5]", ERRORS("0", "0"), "[]"), BURSAR_UNKNOWN},
        {POSTED("true", "[0,0,5]", ERRORS("0", "2"), "[]"), BURSAR_UNKNOWN},
        {POSTED("true", "[0,0,5]", ERRORS("0", "3"), "[]"), BURSAR_UNKNOWN},
        {POSTED("true", "[0,0,5]", ERRORS("0", "4294967296"), "[]"), BURSAR_UNKNOWN},
        {POSTED("true", "[0,0,5]", ERRORS("-1", "1"), "[]"), BURSAR_UNKNOWN},
    };
    const struct bursar_transfer transfers[3] = {one, one, one};
    struct bursar_write_options partial = {.partial = true};
    struct script script = {.answers = {GOOD, NULL}};
    script_start(&script, (struct bursar_options){0});
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct bursar_posting *posting;
        script_restart(&script, (const char *[]){rows[i].answer, NULL});
        if (bursar_post(script.client, transfers, 3, &partial, &posting) != rows[i].result)
            fail_msg("row %zu: %s", i, bursar_error_message(script.client));
    }
    /* Without `partial` nothing may be left out. */
    const struct bursar_posting *posting;
    script_restart(&script, (const char *[]){rows[0].answer, NULL});
    assert_int_equal(bursar_post(script.client, transfers, 3, NULL, &posting), BURSAR_UNKNOWN);
    script_stop(&script);
}

static void a_dry_run_uses_no_token_and_is_never_unknown(void **state)
{
    (void)state;
    static const char would_be[] = POSTED("false", "[0]", "[]", "[" ROW("7", "1") "]");
    static const struct {
        const char *first, *second;
        enum bursar_result result;
    } rows[] = {
        {CLOSED, would_be, BURSAR_OK},    {REFUSAL("InternalError"), would_be, BURSAR_OK},
        {CLOSED, CLOSED, BURSAR_NETWORK}, {would_be, would_be, BURSAR_OK},
        {GOOD, GOOD, BURSAR_PROTOCOL}, /* it says that something was done */
    };
    struct bursar_write_options dry = {.client_token = "t", .dry_run = true};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct script script = {.answers = {rows[i].first, rows[i].second, NULL}};
        const struct bursar_posting *posting = NULL;
        script_start(&script, (struct bursar_options){.retries_max = 1});
        if (post_one(&script, &dry, &posting) != rows[i].result)
            fail_msg("row %zu: %s", i, bursar_error_message(script.client));
        assert_string_equal(bursar_client_token(script.client), "");
        if (posting)
            assert_false(posting->applied);
        script_stop(&script);
        assert_non_null(strstr(script.bodies[0], "\"DryRun\":true"));
        assert_null(strstr(script.bodies[0], "ClientToken"));
    }
}

static void what_cannot_be_meant_calls_nobody(void **state)
{
    (void)state;
    static const struct bursar_transfer odd[] = {
        {.member_uin = "7", .amount = 1},
        {.kind = (enum bursar_transfer_kind)8, .member_uin = "7", .amount = 1},
        {.kind = BURSAR_REFUND, .member_uin = "7", .amount = 1, .account = (enum bursar_account)3},
        {.kind = BURSAR_TOP_UP, .amount = 1},
        {.kind = BURSAR_TOP_UP, .member_uin = "", .amount = 1},
        {.kind = BURSAR_TOP_UP, .member_uin = "07", .amount = 1},
        {.kind = BURSAR_MOVE, .member_uin = "7", .to_member_uin = "x", .amount = 1},
        {.kind = BURSAR_CHARGE, .member_uin = "7", .amount = 1, .reason = "\xff"},
    };
    static const char *const tokens[] = {
        "", "a b", "\xc3\xa9", "a\n",
        "12345678901234567890123456789012345678901234567890123456789012345"};
    static struct bursar_transfer many[BURSAR_TRANSFERS_MAX + 1];
    const struct bursar_posting *posting = NULL;
    struct script script = {.answers = {GOOD, NULL}};
    script_start(&script, (struct bursar_options){.retries_max = 3});
    struct bursar_client *client = script.client;
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        const struct bursar_transfer pair[2] = {one, odd[i]};
        assert_int_equal(bursar_post(client, pair, 2, NULL, &posting), BURSAR_USAGE);
        assert_non_null(strstr(bursar_error_message(client), "item 1"));
    }
    for (size_t i = 0; i < sizeof tokens / sizeof *tokens; i++) {
        struct bursar_write_options options = {.client_token = tokens[i]};
        assert_int_equal(post_one(&script, &options, &posting), BURSAR_USAGE);
        assert_string_equal(bursar_client_token(client), "");
    }
    for (size_t i = 0; i <= BURSAR_TRANSFERS_MAX; i++)
        many[i] = one;
    assert_int_equal(bursar_post(client, many, 0, NULL, &posting), BURSAR_USAGE);
    assert_int_equal(bursar_post(client, many, BURSAR_TRANSFERS_MAX + 1, NULL, &posting),
                     BURSAR_USAGE);
    assert_null(posting);
    script_stop(&script);
    assert_int_equal(script.served, 0);
}

/* Arguments may be what the last call answered, and its token. */
static void what_was_answered_can_be_given(void **state)
{
    (void)state;
    struct script script = {.answers = {GOOD, NULL}};
    const struct bursar_posting *posting;
    script_start(&script, (struct bursar_options){0});
    assert_int_equal(post_one(&script, NULL, &posting), BURSAR_OK);
    struct bursar_transfer next = {.kind = BURSAR_CHARGE,
                                   .member_uin = posting->members[0].member_uin,
                                   .amount = posting->members[0].real_balance,
                                   .reason = posting->request_id};
    assert_int_equal(bursar_post(script.client, &next, 1, NULL, &posting), BURSAR_OK);
    assert_non_null(strstr(script.bodies[1],
                           "{\"Kind\":\"charge\",\"MemberUin\":\"7\",\"Amount\":1250.5,"
                           "\"Reason\":\"r2\"}"));
    script_stop(&script);
}

static void a_call_by_hand_with_a_token_is_a_write_as_well(void **state)
{
    (void)state;
    static const struct {
        const char *action, *parameters;
        enum bursar_result result;
        unsigned calls;
    } rows[] = {
        {"CreateX", "{\"ClientToken\":\"t\",\"A\":1}", BURSAR_UNKNOWN, 3},
        {"CreateX", "{\"ClientToken\":null,\"A\":1}", BURSAR_NETWORK, 1},
        {"CreateX", "{\"A\":{\"ClientToken\":\"t\"}}", BURSAR_NETWORK, 1},
        {"CreateX", "{\"DryRun\":true}", BURSAR_NETWORK, 3},
        {"CreateX", "{\"DryRun\":false}", BURSAR_NETWORK, 1},
        {"CreateX", "{\"DryRun\":true,\"ClientToken\":\"t\"}", BURSAR_NETWORK, 3},
        {"DescribeX", "{\"ClientToken\":\"t\"}", BURSAR_NETWORK, 3},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct script script = {.answers = {CLOSED, NULL}};
        const char *response;
        size_t len;
        script_start(&script, (struct bursar_options){.retries_max = 2});
        if (bursar_call(script.client, "bursar", "2026-11-01", rows[i].action, rows[i].parameters,
                        &response, &len) != rows[i].result)
            fail_msg("row %zu", i);
        script_stop(&script);
        assert_int_equal(script.served, rows[i].calls);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_is_sent_as_the_api_names_it),
        cmocka_unit_test(an_answer_is_read_to_the_micro),
        cmocka_unit_test(every_write_has_a_token_of_its_own),
        cmocka_unit_test(whatever_is_repeated_is_the_same),
        cmocka_unit_test(a_lost_outcome_is_called_unknown_and_settled_later),
        cmocka_unit_test(not_every_refusal_settles_a_lost_attempt),
        cmocka_unit_test(what_was_never_sent_is_not_unknown),
        cmocka_unit_test(refusals_come_through),
        cmocka_unit_test(broken_answers_leave_the_outcome_unknown),
        cmocka_unit_test(errors_must_fit_the_transfers),
        cmocka_unit_test(a_dry_run_uses_no_token_and_is_never_unknown),
        cmocka_unit_test(what_cannot_be_meant_calls_nobody),
        cmocka_unit_test(what_was_answered_can_be_given),
        cmocka_unit_test(a_call_by_hand_with_a_token_is_a_write_as_well),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
