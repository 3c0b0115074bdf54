/* What another room hands in: a product of its own, an observer, a hook, another
 * epoch. */
#include "world.h"

#include "api/action.h"
#include "api/key_secret.h"
#include "api/selections.h"

#include <stdio.h>
#include <stdlib.h>

static struct world world;

/* The same world behind an api that was made of other parts. */
struct desk {
    struct api *api, *own_api;
    struct api_worker *worker, *own_worker;
};

static void desk_open(struct desk *desk, const struct api_world *parts)
{
    struct api_options options = API_OPTIONS_DEFAULT;
    struct api_world all = *parts;
    struct fault fault;
    world_open(&world, NULL);
    all.sys = &world.sys;
    all.book = world.book;
    all.gate = &world.gate;
    all.committer = world.committer;
    all.historian = world.historian;
    all.master_key = world.master_key;
    assert_true(status_ok(api_new(&all, &options, &fault, &desk->api)));
    desk->worker = api_worker_new(desk->api);
    assert_non_null(desk->worker);
    desk->own_api = world.api;
    desk->own_worker = world.worker;
    world.api = desk->api;
    world.worker = desk->worker;
}

static void desk_close(struct desk *desk)
{
    world.api = desk->own_api;
    world.worker = desk->own_worker;
    api_worker_free(desk->worker);
    api_free(desk->api);
    world_close(&world);
}

/* ---- products ---- */

struct greet_input {
    struct text_value name;
};

static bool greet(struct exchange *exchange, struct buffer *out)
{
    const struct greet_input *input = exchange->input;
    const char *greeting = exchange->served->context;
    buffer_printf(out, "\"Greeting\":\"%s %.*s\"", greeting, SLICE_ARGS(input->name.text));
    return true;
}

static const struct parameter greet_parameters[] = {
    {PARAMETER(PARAMETER_TEXT, greet_input, name, "Name", "Whom."), .required = true}};

static const struct action action_greet = {
    .name = {"Greet", 5},
    .access = ACCESS_OWN,
    .input = PARAMETERS(greet_parameters, greet_input),
    .refusals = REFUSALS(ERROR_NONE),
    .help = "Greets.",
    .answer = greet,
};

static const struct action *const actions[] = {&action_greet};

static const struct product hotel = {
    .name = {"hotel", 5},
    .version = {"2026-12-01", 10},
    .policy_prefixes = {{"hotel:", 6}},
    .policy_prefix_count = 1,
    .actions = actions,
    .action_count = 1,
};

static const struct signed_call greet_call = {
    .host = "hotel", .version = "2026-12-01", .action = "Greet", .body = "{\"Name\":\"you\"}"};

static void a_product_brings_its_actions_and_their_context(void **state)
{
    static char greeting[] = "good evening";
    const struct api_product served[] = {
        api_own_products.at[0], api_own_products.at[1], {&hotel, greeting}};
    const struct api_world parts = {.products = {served, 3}};
    static const char policy[] =
        "{\"UserUin\":\"100000000009\",\"PolicyName\":\"p\",\"PolicyDocument\":\"{\\\"version\\\":"
        "\\\"2.0\\\",\\\"statement\\\":[{\\\"effect\\\":\\\"allow\\\",\\\"action\\\":["
        "\\\"hotel:Greet\\\"],\\\"resource\\\":\\\"*\\\"}]}\"}";
    struct signed_call call = greet_call;
    struct desk desk;
    (void)state;
    desk_open(&desk, &parts);
    assert_contains(world_call(&world, &call), "\"Greeting\":\"good evening you\"");
    call.body = "{}";
    assert_contains(world_call(&world, &call), "MissingParameter");
    call = greet_call;
    call.action = "Leave";
    assert_contains(world_call(&world, &call), "InvalidAction");
    call = greet_call;
    call.version = "2026-11-01";
    assert_contains(world_call(&world, &call), "NoSuchVersion");
    assert_contains(world_call(&world, &(struct signed_call){.body = "{}"}), "\"MemberUin\"");
    assert_contains(world_manage(&world, "PutPolicy", policy), "{\"Response\":{\"RequestId\"");
    desk_close(&desk);
    /* who was not handed it does not know it */
    world_open(&world, NULL);
    assert_contains(world_call(&world, &greet_call), "NoSuchProduct");
    assert_contains(world_manage(&world, "PutPolicy", policy),
                    "no action of this server is called so");
    world_close(&world);
}

