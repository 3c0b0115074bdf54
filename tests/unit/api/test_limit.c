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
    world_set_us(&world, START_S * 1000000 + 1);
    for (int i = 0; i < 20; i++)
        assert_contains(world_call(&world, &call), answered);
    assert_error(world_call(&world, &call), "RequestLimitExceeded",
                 "Your current request times equals to `21` in a second, which exceeds the "
                 "frequency limit `20` for a second. Please reduce the frequency of calls.");
    call.headers = "X-TC-Language: zh-CN\r\n";
    assert_error(world_call(&world, &call), "RequestLimitExceeded",
                 "您当前每秒请求 `22` 次，超过了每秒频率上限 `20`，请稍后重试。");
    world_set_us(&world, START_S * 1000000 + 999999); /* the same second still */
    assert_contains(world_call(&world, &call), "`23`");
    world_set_us(&world, (START_S + 1) * 1000000);
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

#define POLICY(user)                                                                               \
    "{\"UserUin\":\"" user "\",\"PolicyName\":\"p\",\"PolicyDocument\":\"{\\\"version\\\":"        \
    "\\\"2.0\\\",\\\"statement\\\":{\\\"effect\\\":\\\"allow\\\",\\\"action\\\":\\\"*\\\","        \
    "\\\"resource\\\":\\\"*\\\"}}\"}"

/* A second key of the same main account, and its sub-accounts, share the account's limit. */
static void keys_of_an_account_share_its_limit(void **state)
{
    struct world world;
    (void)state;
    world_open(&world, NULL);
    world_must(&world, "CreateKey",
               "{\"UserUin\":\"200\",\"SecretId\":\"AKIDs\",\"SecretKey\":\"s-0123456789abcdef\"}");
    world_must(&world, "PutPolicy", POLICY("200"));
    for (int i = 0; i < 20; i++)
        assert_contains(world_call(&world, &(struct signed_call){.body = "{}"}), answered);
    assert_contains(world_call(&world, &(struct signed_call){.secret_id = "AKIDs",
                                                             .secret_key = "s-0123456789abcdef"}),
                    "`21`");
    world_close(&world);
}

/* Whose calls are denied has a count of his own, and it is one: the owner's are not touched. */
static void denied_calls_are_their_users_own(void **state)
{
    struct world world;
    struct signed_call denied = {
        .secret_id = "AKIDs", .secret_key = "s-0123456789abcdef", .body = "{}"};
    (void)state;
    world_open(&world, NULL);
    world_must(&world, "CreateKey",
               "{\"UserUin\":\"200\",\"SecretId\":\"AKIDs\",\"SecretKey\":\"s-0123456789abcdef\"}");
    for (int second = 0; second < 3; second++) {
        world_set_us(&world, (START_S + second) * 1000000);
        for (int i = 0; i < 20; i++)
            assert_contains(world_call(&world, &denied), "CamNoAuth");
        for (int i = 21; i < 200; i++)
            assert_contains(world_call(&world, &denied), "RequestLimitExceeded");
        for (int i = 0; i < 20; i++)
            assert_contains(world_call(&world, &(struct signed_call){.body = "{}"}), answered);
        assert_contains(world_call(&world, &(struct signed_call){.body = "{}"}), "`21`");
    }
    world_close(&world);
}

/* A sub-account that may, and asks without end: the owner gets what he asks for. */
static void one_user_leaves_the_others_theirs(void **state)
{
    struct world world;
    struct signed_call greedy = {
        .secret_id = "AKIDs", .secret_key = "s-0123456789abcdef", .body = "{}"};
    (void)state;
    world_open(&world, NULL);
    world_must(&world, "CreateKey",
               "{\"UserUin\":\"200\",\"SecretId\":\"AKIDs\",\"SecretKey\":\"s-0123456789abcdef\"}");
    world_must(&world, "PutPolicy", POLICY("200"));
    for (int second = 0; second < 30; second++) {
        int taken = 0, owners = 0;
        world_set_us(&world, (START_S + second) * 1000000);
        for (int i = 0; i < 100; i++)
            taken += strstr(world_call(&world, &greedy), answered) != NULL;
        for (int i = 0; i < 3; i++)
            owners +=
                strstr(world_call(&world, &(struct signed_call){.body = "{}"}), answered) != NULL;
        assert_int_equal(taken, second == 0 ? 20 : 16);
        assert_int_equal(owners, second == 0 ? 0 : 3);
    }
    world_set_us(&world, (START_S + 29) * 1000000 + 500000);
    assert_error(world_call(&world, &greedy), "RequestLimitExceeded",
                 "Your current request times equals to `101` in a second, which exceeds the "
                 "frequency limit `20` for a second. Please reduce the frequency of calls.");
    world_set_us(&world, (START_S + 30) * 1000000);
    for (int i = 0; i < 16; i++)
        assert_contains(world_call(&world, &greedy), answered);
    assert_error(world_call(&world, &greedy), "RequestLimitExceeded",
                 "Your current request times equals to `17` in a second, which exceeds the "
                 "frequency limit `16` for a second. Please reduce the frequency of calls.");
    world_close(&world);
}

/* ---- the rule of share.h, by itself ---- */

/* `count` calls of the user in that second: how many are allowed. */
static uint32_t ask(struct share *share, uint64_t tag, uint64_t second, int count)
{
    uint32_t allowed = 0;
    struct limit_count counted;
    for (int i = 0; i < count; i++)
        allowed += share_take(share, tag, second, 20, &counted);
    return allowed;
}

enum { MAIN = 1 };

