/* Every refusal of the law and of the committer becomes an error of the API. The committer here
 * only says no. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/api.h"
#include "api/errors.h"

static enum refusal refusal_to_give;

void committer_submit(struct committer *committer, struct commit *commit)
{
    (void)committer;
    commit->refusal = refusal_to_give;
    commit->done(commit);
}

int64_t committer_book_us(struct committer *committer, int64_t now_us)
{
    (void)committer;
    return now_us;
}

void committer_clock(struct committer *committer, struct committer_clock *ret_clock)
{
    (void)committer;
    *ret_clock = (struct committer_clock){0};
}

void committer_confirm_clock(struct committer *committer, struct committer_clock *ret_clock)
{
    (void)committer;
    *ret_clock = (struct committer_clock){0};
}

static void wake(struct api_call *call)
{
    *(bool *)call->context = true;
}

struct desk {
    struct book *book;
    struct gate gate;
    struct api *api;
    struct api_worker *worker;
    struct buffer out;
};

static void desk_open(struct desk *desk)
{
    static unsigned char master_key[32];
    static char nobody; /* stands for a committer; never looked into */
    struct api_options options = API_OPTIONS_DEFAULT;
    struct fault fault;
    desk->book = book_new(1);
    gate_init(&desk->gate);
    struct api_world world = {.products = api_own_products,
                              .sys = sys_real(),
                              .book = desk->book,
                              .gate = &desk->gate,
                              .committer = (struct committer *)(void *)&nobody,
                              .master_key = master_key};
    assert_true(status_ok(api_new(&world, &options, &fault, &desk->api)));
    desk->worker = api_worker_new(desk->api);
    assert_non_null(desk->worker);
    buffer_init(&desk->out, 1 << 20);
}

static void desk_close(struct desk *desk)
{
    buffer_done(&desk->out);
    api_worker_free(desk->worker);
    api_free(desk->api);
    gate_done(&desk->gate);
    book_free(desk->book);
}

static void create_organization(struct desk *desk)
{
    bool is_woken = false;
    struct http1_request request = {
        .method = HTTP1_POST,
        .method_text = SLICE("POST"),
        .host = SLICE("bursar"),
        .content_type = SLICE("application/json"),
        .fields = {{SLICE("X-TC-Action"), SLICE("CreateOrganization")},
                   {SLICE("X-TC-Version"), SLICE("2026-11-01")}},
        .field_count = 2,
        .body = SLICE("{\"Name\":\"n\",\"OwnerUin\":\"1\"}"),
    };
    struct api_call call = {.request = &request,
                            .trust = API_TRUST_OPERATOR,
                            .local = {DOOR_FOLDER, &(struct user){0}},
                            .wake = wake,
                            .context = &is_woken};
    assert_int_equal(api_answer(desk->worker, &call, &desk->out), API_PENDING);
    assert_true(is_woken);
    api_finish(desk->worker, &call, &desk->out);
    assert_null(call.pending);
    buffer_char(&desk->out, '\0');
}

