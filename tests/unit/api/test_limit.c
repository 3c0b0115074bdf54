/* The limit: exact on the calendar second, per main account and action (design section 7). */
#include "world.h"

#include "api/limit.h"

#include <pthread.h>

static const char answered[] = "\"TotalCount\":1";

static void the_21st_call_of_a_second_is_refused(void **state)
{
    struct world world;
    struct api_figures figures;
    struct signed_call call = {.body = "{}"};
    (void)state;
    world_open(&world, NULL);
    world.now_us = START_S * 1000000 + 1;
    for (int i = 0; i < 20; i++)
        assert_contains(world_call(&world, &call), answered);
    assert_error(world_call(&world, &call), "RequestLimitExceeded",
                 "Your current request times equals to `21` in a second, which exceeds the "
                 "frequency limit `20` for a second. Please reduce the frequency of calls.");
    call.headers = "X-TC-Language: zh-CN\r\n";
    assert_error(world_call(&world, &call), "RequestLimitExceeded",
                 "您当前每秒请求 `22` 次，超过了每秒频率上限 `20`，请稍后重试。");
    world.now_us = START_S * 1000000 + 999999; /* the same second still */
    assert_contains(world_call(&world, &call), "`23`");
    world.now_us = (START_S + 1) * 1000000;
    for (int i = 0; i < 20; i++)
        assert_contains(world_call(&world, &call), answered);
    assert_contains(world_call(&world, &call), "`21`");
    api_figures(world.api, &figures);
    assert_int_equal(figures.limited, 4);
    world_close(&world);
}

/* Strangers and wrong signatures cost nobody's quota; wrong parameters do, as in the cloud. */
static void only_signed_calls_count(void **state)
{
    struct world world;
    (void)state;
    world_open(&world, NULL);
    for (int i = 0; i < 50; i++)
        assert_contains(world_call(&world, &(struct signed_call){.secret_key = "wrong"}),
                        "SignatureFailure");
    for (int i = 0; i < 20; i++)
        assert_contains(world_call(&world, &(struct signed_call){.body = "{\"PageSize\":0}"}),
                        "InvalidParameterValue");
    assert_contains(world_call(&world, &(struct signed_call){.body = "{}"}), "`21`");
    /* another action, and another account, have their own */
    assert_contains(world_call(&world, &(struct signed_call){.action = "DescribeAccountBalance"}),
                    "\"Uin\":" OWNER);
    world_must(&world, "CreateKey",
               "{\"AccountUin\":\"" SEED_MEMBER
               "\",\"SecretId\":\"AKIDm\",\"SecretKey\":\"m-0123456789abcdef\"}");
    assert_contains(world_call(&world, &(struct signed_call){.secret_id = "AKIDm",
                                                             .secret_key = "m-0123456789abcdef",
                                                             .body = "{}"}),
                    "CamNoAuth");
    world_close(&world);
}

/* A second key of the same main account, and its sub-accounts, share the account's limit. */
static void keys_of_an_account_share_its_limit(void **state)
{
    struct world world;
    (void)state;
    world_open(&world, NULL);
    world_must(&world, "CreateKey",
               "{\"UserUin\":\"200\",\"SecretId\":\"AKIDs\",\"SecretKey\":\"s-0123456789abcdef\"}");
    for (int i = 0; i < 20; i++)
        assert_contains(world_call(&world, &(struct signed_call){.body = "{}"}), answered);
    assert_contains(world_call(&world, &(struct signed_call){.secret_id = "AKIDs",
                                                             .secret_key = "s-0123456789abcdef"}),
                    "`21`");
    world_close(&world);
}

static void limits_of_actions(void **state)
{
    struct world world;
    struct api_limit limits[] = {{SLICE("DescribeOrgMemberAccountBalance"), 2},
                                 {SLICE("DescribeAccountBalance"), 0}};
    struct api_options options = API_OPTIONS_DEFAULT;
    struct fault fault;
    struct api *api;
    (void)state;
    options.limits = limits;
    options.limit_count = 2;
    world_open(&world, &options);
    for (int i = 0; i < 2; i++)
        assert_contains(world_call(&world, &(struct signed_call){.body = "{}"}), answered);
    assert_contains(world_call(&world, &(struct signed_call){.body = "{}"}), "limit `2`");
    for (int i = 0; i < 100; i++)
        assert_contains(
            world_call(&world, &(struct signed_call){.action = "DescribeAccountBalance"}),
            "\"Uin\"");
    limits[0].action = SLICE("DescribeNothing");
    struct api_world api_world = {.sys = &world.sys, .book = world.book, .gate = &world.gate};
    assert_int_equal(api_new(&api_world, &options, &fault, &api).code, STATUS_INVALID);
    assert_contains(fault.text, "DescribeNothing");
    world_close(&world);
}

enum { THREADS = 4, CALLS = 50000, ACCOUNTS = 5000 };

struct hammer {
    struct limiter *limiter;
    uint32_t over;
};

static void *hammer_run(void *context)
{
    struct hammer *hammer = context;
    for (uint32_t i = 0; i < CALLS; i++)
        hammer->over += limiter_count(hammer->limiter, (struct uin){0, 7}, 1, 5000000) > 20;
    for (uint64_t i = 1; i <= ACCOUNTS; i++)
        hammer->over +=
            limiter_count(hammer->limiter, (struct uin){1, i}, 1, 5000000) > THREADS - 1;
    return NULL;
}

/* No call is lost or counted twice, also while the table grows. */
static void counting_is_exact_under_threads(void **state)
{
    struct limiter *limiter = limiter_new(42);
    struct hammer hammers[THREADS];
    pthread_t threads[THREADS];
    uint32_t over = 0;
    (void)state;
    assert_non_null(limiter);
    for (int i = 0; i < THREADS; i++) {
        hammers[i] = (struct hammer){limiter, 0};
        assert_int_equal(pthread_create(&threads[i], NULL, hammer_run, &hammers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        over += hammers[i].over;
    }
    /* of each account exactly the fourth call saw a count above three */
    assert_int_equal(over, THREADS * CALLS - 20 + ACCOUNTS);
    limiter_free(limiter);
}

static void a_clock_set_back_starts_anew(void **state)
{
    struct limiter *limiter = limiter_new(1);
    struct uin account = {0, 1};
    (void)state;
    assert_int_equal(limiter_count(limiter, account, 0, 100 * 1000000), 1);
    assert_int_equal(limiter_count(limiter, account, 0, 100 * 1000000 + 5), 2);
    assert_int_equal(limiter_count(limiter, account, 0, 50 * 1000000), 1);
    assert_int_equal(limiter_count(limiter, account, 1, 50 * 1000000), 1);
    limiter_free(limiter);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_21st_call_of_a_second_is_refused),
        cmocka_unit_test(only_signed_calls_count),
        cmocka_unit_test(keys_of_an_account_share_its_limit),
        cmocka_unit_test(limits_of_actions),
        cmocka_unit_test(counting_is_exact_under_threads),
        cmocka_unit_test(a_clock_set_back_starts_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
