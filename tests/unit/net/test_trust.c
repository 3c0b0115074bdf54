#include "net/trust.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))

static struct peer peer(const char *text)
{
    struct peer peer;
    assert_true(peer_parse(slice_text(text), &peer));
    return peer;
}

static void add(struct trust *trust, const char *text)
{
    struct fault fault;
    assert_true(status_ok(trust_add(trust, slice_text(text), &fault)));
}

static void reads_addresses(void **state)
{
    static const struct {
        const char *text, *written;
    } good[] = {
        {"192.0.2.1", "192.0.2.1"},
        {"192.0.2.1:80", "192.0.2.1"},
        {"192.0.2.1:", "192.0.2.1"},
        {"2001:DB8::1", "2001:db8::1"},
        {"[2001:db8::1]", "2001:db8::1"},
        {"[2001:db8::1]:443", "2001:db8::1"},
        {"::ffff:192.0.2.1", "192.0.2.1"},
        {"::1", "::1"},
        {"[::ffff:192.0.2.1]:1", "192.0.2.1"},
    };
    static const char *const bad[] = {
        "",       "a",       "192.0.2",     "192.0.2.256", "192.0.2.1:x",   "192.0.2.1:123456",
        "[::1",   "[]",      "[192.0.2.1]", "[::1]80",     "[::1]:x",       "unknown",
        "::1%lo", "_secret", "192.0.2.1 ",  "localhost",   "192.0.2.1:8:9",
    };
    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        struct peer read = peer(good[i].text);
        assert_true(slice_equal(peer_text(&read), slice_text(good[i].written)));
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct peer read;
        if (peer_parse(slice_text(bad[i]), &read))
            fail_msg("%s was read", bad[i]);
    }
}

static void includes_networks(void **state)
{
    struct trust trust = {0};
    struct peer local = {.len = 0}, each;
    static const struct {
        const char *address;
        bool inside;
    } rows[] = {
        {"10.0.0.0", true},        {"10.255.255.255", true}, {"11.0.0.0", false},
        {"9.255.255.255", false},  {"192.0.2.7", true},      {"192.0.2.6", false},
        {"192.0.2.8", false},      {"172.16.0.1", true},     {"172.31.255.255", true},
        {"172.32.0.0", false},     {"2001:db8::1", true},    {"2001:db9::1", false},
        {"::ffff:10.1.2.3", true}, {"::1", false},           {"fe80::1", false},
    };
    (void)state;
    assert_false(trust_includes(&trust, &local));
    add(&trust, "10.0.0.0/8");
    add(&trust, "192.0.2.7");
    add(&trust, "172.16.0.0/12");
    add(&trust, "2001:db8::/32");
    for (size_t i = 0; i < COUNT(rows); i++) {
        each = peer(rows[i].address);
        if (trust_includes(&trust, &each) != rows[i].inside)
            fail_msg("%s", rows[i].address);
    }
    assert_false(trust_includes(&trust, &local));
    add(&trust, "unix");
    assert_true(trust_includes(&trust, &local));
    struct trust all = {0};
    add(&all, "0.0.0.0/0");
    each = peer("203.0.113.9");
    assert_true(trust_includes(&all, &each));
    each = peer("::1");
    assert_false(trust_includes(&all, &each));
}

static void refuses_what_is_no_network(void **state)
{
    static const char *const bad[] = {"",           "a",          "10.0.0.0/",   "10.0.0.0/33",
                                      "10.0.0.1/8", "10.0.0.0/x", "10.0.0.0:80", "2001:db8::/129",
                                      "[::1]",      "localhost",  "10.0.0.0/-1", "10.0.0.0/8/8"};
    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct trust trust = {0};
        struct fault fault;
        if (status_ok(trust_add(&trust, slice_text(bad[i]), &fault)))
            fail_msg("%s was taken", bad[i]);
        assert_int_equal(trust.count, 0);
    }
}

static const char *client(const char *from, const char *first, const char *second)
{
    static struct peer found;
    static struct http1_request request;
    struct trust trust = {0};
    struct peer sender = peer(from);
    add(&trust, "10.0.0.0/8");
    add(&trust, "2001:db8::/32");
    request.field_count = 3;
    request.fields[0] = (struct field){SLICE("X-Forwarded-For"), slice_text(first)};
    request.fields[1] = (struct field){SLICE("X-Forwarded"), SLICE("198.51.100.99")};
    request.fields[2] = (struct field){SLICE("x-forwarded-for"), slice_text(second)};
    found = trust_client(&trust, &sender, &request);
    return found.text;
}

/* The right-most that is not trusted; what a client wrote itself stands left of it. */
static void follows_the_chain(void **state)
{
    (void)state;
    assert_string_equal(client("10.0.0.1", "6.6.6.6", "203.0.113.7"), "203.0.113.7");
    assert_string_equal(client("10.0.0.1", "6.6.6.6, 203.0.113.7", "10.0.0.2"), "203.0.113.7");
    assert_string_equal(client("10.0.0.1", "203.0.113.7,10.0.0.3", " 10.0.0.2 "), "203.0.113.7");
    assert_string_equal(client("10.0.0.1", "x", "[2001:db9::5]:4711, 10.1.1.1:80"), "2001:db9::5");
    assert_string_equal(client("2001:db8::9", "x", "203.0.113.7"), "203.0.113.7");
    /* All are trusted: the one farthest away. */
    assert_string_equal(client("10.0.0.1", "10.0.0.9", "10.0.0.2"), "10.0.0.9");
    /* Who is not trusted is not believed. */
    assert_string_equal(client("203.0.113.1", "6.6.6.6", "7.7.7.7"), "203.0.113.1");
    /* What is no address ends it. */
    assert_string_equal(client("10.0.0.1", "203.0.113.7", "unknown"), "10.0.0.1");
    assert_string_equal(client("10.0.0.1", "203.0.113.7", "unknown, 10.0.0.2"), "10.0.0.2");
    assert_string_equal(client("10.0.0.1", "203.0.113.7", ""), "10.0.0.1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_addresses),
        cmocka_unit_test(includes_networks),
        cmocka_unit_test(refuses_what_is_no_network),
        cmocka_unit_test(follows_the_chain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