static void each_has_its_code(void **state)
{
    static const struct {
        enum refusal refusal;
        const char *start;
    } table[] = {
        {REFUSAL_ORGANISATION_UNKNOWN, "ResourceNotFound\",\"Message\":\"The organization"},
        {REFUSAL_ORGANISATION_OWNER_TAKEN, "ResourceInUse\",\"Message\":\"The account owns"},
        {REFUSAL_MEMBER_EXISTS, "ResourceInUse\",\"Message\":\"The member exists"},
        {REFUSAL_MEMBER_UNKNOWN, "ResourceNotFound\",\"Message\":\"The account"},
        {REFUSAL_MEMBER_ELSEWHERE, "ResourceInUse\",\"Message\":\"The account belongs"},
        {REFUSAL_MEMBER_REPEATED,
         "InvalidParameterValue\",\"Message\":\"The member is there twice"},
        {REFUSAL_NAME_INVALID, "InvalidParameterValue\",\"Message\":\"A value"},
        {REFUSAL_AMOUNT_NEGATIVE, "InvalidParameterValue\",\"Message\":\"A value"},
        {REFUSAL_AMOUNT_OVERFLOW, "InvalidParameterValue\",\"Message\":\"The amounts"},
        {REFUSAL_PERIOD_INVALID, "InvalidParameterValue\",\"Message\":\"A value"},
        {REFUSAL_KEY_EXISTS, "ResourceInUse\",\"Message\":\"The SecretId"},
        {REFUSAL_KEY_UNKNOWN, "ResourceNotFound\",\"Message\":\"The key"},
        {REFUSAL_KEY_LIMIT, "LimitExceeded\",\"Message\":\"An account may have two"},
        {REFUSAL_POLICY_UNKNOWN, "ResourceNotFound\",\"Message\":\"The policy"},
        {REFUSAL_DELEGATION_UNKNOWN, "ResourceNotFound\",\"Message\":\"The delegation"},
        {REFUSAL_LIMIT, "LimitExceeded\",\"Message\":\"The quota"},
        {REFUSAL_STORE_FULL, "FailedOperation\",\"Message\":\"Operation failed. The disk"},
        {REFUSAL_STOPPING, "ServiceUnavailable\",\"Message\":\"Service is unavailable now.\""},
        {REFUSAL_BALANCE_INSUFFICIENT, "FailedOperation.BalanceInsufficient\",\"Message\""},
        {REFUSAL_AMOUNT_NOT_POSITIVE, "InvalidParameterValue\",\"Message\":\"A value"},
        {REFUSAL_MOVE_TO_SELF, "InvalidParameterValue\",\"Message\":\"A value"},
        {REFUSAL_REASON_MISSING, "MissingParameter\",\"Message\":\"The request is missing"},
        {REFUSAL_REASON_INVALID, "InvalidParameterValue\",\"Message\":\"A value"},
        {REFUSAL_HOLD_UNKNOWN, "ResourceNotFound\",\"Message\":\"The hold"},
        {REFUSAL_HOLD_EXCEEDED, "InvalidParameterValue\",\"Message\":\"A value"},
        {REFUSAL_EXPIRY_PASSED, "InvalidParameterValue\",\"Message\":\"A value"},
        {REFUSAL_GRANT_UNKNOWN, "ResourceNotFound\",\"Message\":\"The temporary credit"},
        {REFUSAL_GRANT_LIMIT, "LimitExceeded\",\"Message\":\"An account may have 64"},
        {REFUSAL_MEMBER_NOT_EMPTY, "ResourceInUse\",\"Message\":\"The account has money"},
        {REFUSAL_MEMBER_IS_OWNER, "UnsupportedOperation\",\"Message\":\"The account owns"},
        {REFUSAL_TOKEN_REUSED, "InvalidParameterValue\",\"Message\":\"A value"},
        {REFUSAL_REQUEST_REPEATED, "AuthFailure.SignatureFailure\",\"Message\":\"The same signed"},
        {REFUSAL_KEY_ID_INVALID,
         "InvalidParameterValue\",\"Message\":\"A value specified in `SecretId`"},
        {REFUSAL_USER_ELSEWHERE, "InvalidParameterValue\",\"Message\":\"`UserUin` has keys"},
        {REFUSAL_ACCOUNT_KEY_LIMIT, "LimitExceeded\",\"Message\":\"An account and its"},
        {REFUSAL_POLICY_LIMIT, "LimitExceeded\",\"Message\":\"A sub-account or role may"},
        {REFUSAL_DELEGATION_LIMIT, "LimitExceeded\",\"Message\":\"An organization may have"},
        {REFUSAL_NOT_PERMITTED, "UnauthorizedOperation.CamNoAuth\",\"Message\":\"[request id:"},
        {REFUSAL_MEMORY,
         "ServiceUnavailable\",\"Message\":\"Service is unavailable now: the server is out of "
         "memory; nothing was changed.\""},
        {REFUSAL_CLOCK, "ServiceUnavailable\",\"Message\":\"Service is unavailable now: the clock"},
    };
    struct desk desk;
    (void)state;
    assert_int_equal(sizeof table / sizeof table[0], REFUSAL_COUNT - 1);
    desk_open(&desk);
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        static const char open[] = "{\"Response\":{\"Error\":{\"Code\":\"";
        refusal_to_give = table[i].refusal;
        create_organization(&desk);
        assert_memory_equal(desk.out.at, open, strlen(open));
        assert_memory_equal(desk.out.at + strlen(open), table[i].start, strlen(table[i].start));
    }
    desk_close(&desk);
}

/* Texts are UTF-8, have no placeholder that is not filled, and no code has a blank. */
static void every_text_is_well_formed(void **state)
{
    static const char *const marks[] = {"{1}", "{2}", "{3}", "{n}", "{m}", "{r}"};
    (void)state;
    for (int error = ERROR_NONE + 1; error < ERROR_COUNT; error++) {
        const struct error_entry *entry = error_entry((enum error)error);
        const struct slice texts[] = {entry->english, entry->chinese};
        assert_true(entry->code.len > 0 && slice_find(entry->code, ' ') == entry->code.len);
        assert_true(entry->when[0] != '\0');
        for (int i = 0; i < 2; i++) {
            assert_true(texts[i].len > 0 && slice_is_utf8(texts[i]));
            for (size_t at = 0; at < texts[i].len; at++) {
                bool known = texts[i].at[at] != '{';
                for (size_t j = 0; j < sizeof marks / sizeof marks[0] && !known; j++)
                    known = strncmp(texts[i].at + at, marks[j], 3) == 0;
                if (!known)
                    fail_msg("%.*s", SLICE_ARGS(texts[i]));
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_has_its_code),
        cmocka_unit_test(every_text_is_well_formed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
