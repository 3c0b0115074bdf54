/* A whole server on a clock that is put: its committer, limits, signatures, keys, timed entries and
 * deadlines are frozen, two hours ahead and back, and nobody sleeps. What users see is asserted. */
#include "../api/world.h"

#include "base/check.h"
#include "codec/timestamp.h"
#include "net/server.h"
#include "sys/thread.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define SECOND_US INT64_C(1000000)
#define HOUR_US (3600 * SECOND_US)

static struct world world;
static struct server *server;
static pthread_t serving;
static char answered[65536]; /* the last answer, with its head */

static void *serve(void *context)
{
    struct fault fault;
    CHECK(status_ok(server_run(server, &fault)));
    return context;
}

static int setup(void **state)
{
    const struct server_listener listener = {.address = SLICE("127.0.0.1:0")};
    struct server_options options = SERVER_OPTIONS_DEFAULT;
    struct fault fault;
    (void)state;
    world_open(&world, NULL);
    options.listeners = &listener;
    options.listener_count = 1;
    options.drain_timeout_ms = 1;
    options.sys = &world.sys;
    if (!status_ok(server_open(world.api, &options, &fault, &server)))
        fail_msg("%s", fault.text);
    assert_int_equal(thread_start(&serving, serve, NULL), 0);
    return 0;
}

/* A clock that stands does not hold up a drain. */
static int teardown(void **state)
{
    (void)state;
    server_drain(server);
    assert_int_equal(pthread_join(serving, NULL), 0);
    server_close(server);
    world_close(&world);
    return 0;
}

/* ---- a client ---- */

static int dial(void)
{
    char memory[64];
    struct buffer address;
    buffer_init_fixed(&address, memory, sizeof memory - 1);
    server_address(server, 0, &address);
    memory[address.len] = '\0';
    struct sockaddr_in there = {.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)atoi(strrchr(memory, ':') + 1)),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&there, sizeof there), 0);
    return fd;
}

static void say(int fd, struct slice bytes)
{
    assert_int_equal(send(fd, bytes.at, bytes.len, MSG_NOSIGNAL), bytes.len);
}

static bool is_whole(const char *text, size_t len)
{
    const char *end = strstr(text, "\r\n\r\n"), *size = strstr(text, "Content-Length: ");
    return end && size && len >= (size_t)(end + 4 - text) + strtoul(size + 16, NULL, 10);
}

/* An answer, or what came before the server closed. */
static const char *hear(int fd)
{
    size_t len = 0;
    ssize_t got;
    answered[0] = '\0';
    while (!is_whole(answered, len) &&
           (got = recv(fd, answered + len, sizeof answered - 1 - len, 0)) > 0) {
        len += (size_t)got;
        answered[len] = '\0';
    }
    return answered;
}

static const char *ask(int fd, const struct signed_call *call)
{
    world_sign(&world, call, &world.text);
    say(fd, buffer_slice(&world.text));
    return hear(fd);
}

static const struct signed_call balances = {.body = "{}"};
#define LISTED "\"TotalCount\":1"

static void assert_dated(const char *answer, int64_t seconds)
{
    char line[48] = "Date: ";
    timestamp_print_http(line + 6, seconds);
    assert_contains(answer, line);
}

static void assert_believed(void)
{
    assert_contains(world_must(&world, "DescribeClock", "{}"), "\"Believed\":true");
}

/* ---- what users see ---- */

static void a_second_lasts_until_the_clock_is_put(void **state)
{
    (void)state;
    int fd = dial();
    for (int second = 0; second < 3; second++) {
        for (int i = 0; i < 20; i++)
            assert_contains(ask(fd, &balances), LISTED);
        assert_dated(answered, START_S + second);
        assert_contains(ask(fd, &balances), "RequestLimitExceeded");
        put_clock_advance(&world.clock, SECOND_US);
    }
    close(fd);
}

static const char *newest_entry(void)
{
    return world_must(&world, "DescribeEntries", "{\"Limit\":1}");
}

#define WHEN_IT_WAS_DUE "\"Time\":\"2026-11-23 04:42:53\""