static void who_is_alone_gets_all(void **state)
{
    struct share share;
    (void)state;
    assert_true(share_init(&share, MAIN));
    for (uint64_t second = 100; second < 130; second++)
        assert_int_equal(ask(&share, 7, second, 50), 20);
    /* who comes then has nothing left, and from the next second on his part */
    assert_int_equal(ask(&share, MAIN, 129, 5), 0);
    assert_int_equal(ask(&share, 7, 130, 50), 14);
    assert_int_equal(ask(&share, MAIN, 130, 6), 6);
    /* it is kept for ten seconds after he last asked so much */
    for (uint64_t second = 131; second <= 140; second++)
        assert_int_equal(ask(&share, 7, second, 50), 13);
    assert_int_equal(ask(&share, 7, 141, 50), 20);
    share_done(&share);
}

static void many_share_alike_and_none_is_lost(void **state)
{
    struct share share;
    (void)state;
    assert_true(share_init(&share, MAIN));
    for (uint64_t user = 1; user <= 9; user++)
        (void)ask(&share, user, 100, 50);
    for (uint64_t second = 101; second < 110; second++) {
        uint32_t all = 0;
        for (uint64_t user = 1; user <= 9; user++) {
            uint32_t allowed = ask(&share, user, second, 50);
            assert_true(allowed >= 2 && allowed <= 4);
            all += allowed;
        }
        assert_int_equal(all, 20);
    }
    share_done(&share);
}

/* More users than calls: each second all calls are given out, and to nobody twice. */
static void more_users_than_calls(void **state)
{
    struct share share;
    (void)state;
    assert_true(share_init(&share, MAIN));
    for (uint64_t second = 100; second < 110; second++) {
        uint32_t all = 0;
        for (uint64_t user = 1; user <= 200; user++)
            all += ask(&share, user, second, 2);
        assert_int_equal(all, 20);
        assert_true(share.user_count <= SHARE_USERS_MAX);
    }
    /* they are forgotten when they are gone */
    assert_int_equal(ask(&share, MAIN, 125, 30), 20);
    assert_int_equal(share.user_count, 1);
    share_done(&share);
}

static void a_clock_set_back_keeps_nothing(void **state)
{
    struct share share;
    struct limit_count counted;
    (void)state;
    assert_true(share_init(&share, MAIN));
    assert_int_equal(ask(&share, MAIN, 100, 12), 12);
    assert_int_equal(ask(&share, 7, 99, 12), 8); /* a thread that comes late */
    assert_int_equal(ask(&share, 7, 50, 30), 20);
    assert_int_equal(share.second, 50);
    for (int i = 0; i < 20; i++)
        assert_true(share_try(&share, 9, 50, 20, &counted));
    assert_false(share_try(&share, 9, 50, 20, &counted));
    assert_int_equal(counted.asked, 21);
    assert_true(share_try(&share, 9, 51, 20, &counted));
    share_done(&share);
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
    struct api_world api_world = {
        .products = api_own_products, .sys = &world.sys, .book = world.book, .gate = &world.gate};
    assert_int_equal(api_new(&api_world, &options, &fault, &api).code, STATUS_INVALID);
    assert_contains(fault.text, "DescribeNothing");
    world_close(&world);
}

enum { THREADS = 4, CALLS = 50000, ACCOUNTS = 5000 };

/* So many calls as the account has made with this one. */
static uint32_t limiter_count(struct limiter *limiter, struct uin account, uint32_t action,
                              int64_t now_us)
{
    struct limit_call call = {account, account, action, 20, now_us};
    struct limit_count count;
    bool is_within = limiter_take(limiter, &call, &count) == LIMIT_WITHIN;
    assert_int_equal(is_within, count.asked <= 20);
    return count.asked;
}

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

struct crowd {
    struct limiter *limiter;
    uint64_t user;
    uint32_t allowed;
};

static void *crowd_run(void *context)
{
    enum { CALLS_EACH = 100 };
    struct crowd *crowd = context;
    struct limit_call call = {{0, 7}, {0, crowd->user}, 1, 20, 100000000};
    struct limit_count count;
    for (int i = 0; i < CALLS_EACH; i++)
        crowd->allowed += limiter_take(crowd->limiter, &call, &count) == LIMIT_WITHIN;
    return NULL;
}

/* Twenty in all, also when the main account's count goes over into shares while it counts. */
static void sharing_is_exact_under_threads(void **state)
{
    enum { ROUNDS = 200 };
    struct crowd crowds[THREADS];
    pthread_t threads[THREADS];
    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        struct limiter *limiter = limiter_new(42);
        uint32_t allowed = 0;
        for (uint64_t i = 0; i < THREADS; i++) {
            crowds[i] = (struct crowd){limiter, 7 + i, 0};
            assert_int_equal(pthread_create(&threads[i], NULL, crowd_run, &crowds[i]), 0);
        }
        for (int i = 0; i < THREADS; i++) {
            pthread_join(threads[i], NULL);
            allowed += crowds[i].allowed;
        }
        assert_int_equal(allowed, 20);
        limiter_free(limiter);
    }
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
        cmocka_unit_test(denied_calls_are_their_users_own),
        cmocka_unit_test(one_user_leaves_the_others_theirs),
        cmocka_unit_test(limits_of_actions),
        cmocka_unit_test(who_is_alone_gets_all),
        cmocka_unit_test(many_share_alike_and_none_is_lost),
        cmocka_unit_test(more_users_than_calls),
        cmocka_unit_test(a_clock_set_back_keeps_nothing),
        cmocka_unit_test(counting_is_exact_under_threads),
        cmocka_unit_test(sharing_is_exact_under_threads),
        cmocka_unit_test(a_clock_set_back_starts_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
