/* Pages of balances: exact amounts, and no page out of an answer that is not what was promised. */
#include "client/client.h"

#include "server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

struct one_answer {
    const char *body;
    char last_request[2048];
};

static void play(void *context, struct slice request, struct buffer *out)
{
    struct one_answer *answer = context;
    struct slice body = request_body(request);
    (void)snprintf(answer->last_request, sizeof answer->last_request, "%.*s", SLICE_ARGS(body));
    server_write_ok(out, slice_text(answer->body));
}

struct trial {
    struct one_answer answer;
    struct server server;
    struct bursar_client *client;
};

static int setup(void **state)
{
    static struct trial trial;
    server_start(&trial.server, NULL, play, &trial.answer);
    struct bursar_options options = {
        .endpoint = trial.server.endpoint, .secret_id = "id", .secret_key = "key"};
    *state = &trial;
    return bursar_client_new(&options, NULL, 0, &trial.client) == BURSAR_OK ? 0 : -1;
}

static int teardown(void **state)
{
    struct trial *trial = *state;
    bursar_client_free(trial->client);
    server_stop(&trial->server);
    return 0;
}

/* The official example's answer. */
static const char example[] =
    "{\"Response\":{\"Data\":[{\"BasicCreditAmount\":0,\"CashAccountBalance\":36365911,"
    "\"CreditAmount\":0,\"IsCreditAccount\":false,\"MemberName\":\"kleinerwang_test\","
    "\"MemberUin\":\"700001941608\",\"OweAmount\":0,\"RealBalance\":36365911,\"TempCredit\":0}],"
    "\"PageNumber\":1,\"PageSize\":1,\"TotalCount\":1,"
    "\"RequestId\":\"241b92ef-b68e-4827-ae15-5ef7f3bd4009\"}}";

static void the_official_example_is_read(void **state)
{
    struct trial *trial = *state;
    const struct bursar_balance_page *page;
    const char *uins[] = {"700001941608"};
    trial->answer.body = example;
    assert_int_equal(
        bursar_describe_org_member_account_balance(trial->client, 0, 0, uins, 1, &page), BURSAR_OK);
    assert_string_equal(trial->answer.last_request, "{\"MemberUins\":[\"700001941608\"]}");
    assert_int_equal(page->member_count, 1);
    assert_int_equal(page->total_count, 1);
    assert_int_equal(page->page_number, 1);
    assert_string_equal(page->request_id, "241b92ef-b68e-4827-ae15-5ef7f3bd4009");
    assert_string_equal(page->members[0].member_uin, "700001941608");
    assert_string_equal(page->members[0].member_name, "kleinerwang_test");
    assert_false(page->members[0].is_credit_account);
    assert_int_equal(page->members[0].real_balance, 363659110000);
    assert_int_equal(page->members[0].cash_account_balance, 363659110000);
    assert_int_equal(page->members[0].owe_amount, 0);
}

static void uins_of_the_last_page_can_be_asked_for(void **state)
{
    struct trial *trial = *state;
    const struct bursar_balance_page *page;
    trial->answer.body = example;
    assert_int_equal(
        bursar_describe_org_member_account_balance(trial->client, 3, 7, NULL, 0, &page), BURSAR_OK);
    assert_string_equal(trial->answer.last_request, "{\"PageNumber\":3,\"PageSize\":7}");
    const char *uins[] = {page->members[0].member_uin};
    assert_int_equal(
        bursar_describe_org_member_account_balance(trial->client, 1, 10, uins, 1, &page),
        BURSAR_OK);
    assert_string_equal(trial->answer.last_request,
                        "{\"PageNumber\":1,\"PageSize\":10,\"MemberUins\":[\"700001941608\"]}");
}

#define PAGE(rows)                                                                                 \
    "{\"Response\":{\"Data\":" rows ",\"PageNumber\":1,\"PageSize\":1,\"TotalCount\":2}}"