/* Its actions are limited apart from others, and by their names. */
static void a_product_has_limits_of_its_own(void **state)
{
    static char greeting[] = "hi";
    const struct api_product served[] = {api_own_products.at[0], {&hotel, greeting}};
    const struct api_world parts = {.products = {served, 2}};
    struct desk desk;
    (void)state;
    desk_open(&desk, &parts);
    for (int i = 0; i < 20; i++)
        assert_contains(world_call(&world, &greet_call), "\"Greeting\"");
    assert_contains(world_call(&world, &greet_call), "RequestLimitExceeded");
    assert_contains(world_call(&world, &(struct signed_call){.body = "{}"}), "\"MemberUin\"");
    desk_close(&desk);
}

/* ---- observer ---- */

struct seen {
    struct api_outcome outcome; /* the last */
    char product[32], action[64], version[32], code[64];
    uint32_t calls;
};

static void keep(char *to, size_t size, struct slice text)
{
    snprintf(to, size, "%.*s", SLICE_ARGS(text));
}

static void see(void *context, const struct api_call *call, const struct api_outcome *outcome)
{
    struct seen *seen = context;
    assert_non_null(call->request);
    seen->outcome = *outcome;
    seen->calls++;
    keep(seen->product, sizeof seen->product, outcome->product);
    keep(seen->action, sizeof seen->action, outcome->action);
    keep(seen->version, sizeof seen->version, outcome->version);
    keep(seen->code, sizeof seen->code, outcome->error_code);
}

static void every_call_passes_the_observer_once(void **state)
{
    struct seen seen = {.calls = 0};
    const struct api_observer observer = {see, &seen};
    const struct api_world parts = {.products = api_own_products, .observer = &observer};
    struct desk desk;
    const char *answered;
    (void)state;
    desk_open(&desk, &parts);
    answered = world_call(&world, &(struct signed_call){.body = "{}"});
    assert_int_equal(seen.calls, 1);
    assert_string_equal(seen.product, "billing");
    assert_string_equal(seen.action, "DescribeOrgMemberAccountBalance");
    assert_string_equal(seen.version, "2018-07-09");
    assert_string_equal(seen.code, "");
    assert_true(seen.outcome.is_routed && seen.outcome.is_authentic);
    assert_true(seen.outcome.account.high == 10 && seen.outcome.account.low == 1 &&
                !seen.outcome.is_operator);
    assert_int_equal(seen.outcome.organisation, 1);
    assert_int_equal(seen.outcome.status, 200);
    assert_int_equal(seen.outcome.body_bytes, strlen(answered));
    assert_true(seen.outcome.duration_us >= 0);
    assert_non_null(strstr(answered, "\"RequestId\""));
    assert_memory_equal(strstr(answered, "\"RequestId\":\"") + 13, seen.outcome.request_id, 36);
    /* refused: who asks is not believed, and what is asked for is what the request says */
    world_call(&world, &(struct signed_call){.secret_key = "wrong", .action = "Nothing"});
    assert_int_equal(seen.calls, 2);
    assert_string_equal(seen.action, "Nothing");
    assert_string_equal(seen.code, "AuthFailure.SignatureFailure");
    assert_false(seen.outcome.is_routed || seen.outcome.is_authentic);
    assert_true(uin_is_none(seen.outcome.account));
    /* a write, and a read of the journal */
    world_must(&world, "ModifyMember", "{\"MemberUin\":\"" SEED_MEMBER "\",\"MemberName\":\"x\"}");
    assert_int_equal(seen.calls, 3);
    assert_true(seen.outcome.is_operator && seen.outcome.first_entry > 0);
    world_must(&world, "DescribeEntries", "{}");
    assert_int_equal(seen.calls, 4);
    assert_string_equal(seen.product, "bursar");
    assert_string_equal(seen.action, "DescribeEntries");
    assert_int_equal(seen.outcome.first_entry, 0);
    desk_close(&desk);
}

/* ---- hook ---- */

struct rule {
    struct api_verdict verdict; /* at `place` */
    enum api_place place;
    const char *body;
    struct api_call *held;
    uint32_t holds; /* so often before the verdict */
    uint32_t asked;
    bool was_authentic;
};

static struct api_verdict look(void *context, enum api_place place, struct api_call *call,
                               const struct api_outcome *known, struct buffer *out)
{
    struct rule *rule = context;
    assert_int_equal(out->len, 0);
    assert_true(known->is_authentic == (place == API_BEFORE_ACTION));
    if (place != rule->place)
        return (struct api_verdict){.move = API_GO_ON};
    rule->asked++;
    if (rule->holds > 0) {
        rule->holds--;
        rule->held = call;
        call->wake(call); /* as another thread may, before the call is put aside */
        return (struct api_verdict){.move = API_HOLD};
    }
    if (rule->body)
        buffer_text(out, rule->body);
    else if (rule->verdict.move == API_ANSWER)
        api_write_error(out, SLICE("InternalError"), SLICE("as asked"), known->request_id);
    return rule->verdict;
}

