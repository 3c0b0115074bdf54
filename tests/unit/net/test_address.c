#include "net/address.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <arpa/inet.h>
#include <cmocka.h>

static struct status parse(const char *text, struct address *ret_address)
{
    struct fault fault;
    return address_parse(slice_text(text), &fault, ret_address);
}

static void assert_written(const struct address *address, const char *expected)
{
    char memory[200];
    struct buffer out;
    buffer_init_fixed(&out, memory, sizeof memory);
    address_write(address, &out);
    assert_true(slice_equal(buffer_slice(&out), slice_text(expected)));
}

static void reads_what_it_writes(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *written;
        int family;
    } cases[] = {
        {"127.0.0.1:8080", "127.0.0.1:8080", AF_INET},
        {"0.0.0.0:0", "0.0.0.0:0", AF_INET},
        {"localhost:65535", "127.0.0.1:65535", AF_INET},
        {"[::1]:443", "[::1]:443", AF_INET6},
        {"[2001:DB8:0::1]:1", "[2001:db8::1]:1", AF_INET6},
        {"*:80", "*:80", AF_INET6},
        {"unix:/run/bursar/control.sock", "unix:/run/bursar/control.sock", AF_UNIX},
        {"unix:relative:with:colons", "unix:relative:with:colons", AF_UNIX},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct address address, again;
        assert_true(status_ok(parse(cases[i].text, &address)));
        assert_int_equal(address.at.any.sa_family, cases[i].family);
        assert_written(&address, cases[i].written);
        assert_true(status_ok(parse(cases[i].written, &again)));
        assert_int_equal(address.len, again.len);
        assert_memory_equal(&address.at, &again.at, address.len);
    }
}

static void only_the_star_takes_both_families(void **state)
{
    (void)state;
    struct address any, six;
    assert_true(status_ok(parse("*:80", &any)));
    assert_true(status_ok(parse("[::]:80", &six)));
    assert_int_equal(any.kind, ADDRESS_ANY);
    assert_int_equal(six.kind, ADDRESS_IPV6);
}

static void refuses_what_is_no_address(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "",
        ":",
        ":80",
        "80",
        "127.0.0.1",
        "127.0.0.1:",
        "127.0.0.1:x",
        "127.0.0.1:-1",
        "127.0.0.1:65536",
        "127.0.0.1:000080",
        "127.0.0.1: 80",
        "127.0.0:80",
        "127.0.0.256:80",
        "::1:80",
        "[::1]",
        "[::1:80",
        "[]:80",
        "[127.0.0.1]:80",
        "[::1%lo]:80",
        "example.org:80",
        "**:80",
        "unix:",
        "UNIX:/x",
        "tcp:80",
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct address address;
        struct fault fault;
        struct status status = address_parse(slice_text(cases[i]), &fault, &address);
        assert_int_equal(status.code, STATUS_INVALID);
        assert_non_null(strstr(fault.text, cases[i]));
        assert_non_null(strstr(fault.text, "ADDRESS:PORT"));
    }
    struct address address;
    struct fault fault;
    assert_false(status_ok(address_parse(SLICE("127.0.0.1\0x:80"), &fault, &address)));
    assert_false(status_ok(address_parse(SLICE("unix:/a\0b"), &fault, &address)));
}

static void unix_paths_fit_or_are_refused(void **state)
{
    (void)state;
    char text[5 + 109];
    struct address address;
    memset(text, 'x', sizeof text);
    memcpy(text, "unix:", 5);
    text[5 + 107] = '\0';
    assert_true(status_ok(parse(text, &address)));
    assert_int_equal(strlen(address.at.unix_path.sun_path), 107);
    text[5 + 107] = 'x';
    text[5 + 108] = '\0';
    assert_false(status_ok(parse(text, &address)));
}

static void assert_peer(const struct peer *peer, const char *expected)
{
    assert_true(slice_equal(peer_text(peer), slice_text(expected)));
}

static void peers_are_their_address(void **state)
{
    (void)state;
    struct address address;
    assert_true(status_ok(parse("192.0.2.7:1234", &address)));
    struct peer four = peer_of(&address.at.any);
    assert_peer(&four, "192.0.2.7");
    assert_true(status_ok(parse("[::ffff:192.0.2.7]:99", &address)));
    struct peer mapped = peer_of(&address.at.any);
    assert_int_equal(mapped.len, 4);
    assert_memory_equal(four.bytes, mapped.bytes, 4);
    assert_true(status_ok(parse("[2001:db8::7]:99", &address)));
    struct peer six = peer_of(&address.at.any);
    assert_peer(&six, "2001:db8::7");
    assert_true(status_ok(parse("unix:/x", &address)));
    struct peer local = peer_of(&address.at.any);
    assert_peer(&local, "");
}

/* RFC 1122, 3.2.1.3 (g): all of 127; RFC 4291, 2.5.3: one of IPv6. */
static void peers_on_this_machine_are_known(void **state)
{
    static const struct {
        const char *text;
        bool is_local;
    } rows[] = {
        {"127.0.0.1:1", true},
        {"127.255.255.254:1", true},
        {"[::1]:1", true},
        {"[::ffff:127.0.0.1]:1", true},
        {"unix:/x", true},
        {"128.0.0.1:1", false},
        {"126.255.255.255:1", false},
        {"192.0.2.7:1", false},
        {"[::2]:1", false},
        {"[::]:1", false},
        {"[1::1]:1", false},
        {"[::ffff:192.0.2.7]:1", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct address address;
        assert_true(status_ok(parse(rows[i].text, &address)));
        struct peer peer = peer_of(&address.at.any);
        assert_int_equal(peer_is_local(&peer), rows[i].is_local);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_it_writes),
        cmocka_unit_test(only_the_star_takes_both_families),
        cmocka_unit_test(refuses_what_is_no_address),
        cmocka_unit_test(unix_paths_fit_or_are_refused),
        cmocka_unit_test(peers_are_their_address),
        cmocka_unit_test(peers_on_this_machine_are_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