#define ROW_WITH(uin, name, flag, real)                                                            \
    "{\"BasicCreditAmount\":1,\"CashAccountBalance\":-2,\"CreditAmount\":3,"                       \
    "\"IsCreditAccount\":" flag ",\"MemberName\":" name ",\"MemberUin\":" uin                      \
    ",\"OweAmount\":4,\"RealBalance\":" real ",\"TempCredit\":5}"
#define ROW(real) ROW_WITH("\"1\"", "\"n\"", "true", real)

static void amounts_are_exact(void **state)
{
    static const struct {
        const char *answer;
        int64_t micros;
    } rows[] = {
        {PAGE("[" ROW("0") "]"), 0},
        {PAGE("[" ROW("-0.0") "]"), 0},
        {PAGE("[" ROW("1061.25") "]"), 10612500},
        {PAGE("[" ROW("36365911.0") "]"), 363659110000},
        {PAGE("[" ROW("3.6365911E7") "]"), 363659110000},
        {PAGE("[" ROW("-0.0001") "]"), -1},
        {PAGE("[" ROW("9007199254740993") "]"), 0}, /* too large: over int64 micros */
        {PAGE("[" ROW("900719925474099") "]"), 9007199254740990000},
    };
    struct trial *trial = *state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct bursar_balance_page *page;
        trial->answer.body = rows[i].answer;
        enum bursar_result result =
            bursar_describe_org_member_account_balance(trial->client, 1, 1, NULL, 0, &page);
        if (strstr(rows[i].answer, "9007199254740993")) {
            assert_int_equal(result, BURSAR_PROTOCOL);
            continue;
        }
        assert_int_equal(result, BURSAR_OK);
        assert_true(page->members[0].real_balance == rows[i].micros);
        assert_int_equal(page->members[0].basic_credit_amount, 10000);
        assert_int_equal(page->members[0].cash_account_balance, -20000);
        assert_int_equal(page->members[0].credit_amount, 30000);
        assert_int_equal(page->members[0].owe_amount, 40000);
        assert_int_equal(page->members[0].temp_credit, 50000);
        assert_true(page->members[0].is_credit_account);
    }
}

static void broken_pages_are_refused_by_name(void **state)
{
    static const struct {
        const char *answer, *words;
    } rows[] = {
        {PAGE("[" ROW("\"0\"") "]"), "RealBalance is not a number"},
        {PAGE("[" ROW("null") "]"), "RealBalance is not a number"},
        {PAGE("[" ROW("[0]") "]"), "RealBalance is not a number"},
        {PAGE("[" ROW("0.00001") "]"), "RealBalance is more precise"},
        {PAGE("[" ROW("1e300") "]"), "RealBalance is larger"},
        {PAGE("[" ROW_WITH("1", "\"n\"", "true", "0") "]"), "MemberUin is not a string"},
        {PAGE("[" ROW_WITH("\"x\"", "\"n\"", "true", "0") "]"), "MemberUin is not a number"},
        {PAGE("[" ROW_WITH("\"01\"", "\"n\"", "true", "0") "]"), "MemberUin is not a number"},
        {PAGE("[" ROW_WITH("\"1\"", "null", "true", "0") "]"), "MemberName is not a string"},
        {PAGE("[" ROW_WITH("\"1\"", "\"a\\u0000\"", "true", "0") "]"), "MemberName holds a zero"},
        {PAGE("[" ROW_WITH("\"1\"", "\"n\"", "1", "0") "]"), "IsCreditAccount is neither"},
        {PAGE("[" ROW_WITH("\"1\"", "\"n\"", "\"true\"", "0") "]"), "IsCreditAccount is neither"},
        {PAGE("[{\"MemberUin\":\"1\"}]"), "MemberName is missing"},
        {PAGE("[{}]"), "MemberUin is missing"},
        {PAGE("[null]"), "Data is not a list of objects"},
        {PAGE("[" ROW("0") ",1]"), "Data is not a list of objects"},
        {PAGE("null"), "Data is not a list"},
        {PAGE("{}"), "Data is not a list"},
        {PAGE("[" ROW("0") "," ROW("0") "]"), "more members than were asked for"},
        {"{\"Response\":{\"PageNumber\":1,\"TotalCount\":2}}", "Data is missing"},
        {"{\"Response\":{\"Data\":[],\"TotalCount\":2}}", "PageNumber is missing"},
        {"{\"Response\":{\"Data\":[],\"PageNumber\":2}}", "TotalCount is missing"},
        {"{\"Response\":{\"Data\":[],\"PageNumber\":2,\"TotalCount\":1.0}}", "TotalCount is not"},
        {"{\"Response\":{\"Data\":[],\"PageNumber\":2,\"TotalCount\":-1}}", "TotalCount is not"},
        {"{\"Response\":{\"Data\":[],\"PageNumber\":\"2\",\"TotalCount\":1}}", "PageNumber is not"},
    };
    struct trial *trial = *state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct bursar_balance_page *page = NULL;
        trial->answer.body = rows[i].answer;
        assert_int_equal(
            bursar_describe_org_member_account_balance(trial->client, 1, 1, NULL, 0, &page),
            BURSAR_PROTOCOL);
        assert_null(page);
        if (!strstr(bursar_error_message(trial->client), rows[i].words))
            fail_msg("%s: %s", rows[i].words, bursar_error_message(trial->client));
    }
}