static void a_hook_answers_drops_or_lets_pass(void **state)
{
    struct rule rule = {.place = API_BEFORE_ACTION};
    struct seen seen = {.calls = 0};
    const struct api_hook hook = {look, &rule};
    const struct api_observer observer = {see, &seen};
    const struct api_world parts = {
        .products = api_own_products, .hook = &hook, .observer = &observer};
    const struct signed_call call = {.body = "{}"};
    static const char write[] = "{\"MemberUin\":\"" SEED_MEMBER "\",\"MemberName\":\"changed\"}";
    struct desk desk;
    (void)state;
    desk_open(&desk, &parts);
    assert_contains(world_call(&world, &call), "\"MemberUin\"");
    assert_int_equal(rule.asked, 1);
    rule.verdict = (struct api_verdict){.move = API_ANSWER,
                                        .status = 503,
                                        .error_code = SLICE("InternalError"),
                                        .head_lines = SLICE("X-Bursar-Fault: 7\r\n")};
    assert_error(world_call(&world, &call), "InternalError", "as asked");
    assert_int_equal(seen.outcome.status, 503);
    assert_string_equal(seen.code, "InternalError");
    assert_true(slice_equal(seen.outcome.head_lines, SLICE("X-Bursar-Fault: 7\r\n")));
    /* nothing of a write is carried out */
    assert_contains(world_manage(&world, "ModifyMember", write), "as asked");
    rule.verdict = (struct api_verdict){.move = API_ANSWER};
    rule.body = "{\"Response\":{}}";
    assert_string_equal(world_call(&world, &call), rule.body);
    assert_int_equal(seen.outcome.status, 200);
    assert_string_equal(seen.code, "");
    rule.verdict = (struct api_verdict){.move = API_DROP};
    assert_string_equal(world_call(&world, &call), "");
    assert_int_equal(seen.outcome.status, 0);
    rule.verdict = (struct api_verdict){.move = API_GO_ON};
    rule.body = NULL;
    assert_null(strstr(world_call(&world, &call), "changed"));
    /* who may not is not asked about */
    rule.verdict = (struct api_verdict){.move = API_DROP};
    uint32_t asked = rule.asked;
    assert_contains(world_call(&world, &(struct signed_call){.secret_key = "wrong"}),
                    "AuthFailure");
    assert_int_equal(rule.asked, asked);
    /* but before the signature it is */
    rule.place = API_BEFORE_SIGNATURE;
    assert_string_equal(world_call(&world, &(struct signed_call){.secret_key = "wrong"}), "");
    assert_string_equal(seen.product, "billing");
    desk_close(&desk);
}

static void a_call_is_held_until_it_is_woken(void **state)
{
    struct rule rule = {.place = API_BEFORE_ACTION, .holds = 3};
    struct seen seen = {.calls = 0};
    const struct api_hook hook = {look, &rule};
    const struct api_observer observer = {see, &seen};
    const struct api_world parts = {
        .products = api_own_products, .hook = &hook, .observer = &observer};
    const struct signed_call call = {.body = "{}"};
    struct desk desk;
    (void)state;
    desk_open(&desk, &parts);
    assert_contains(world_call(&world, &call), "\"MemberUin\"");
    assert_int_equal(rule.asked, 4);
    assert_int_equal(seen.calls, 1);
    rule.place = API_BEFORE_SIGNATURE;
    rule.holds = 1;
    assert_contains(world_call(&world, &call), "\"MemberUin\"");
    /* a write that waits for its hook, then for its commit */
    rule.place = API_BEFORE_ACTION;
    rule.holds = 2;
    assert_contains(world_manage(&world, "ModifyMember",
                                 "{\"MemberUin\":\"" SEED_MEMBER "\",\"MemberName\":\"y\"}"),
                    "{\"Response\":{");
    assert_true(seen.outcome.first_entry > 0);
    assert_int_equal(seen.calls, 3);
    /* it counts once for the rate limit, however often it is held: two are counted so far */
    for (int i = 0; i < 18; i++) {
        rule.holds = 2;
        assert_contains(world_call(&world, &call), "\"MemberUin\"");
    }
    assert_contains(world_call(&world, &call), "RequestLimitExceeded");
    desk_close(&desk);
}

/* ---- epoch ---- */

/* What another state in the book's place is like: the same key and policy, of the same versions,
 * say something else. */
