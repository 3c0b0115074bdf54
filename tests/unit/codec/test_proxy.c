/* PROXY protocol headers: the examples and rules of HAProxy's proxy-protocol.txt, sections 2.1 and
 * 2.2. */
#include "codec/proxy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))
#define SIGNATURE "\x0D\x0A\x0D\x0A\x00\x0D\x0A\x51\x55\x49\x54\x0A"
#define REQUEST "GET / HTTP/1.1\r\nHost: 192.168.0.11\r\n\r\n"
#define IPV4_TLVS                                                                                  \
    SIGNATURE "\x21\x11\x00\x13"                                                                   \
              "\xc0\x00\x02\x01\xc6\x33\x64\x02\xdc\x04\x01\xbb"                                   \
              "\x04\x00\x04\x00\x00\x00\x00"
#define IPV6                                                                                       \
    SIGNATURE "\x21\x21\x00\x24"                                                                   \
              "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01"                                         \
              "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02"                                         \
              "\xdc\x04\x01\xbb"

struct row {
    const char *text;
    size_t len;
    enum proxy_progress progress;
    size_t used;
    const char *source;
    uint32_t source_len;
};
#define ROW(text, ...)                                                                             \
    {                                                                                              \
        (text), sizeof(text) - 1, __VA_ARGS__                                                      \
    }
#define NONE(text) ROW(text, PROXY_NONE, 0, NULL, 0)
#define MORE(text) ROW(text, PROXY_MORE, 0, NULL, 0)
#define REFUSED(text) ROW(text, PROXY_REFUSED, 0, NULL, 0)
#define LONGEST                                                                                    \
    "PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:"    \
    "ffff 65535 65535\r\n"

static const struct row rows[] = {
    /* Version 1, as section 2.1 shows it. */
    ROW("PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\n" REQUEST, PROXY_DONE, 47,
        "\xc0\xa8\x00\x01", 4),
    ROW("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", PROXY_DONE, 56,
        "\xff\xff\xff\xff", 4),
    ROW("PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
        "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n",
        PROXY_DONE, 104, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 16),
    ROW("PROXY TCP6 2001:db8::1 ::1 0 0\r\n", PROXY_DONE, 32,
        "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01", 16),
    ROW("PROXY UNKNOWN\r\n" REQUEST, PROXY_DONE, 15, NULL, 0),
    ROW(LONGEST, PROXY_DONE, 107, NULL, 0),
    REFUSED("PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\n"),
    REFUSED("PROXY TCP4 192.168.0.1 192.168.0.11 56324\r\n"),
    REFUSED("PROXY TCP4 192.168.0.1 192.168.0.11 56324 443 1\r\n"),
    REFUSED("PROXY TCP4  192.168.0.1 192.168.0.11 56324 443\r\n"),
    REFUSED("PROXY TCP4 192.168.0.1 192.168.0.11 056324 443\r\n"),
    REFUSED("PROXY TCP4 192.168.0.1 192.168.0.11 65536 443\r\n"),
    REFUSED("PROXY TCP4 192.168.0.1 192.168.0.11 -1 443\r\n"),
    REFUSED("PROXY TCP4 192.168.0.256 192.168.0.11 56324 443\r\n"),
    REFUSED("PROXY TCP4 192.168.0.1 x 56324 443\r\n"),
    REFUSED("PROXY TCP4 ::1 ::1 56324 443\r\n"),
    REFUSED("PROXY TCP6 192.168.0.1 192.168.0.11 56324 443\r\n"),
    REFUSED("PROXY UDP4 192.168.0.1 192.168.0.11 56324 443\r\n"),
    REFUSED("PROXY tcp4 192.168.0.1 192.168.0.11 56324 443\r\n"),
    REFUSED("PROXY \r\n"),
    REFUSED("PROXY UNKNOWNS\r\n"),
    REFUSED("PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
            "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 655350\r\n"),
    MORE(""),
    MORE("P"),
    MORE("PROXY"),
    MORE("PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r"),
    NONE("POST / HTTP/1.1\r\n"),
    NONE("PROXX "),
    NONE("proxy TCP4"),
    NONE(REQUEST),
    NONE("\x16\x03\x01\x02"),
    /* Version 2, section 2.2. */
    ROW(IPV4_TLVS REQUEST, PROXY_DONE, 35, "\xc0\x00\x02\x01", 4),
    ROW(IPV6, PROXY_DONE, 52, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01", 16),
    ROW(SIGNATURE "\x20\x00\x00\x00" REQUEST, PROXY_DONE, 16, NULL, 0),
    ROW(SIGNATURE "\x20\x11\x00\x0c"
                  "0123456789ab",
        PROXY_DONE, 28, NULL, 0),
    ROW(SIGNATURE "\x21\x00\x00\x03"
                  "abc",
        PROXY_DONE, 19, NULL, 0),
    ROW(SIGNATURE "\x21\x12\x00\x0c"
                  "0123456789ab",
        PROXY_DONE, 28, NULL, 0),
    ROW(SIGNATURE "\x21\x31\x00\x01"
                  "a",
        PROXY_DONE, 17, NULL, 0),
    REFUSED(SIGNATURE "\x11\x11\x00\x0c"
                      "0123456789ab"),
    REFUSED(SIGNATURE "\x22\x11\x00\x0c"
                      "0123456789ab"),
    REFUSED(SIGNATURE "\x21\x11\x00\x0b"
                      "0123456789a"),
    REFUSED(SIGNATURE "\x21\x21\x00\x23"),
    REFUSED(SIGNATURE "\x21\x41\x00\x00"),
    REFUSED(SIGNATURE "\x21\x13\x00\x00"),
    REFUSED(SIGNATURE "\x21\x11\xff\xff"),
    MORE("\r\n"),
    MORE(SIGNATURE),
    MORE(SIGNATURE "\x21\x11\x00"),
    MORE(SIGNATURE "\x21\x11\x00\x0c"
                   "0123456789a"),
    NONE("\r\n\r\nGET"),
    NONE("\r\nGET / HTTP/1.1\r\n"),
};

static void verdicts(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct proxy_header header = proxy_parse(slice_of(rows[i].text, rows[i].len));
        if (header.progress != rows[i].progress || header.used != rows[i].used)
            fail_msg("row %zu: progress %d, used %zu", i, (int)header.progress, header.used);
        if (header.progress != PROXY_DONE)
            continue;
        assert_int_equal(header.source_len, rows[i].source_len);
        if (header.source_len > 0)
            assert_memory_equal(header.source, rows[i].source, header.source_len);
    }
}

/* However a header is cut, nothing but MORE is said of its beginnings. */
static void cuts_do_not_matter(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        for (size_t len = 0; rows[i].progress == PROXY_DONE && len < rows[i].used; len++) {
            char *exact = malloc(len ? len : 1);
            assert_non_null(exact);
            memcpy(exact, rows[i].text, len);
            assert_int_equal(proxy_parse(slice_of(exact, len)).progress, PROXY_MORE);
            free(exact);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verdicts),
        cmocka_unit_test(cuts_do_not_matter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
