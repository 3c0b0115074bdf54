/* The walk over all members against a listing that changes between any two calls. */
#include "client/client.h"

#include "server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { UINS = 6000 };

/* Member i has uin 1000000 + i. */
struct listing {
    pthread_mutex_t lock;
    bool is_member[UINS];
    bool was_member[UINS]; /* at some time */
    bool stayed[UINS];     /* all the time */
    unsigned calls;
    uint32_t random;
    unsigned changes_per_call; /* at most */
    unsigned highest;          /* uins used: [0, highest) */
    unsigned front;            /* last uin shown so far */
    bool hides;                /* leave behind the front and join before it, in step */
    bool miscounts;
    bool reverses;
    bool limits_once;
};

static uint32_t random_below(struct listing *listing, uint32_t bound)
{
    listing->random ^= listing->random << 13;
    listing->random ^= listing->random >> 17;
    listing->random ^= listing->random << 5;
    return listing->random % bound;
}

static void set_member(struct listing *listing, unsigned i, bool is_member)
{
    listing->is_member[i] = is_member;
    listing->was_member[i] |= is_member;
    listing->stayed[i] &= is_member;
}

static void change(struct listing *listing)
{
    unsigned changes = random_below(listing, listing->changes_per_call + 1);
    for (unsigned i = 0; i < changes; i++)
        set_member(listing, random_below(listing, listing->highest), random_below(listing, 2) == 0);
    if (!listing->hides || listing->front == 0 || listing->front + 2 >= listing->highest)
        return;
    set_member(listing, random_below(listing, listing->front), random_below(listing, 4) == 0);
    set_member(listing, listing->highest - 1 - random_below(listing, 2), random_below(listing, 2));
}

static void write_row(struct buffer *body, unsigned i, bool is_first)
{
    buffer_printf(body,
                  "%s{\"BasicCreditAmount\":0,\"CashAccountBalance\":%u,\"CreditAmount\":0,"
                  "\"IsCreditAccount\":false,\"MemberName\":\"m%u\",\"MemberUin\":\"%u\","
                  "\"OweAmount\":0,\"RealBalance\":%u,\"TempCredit\":0}",
                  is_first ? "" : ",", i, i, 1000000 + i, i);
}

static void write_page(struct listing *listing, unsigned number, unsigned size, struct buffer *body)
{
    unsigned rank = 0, shown = 0;
    BUFFER_LITERAL(body, "{\"Response\":{\"Data\":[");
    for (unsigned step = 0; step < listing->highest; step++) {
        unsigned i = listing->reverses ? listing->highest - 1 - step : step;
        if (!listing->is_member[i])
            continue;
        if (rank >= size * (number - 1) && shown < size) {
            write_row(body, i, shown == 0);
            listing->front = i > listing->front ? i : listing->front;
            shown++;
        }
        rank++;
    }
    buffer_printf(body,
                  "],\"PageNumber\":%u,\"PageSize\":%u,\"TotalCount\":%u,\"RequestId\":\"r\"}}",
                  number, shown, rank + listing->miscounts);
}

static void answer(void *context, struct slice request, struct buffer *out)
{
    struct listing *listing = context;
    char text[64] = "";
    unsigned number = 1, size = 10;
    struct slice parameters = request_body(request);
    struct buffer body;
    (void)snprintf(text, sizeof text, "%.*s", SLICE_ARGS(parameters));
    if (sscanf(text, "{\"PageNumber\":%u,\"PageSize\":%u}", &number, &size) != 2)
        abort();
    buffer_init(&body, 1 << 16);
    pthread_mutex_lock(&listing->lock);
    listing->calls++;
    change(listing);
    if (listing->limits_once && listing->calls % 3 == 0)
        BUFFER_LITERAL(&body, "{\"Response\":{\"Error\":{\"Code\":\"RequestLimitExceeded\","
                              "\"Message\":\"m\"},\"RequestId\":\"r\"}}");
    else
        write_page(listing, number, size, &body);
    pthread_mutex_unlock(&listing->lock);
    server_write_ok(out, buffer_slice(&body));
    buffer_done(&body);
}

