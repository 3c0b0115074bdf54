/* What another room hands in: a product of its own. */
#include "world.h"

#include "api/action.h"

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
    .outputs = no_outputs,
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_product_brings_its_actions_and_their_context),
        cmocka_unit_test(a_product_has_limits_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