static void unknown_fields_are_left_alone(void **state)
{
    struct trial *trial = *state;
    const struct bursar_balance_page *page;
    trial->answer.body =
        "{\"Response\":{\"New\":{\"a\":[1,2]},\"Data\":[],\"PageNumber\":7,\"PageSize\":0,"
        "\"TotalCount\":60,\"RequestId\":\"r\"},\"Other\":[{}]}";
    assert_int_equal(
        bursar_describe_org_member_account_balance(trial->client, 7, 10, NULL, 0, &page),
        BURSAR_OK);
    assert_int_equal(page->member_count, 0);
    assert_int_equal(page->page_number, 7);
    assert_int_equal(page->total_count, 60);
}

static void refusals_come_through(void **state)
{
    struct trial *trial = *state;
    const struct bursar_balance_page *page = NULL;
    trial->answer.body = "{\"Response\":{\"Error\":{\"Code\":\"UnauthorizedOperation.CamNoAuth\","
                         "\"Message\":\"m\"},\"RequestId\":\"r\"}}";
    assert_int_equal(
        bursar_describe_org_member_account_balance(trial->client, 1, 10, NULL, 0, &page),
        BURSAR_REFUSED);
    assert_null(page);
    assert_string_equal(bursar_error_code(trial->client), "UnauthorizedOperation.CamNoAuth");
}

static void meaningless_arguments_are_refused(void **state)
{
    struct trial *trial = *state;
    const struct bursar_balance_page *page = NULL;
    const char *eleven[11] = {"1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11"};
    const char *odd[][1] = {{"x"}, {""}, {"01"}, {"123456789012345678901"}, {"1\",\"2"}, {NULL}};
    struct bursar_client *client = trial->client;
    assert_int_equal(bursar_describe_org_member_account_balance(client, 1, 11, NULL, 0, &page),
                     BURSAR_USAGE);
    assert_int_equal(bursar_describe_org_member_account_balance(client, 1, 10, eleven, 11, &page),
                     BURSAR_USAGE);
    assert_int_equal(
        bursar_describe_org_member_account_balance(client, UINT64_MAX, 10, NULL, 0, &page),
        BURSAR_USAGE);
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
        assert_int_equal(
            bursar_describe_org_member_account_balance(client, 1, 10, odd[i], 1, &page),
            BURSAR_USAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_official_example_is_read),
        cmocka_unit_test(uins_of_the_last_page_can_be_asked_for),
        cmocka_unit_test(amounts_are_exact),
        cmocka_unit_test(broken_pages_are_refused_by_name),
        cmocka_unit_test(unknown_fields_are_left_alone),
        cmocka_unit_test(refusals_come_through),
        cmocka_unit_test(meaningless_arguments_are_refused),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