/* A clock that only sleeping moves. */
static int64_t clock_us;

static int64_t clock_read(void *context)
{
    (void)context;
    return clock_us;
}

static void clock_sleep(int64_t for_us)
{
    assert_true(for_us > 0);
    clock_us += for_us;
}

struct trial {
    struct listing listing;
    struct server server;
    struct bursar_client *client;
    struct sys sys;
};

static int setup(void **state)
{
    static struct trial trial;
    pthread_mutex_init(&trial.listing.lock, NULL);
    server_start(&trial.server, NULL, answer, &trial.listing);
    struct bursar_options options = {
        .endpoint = trial.server.endpoint, .secret_id = "id", .secret_key = "key"};
    if (bursar_client_new(&options, NULL, 0, &trial.client) != BURSAR_OK)
        return -1;
    trial.sys = *sys_real();
    trial.sys.steady_us = clock_read;
    trial.client->sys = &trial.sys;
    trial.client->sleep_us = clock_sleep;
    *state = &trial;
    return 0;
}

static int teardown(void **state)
{
    struct trial *trial = *state;
    bursar_client_free(trial->client);
    server_stop(&trial->server);
    pthread_mutex_destroy(&trial->listing.lock);
    return 0;
}

/* `every`: each how many uins is a member. */
static void listing_set(struct trial *trial, unsigned highest, unsigned every, uint32_t seed)
{
    struct listing *listing = &trial->listing;
    pthread_mutex_lock(&listing->lock);
    memset((char *)listing + sizeof listing->lock, 0, sizeof *listing - sizeof listing->lock);
    listing->highest = highest;
    listing->random = seed * 2654435761u + 1;
    for (unsigned i = 0; i < highest; i++)
        listing->is_member[i] = listing->was_member[i] = listing->stayed[i] = i % every == 0;
    pthread_mutex_unlock(&listing->lock);
}

static void assert_given(struct listing *listing, const bool given[UINS], uint32_t seed)
{
    unsigned left_out = 0, invented = 0;
    pthread_mutex_lock(&listing->lock);
    for (unsigned i = 0; i < UINS; i++) {
        left_out += listing->stayed[i] && !given[i];
        invented += given[i] && !listing->was_member[i];
    }
    pthread_mutex_unlock(&listing->lock);
    if (left_out > 0 || invented > 0)
        fail_msg("seed %u: %u who stayed left out, %u invented", seed, left_out, invented);
}

/* Walks to the end; returns how many were given. */
static unsigned assert_walk(struct trial *trial, uint32_t seed)
{
    static bool given[UINS];
    struct bursar_balance_walk *walk;
    const struct bursar_member_balance *member;
    enum bursar_result result;
    long before = -1;
    unsigned count = 0;
    memset(given, 0, sizeof given);
    assert_int_equal(bursar_balance_walk_new(trial->client, 0, &walk), BURSAR_OK);
    while ((result = bursar_balance_walk_next(walk, &member)) == BURSAR_OK) {
        long i = strtol(member->member_uin, NULL, 10) - 1000000;
        assert_true(i > before && i < UINS);
        assert_int_equal(member->real_balance, i * 10000);
        given[i] = true;
        before = i;
        count++;
    }
    if (result != BURSAR_END)
        fail_msg("seed %u: %s", seed, bursar_error_message(trial->client));
    assert_int_equal(bursar_balance_walk_next(walk, &member), BURSAR_END);
    bursar_balance_walk_free(walk);
    assert_given(&trial->listing, given, seed);
    return count;
}

static void quiet_listings_are_given_whole(void **state)
{
    static const unsigned sizes[] = {0, 1, 2, 9, 10, 11, 19, 20, 21, 90, 100, 101, 250};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        listing_set(*state, sizes[i], 1, 1);
        assert_int_equal(assert_walk(*state, 1), sizes[i]);
    }
}

static void a_call_brings_six_members_or_more(void **state)
{
    struct trial *trial = *state;
    listing_set(trial, 2500, 1, 1);
    assert_int_equal(assert_walk(trial, 1), 2500);
    assert_true(trial->listing.calls <= 2500 / 6);
}