static void write_over(struct slice text, struct slice other)
{
    assert_int_equal(text.len, other.len);
    memcpy((char *)(uintptr_t)text.at, other.at, other.len);
}

static void put_secret(const char *secret)
{
    static const unsigned char nonce[SEAL_NONCE_SIZE];
    const struct key *key = book_find_key(world.book, SLICE(EXAMPLE_ID));
    char memory[256];
    struct buffer sealed;
    struct fault fault;
    buffer_init_fixed(&sealed, memory, sizeof memory);
    assert_true(status_ok(
        key_secret_seal(world.master_key, nonce, key, slice_text(secret), &sealed, &fault)));
    write_over(key->sealed_secret, buffer_slice(&sealed));
}

static void keys_of_another_epoch_are_stale(void **state)
{
    static const char other[] = "Zzzz9xGARNpq86cd98joQYCN3EXAMPLE";
    const struct signed_call old = {.body = "{}"}, new = {.body = "{}", .secret_key = other};
    (void)state;
    world_open(&world, NULL);
    assert_contains(world_call(&world, &old), "\"MemberUin\"");
    assert_contains(world_call_v1(&world, true, true, ""), "\"MemberUin\"");
    put_secret(other);
    assert_contains(world_call(&world, &old), "\"MemberUin\""); /* from what is kept */
    api_forget(world.api);
    assert_contains(world_call(&world, &old), "AuthFailure.SignatureFailure");
    assert_contains(world_call_v1(&world, true, true, ""), "AuthFailure.SignatureFailure");
    assert_contains(world_call(&world, &new), "\"MemberUin\"");
    world_close(&world);
}

static void policies_of_another_epoch_are_stale(void **state)
{
    static const char allow[] = "{\"version\":\"2.0\",\"statement\":[{\"effect\":\"allow\","
                                "\"action\":[\"finance:*\"],\"resource\":\"*\"}]}";
    static const char deny[] = "{\"version\":\"2.0\",\"statement\":[{\"effect\":\"deny\" ,"
                               "\"action\":[\"finance:*\"],\"resource\":\"*\"}]}";
    const struct signed_call call = {
        .secret_id = "AKIDsub", .secret_key = "sub-secret-0123456789", .body = "{}"};
    struct buffer put;
    (void)state;
    world_open(&world, NULL);
    world_must(&world, "CreateKey",
               "{\"SecretId\":\"AKIDsub\",\"SecretKey\":\"sub-secret-0123456789\","
               "\"UserUin\":\"100000000009\"}");
    buffer_init(&put, 4096);
    buffer_text(&put, "{\"UserUin\":\"100000000009\",\"PolicyName\":\"p\",\"PolicyDocument\":");
    json_quote(&put, slice_text(allow));
    buffer_bytes(&put, "}", 2);
    world_must(&world, "PutPolicy", put.at);
    buffer_done(&put);
    assert_contains(world_call(&world, &call), "\"MemberUin\"");
    uint32_t index = book_find_policy(world.book, 1, (struct uin){10, 9}, 0);
    write_over(book_policy(world.book, index)->document, slice_text(deny));
    assert_contains(world_call(&world, &call), "\"MemberUin\"");
    api_forget(world.api);
    assert_contains(world_call(&world, &call), "CamNoAuth");
    world_close(&world);
}

static void selections_of_another_epoch_are_gone(void **state)
{
    static const unsigned char key[SELECTION_KEY_BYTES] = {1};
    _Atomic uint64_t epoch = 0;
    struct selections *selections = selections_new(&epoch);
    const struct selection *added;
    (void)state;
    assert_non_null(selections);
    added = selections_add(selections, key, 1, malloc(sizeof(uint32_t)), 1, 0);
    assert_ptr_equal(selections_find(selections, key, 0, 0), added);
    epoch++;
    assert_null(selections_find(selections, key, 0, 0));
    assert_non_null(selections_add(selections, key, 1, malloc(sizeof(uint32_t)), 1, 0));
    assert_non_null(selections_find(selections, key, 0, 0));
    selections_free(selections);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_product_brings_its_actions_and_their_context),
        cmocka_unit_test(a_product_has_limits_of_its_own),
        cmocka_unit_test(every_call_passes_the_observer_once),
        cmocka_unit_test(a_hook_answers_drops_or_lets_pass),
        cmocka_unit_test(a_call_is_held_until_it_is_woken),
        cmocka_unit_test(keys_of_another_epoch_are_stale),
        cmocka_unit_test(policies_of_another_epoch_are_stale),
        cmocka_unit_test(selections_of_another_epoch_are_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