static void a_hold_ends_when_its_time_is_put(void **state)
{
    static const char holds[] = "{\"MemberUin\":\"" SEED_MEMBER "\"}";
    (void)state;
    int fd = dial();
    world_must(&world, "CreateHold",
               "{\"MemberUin\":\"" SEED_MEMBER "\",\"Amount\":500,"
               "\"ExpiresAt\":\"2026-11-23 04:42:53\"}"); /* in 90 minutes */
    assert_contains(ask(fd, &balances), "\"RealBalance\":36365411");
    close(fd);
    assert_contains(world_must(&world, "DescribeHolds", holds), LISTED);
    put_clock_advance(&world.clock, 2 * HOUR_US);
    while (!strstr(newest_entry(), WHEN_IT_WAS_DUE)) /* no command comes */
        thread_give_way();
    fd = dial();
    assert_contains(ask(fd, &balances), "\"RealBalance\":36365911");
    assert_believed();
    world_set_seconds(&world, START_S);
    assert_contains(world_must(&world, "DescribeHolds", holds), "\"TotalCount\":0");
    assert_believed();
    world_must(&world, "CreateHold", "{\"MemberUin\":\"" SEED_MEMBER "\",\"Amount\":1}");
    assert_contains(newest_entry(), WHEN_IT_WAS_DUE); /* not before what it follows */
    put_clock_put(&world.clock, PUT_CLOCK_REAL, 0);
    assert_believed();
    close(fd);
}

static void copy_member(const char *json, const char *name, char *at, size_t size)
{
    char key[32];
    int len = snprintf(key, sizeof key, "\"%s\":\"", name);
    const char *value = strstr(json, key);
    assert_non_null(value);
    value += len;
    snprintf(at, size, "%.*s", (int)strcspn(value, "\""), value);
}

static void a_temporary_key_ends_and_is_good_again(void **state)
{
    char id[128], secret[128], token[512], field[544];
    (void)state;
    int fd = dial();
    const char *made = world_must(&world, "CreateTemporaryKey", "{\"DurationSeconds\":3600}");
    copy_member(made, "SecretId", id, sizeof id);
    copy_member(made, "SecretKey", secret, sizeof secret);
    copy_member(made, "Token", token, sizeof token);
    snprintf(field, sizeof field, "X-TC-Token: %s\r\n", token);
    const struct signed_call call = {.secret_id = id, .secret_key = secret, .headers = field};
    assert_contains(ask(fd, &call), LISTED);
    put_clock_advance(&world.clock, 2 * HOUR_US);
    close(fd); /* idle for two hours */
    fd = dial();
    assert_contains(ask(fd, &call), "AuthFailure");
    assert_contains(ask(fd, &balances), LISTED);
    world_set_seconds(&world, START_S);
    assert_contains(ask(fd, &call), LISTED);
    close(fd);
}

static void a_signature_is_too_old_until_the_clock_is_back(void **state)
{
    static const struct signed_call then = {.timestamp = START_S};
    (void)state;
    put_clock_advance(&world.clock, 2 * HOUR_US);
    int fd = dial();
    assert_contains(ask(fd, &then), "AuthFailure.SignatureExpire");
    assert_dated(answered, START_S + 7200);
    world_set_seconds(&world, START_S);
    assert_contains(ask(fd, &then), LISTED);
    assert_dated(answered, START_S);
    close(fd);
}

static void deadlines_come_due_by_it(void **state)
{
    (void)state;
    int idle = dial(), slow = dial(), other = dial();
    assert_contains(ask(idle, &balances), LISTED);
    say(slow, SLICE("POST / HTTP/1.1\r\n"));
    for (int i = 0; i < 3; i++) /* by then the server is done with both */
        assert_contains(ask(other, &balances), LISTED);
    put_clock_advance(&world.clock, 2 * HOUR_US);
    assert_contains(hear(slow), "HTTP/1.1 408 ");
    assert_string_equal(hear(idle), "");
    close(other);
    close(slow);
    close(idle);
    slow = dial();
    say(slow, SLICE("POST / HTTP/1.1\r\n")); /* is there when teardown drains */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_second_lasts_until_the_clock_is_put, setup, teardown),
        cmocka_unit_test_setup_teardown(a_hold_ends_when_its_time_is_put, setup, teardown),
        cmocka_unit_test_setup_teardown(a_temporary_key_ends_and_is_good_again, setup, teardown),
        cmocka_unit_test_setup_teardown(a_signature_is_too_old_until_the_clock_is_back, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(deadlines_come_due_by_it, setup, teardown),
    };
    return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