static void pages_no_window_spans_are_crossed(void **state)
{
    struct trial *trial = *state;
    listing_set(trial, 5100, 1, 1);
    assert_int_equal(assert_walk(trial, 1), 5100);
    for (uint32_t seed = 1; seed <= 3; seed++) {
        listing_set(trial, 2700, 1, seed);
        trial->listing.changes_per_call = 1;
        assert_walk(trial, seed);
    }
}

static void members_may_come_and_go(void **state)
{
    struct trial *trial = *state;
    for (uint32_t seed = 1; seed <= 300; seed++) {
        listing_set(trial, 40 + seed, 1 + seed % 3, seed);
        trial->listing.changes_per_call = seed % 7;
        assert_walk(trial, seed);
    }
}

/* The case that TotalCount does not show: one leaves behind the walk, one joins before it. */
static void changes_that_cancel_out_hide_nobody(void **state)
{
    struct trial *trial = *state;
    for (uint32_t seed = 1; seed <= 200; seed++) {
        listing_set(trial, 120, 1, seed);
        trial->listing.hides = true;
        assert_walk(trial, seed);
    }
}

static void calls_are_spaced_evenly(void **state)
{
    struct trial *trial = *state;
    struct bursar_balance_walk *walk;
    const struct bursar_member_balance *member;
    listing_set(trial, 300, 1, 1);
    clock_us = 7;
    assert_int_equal(bursar_balance_walk_new(trial->client, 3, &walk), BURSAR_OK);
    while (bursar_balance_walk_next(walk, &member) == BURSAR_OK)
        assert_int_equal(bursar_balance_walk_total(walk), 300);
    bursar_balance_walk_free(walk);
    assert_true(clock_us == 7 + (int64_t)(trial->listing.calls - 1) * 333334);
}

static void a_refused_call_may_be_tried_again(void **state)
{
    struct trial *trial = *state;
    struct bursar_balance_walk *walk;
    const struct bursar_member_balance *member;
    enum bursar_result result;
    unsigned count = 0, refused = 0;
    listing_set(trial, 100, 1, 1);
    trial->listing.limits_once = true;
    assert_int_equal(bursar_balance_walk_new(trial->client, 0, &walk), BURSAR_OK);
    while ((result = bursar_balance_walk_next(walk, &member)) != BURSAR_END) {
        assert_true(result == BURSAR_OK || result == BURSAR_REFUSED);
        if (result == BURSAR_OK)
            assert_int_equal(strtol(member->member_uin, NULL, 10), 1000000 + count++);
        else
            refused++;
    }
    bursar_balance_walk_free(walk);
    assert_int_equal(count, 100);
    assert_true(refused > 2);
}

static void listings_that_make_no_sense_are_refused(void **state)
{
    struct trial *trial = *state;
    for (unsigned i = 0; i < 2; i++) {
        struct bursar_balance_walk *walk;
        const struct bursar_member_balance *member;
        listing_set(trial, 5, 1, 1);
        trial->listing.miscounts = i == 0;
        trial->listing.reverses = i == 1;
        assert_int_equal(bursar_balance_walk_new(trial->client, 0, &walk), BURSAR_OK);
        assert_int_equal(bursar_balance_walk_next(walk, &member), BURSAR_PROTOCOL);
        assert_int_equal(bursar_balance_walk_next(walk, &member), BURSAR_PROTOCOL);
        bursar_balance_walk_free(walk);
    }
    bursar_balance_walk_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quiet_listings_are_given_whole),
        cmocka_unit_test(a_call_brings_six_members_or_more),
        cmocka_unit_test(pages_no_window_spans_are_crossed),
        cmocka_unit_test(members_may_come_and_go),
        cmocka_unit_test(changes_that_cancel_out_hide_nobody),
        cmocka_unit_test(calls_are_spaced_evenly),
        cmocka_unit_test(a_refused_call_may_be_tried_again),
        cmocka_unit_test(listings_that_make_no_sense_are_refused),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
