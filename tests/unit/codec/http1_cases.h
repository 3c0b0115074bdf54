/* Request heads and what must be said about them: 0 = accepted, MORE = not complete yet, else the
 * status of the refusal. One row a case; the rule it comes from is named where it is not evident.
 */
#ifndef TEST_HTTP1_CASES_H
#define TEST_HTTP1_CASES_H

#include "base/slice.h"

enum { MORE = -1 };

struct head_case {
    int status;
    struct slice text;
};

#define CASE(status, literal)                                                                      \
    {                                                                                              \
        status,                                                                                    \
        {                                                                                          \
            "" literal, sizeof(literal) - 1                                                        \
        }                                                                                          \
    }
#define GET "GET / HTTP/1.1\r\n"
#define POST "POST / HTTP/1.1\r\n"
#define HOST "Host: billing.local\r\n"
#define END "\r\n"
#define LENGTH_2 "Content-Length: 2\r\n"

static const struct head_case head_cases[] = {
    /* Ordinary requests. */
    CASE(0, GET HOST END),
    CASE(0, POST HOST "Content-Length: 0\r\n" END),
    CASE(0, POST HOST LENGTH_2 END "{}"),
    CASE(0, GET HOST "Content-Length: 0\r\n" END),
    CASE(0, GET HOST LENGTH_2 END "{}"),
    CASE(0, "GET / HTTP/1.0\r\n" END),
    CASE(0, "POST / HTTP/1.0\r\n" HOST LENGTH_2 END "{}"),
    CASE(0, "POST / HTTP/1.0\r\n" HOST END),
    CASE(0, POST HOST "Transfer-Encoding: chunked\r\n" END),
    CASE(0, POST HOST "transfer-encoding:\tChUnKeD \r\n" END),
    CASE(0, GET "host:billing.local:8080\r\n" END),
    CASE(0, GET "HOST: \t billing.local \t \r\n" END),
    CASE(0, GET HOST "X-Empty:\r\n" END),
    CASE(0, GET HOST "X-Empty: \t \r\n" END),
    CASE(0, GET HOST "X-Text: caf\xC3\xA9 \xFF\r\n" END), /* obs-text */
    CASE(0, GET HOST "X: a\tb\r\n" END),
    CASE(0, GET HOST "!#$%&'*+-.^_`|~09azAZ: every tchar\r\n" END),
    CASE(0, GET HOST "Accept: a\r\nAccept: b\r\n" END),
    CASE(0, GET HOST "Connection: Close\r\n" END),
    CASE(0, GET HOST "Connection: keep-alive\r\n" END),
    CASE(0, GET HOST "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n" END),
    CASE(0, GET HOST "Connection: , ,close,\r\n" END),
    CASE(0, GET HOST "Connection:\r\n" END),
    CASE(0, POST HOST "Expect: 100-Continue\r\n" LENGTH_2 END "{}"),
    CASE(0, GET HOST "Expect: 100-continue\r\n" END),
    CASE(0, POST HOST "Content-Length: 10485760\r\n" END),
    CASE(0, GET HOST "Content-Type: text/plain\r\n" END),
    CASE(0, GET HOST "TE: trailers\r\nTrailer: X\r\n" END),
    /* Empty lines before a request: two are skipped (RFC 9112 2.2). */
    CASE(0, "\r\n" GET HOST END),
    CASE(0, "\r\n\r\n" GET HOST END),
    CASE(400, "\r\n\r\n\r\n" GET HOST END),
    CASE(400, "\n" GET HOST END),
    CASE(400, "\r" GET HOST END),
    CASE(400, " \r\n" GET HOST END),
    /* Not complete. */
    CASE(MORE, "\r\n\r\n"),
    CASE(MORE, "G"),
    CASE(MORE, "GET / HTTP/1.1"),
    CASE(MORE, "GET / HTTP/1.1\r"),
    CASE(MORE, GET),
    CASE(MORE, GET HOST),
    CASE(MORE, GET HOST "\r"),
    CASE(MORE, GET HOST "Host: other.local"),
    CASE(MORE, "\x16\x03\x01\x02"), /* a TLS greeting: no line yet, so no verdict */
    /* Methods: case matters, unknown tokens are 501, anything else 400. */
    CASE(0, "HEAD / HTTP/1.1\r\n" HOST END),
    CASE(0, "PUT / HTTP/1.1\r\n" HOST LENGTH_2 END "{}"),
    CASE(0, "DELETE / HTTP/1.1\r\n" HOST END),
    CASE(0, "OPTIONS / HTTP/1.1\r\n" HOST END),
    CASE(0, "OPTIONS * HTTP/1.1\r\n" HOST END),
    CASE(0, "PATCH / HTTP/1.1\r\n" HOST LENGTH_2 END "{}"),
    CASE(0, "TRACE / HTTP/1.1\r\n" HOST END),
    CASE(0, "CONNECT billing.local:443 HTTP/1.1\r\n" HOST END),
    CASE(501, "get / HTTP/1.1\r\n" HOST END),
    CASE(501, "Get / HTTP/1.1\r\n" HOST END),
    CASE(501, "BREW / HTTP/1.1\r\n" HOST END),
    CASE(501, "GETS / HTTP/1.1\r\n" HOST END),
    CASE(501, "M-SEARCH / HTTP/1.1\r\n" HOST END),
    CASE(400, "G@T / HTTP/1.1\r\n" HOST END),
    CASE(400, "GE\tT / HTTP/1.1\r\n" HOST END),
    CASE(400, "GET\x00 / HTTP/1.1\r\n" HOST END),
    CASE(400, "\xC3\xA9 / HTTP/1.1\r\n" HOST END),
    CASE(400, "\x16\x03\x01\x02\n"),
    /* Spaces in the request line: exactly one between its parts (RFC 9112 3). */
    CASE(400, " GET / HTTP/1.1\r\n" HOST END),
    CASE(400, "GET  / HTTP/1.1\r\n" HOST END),
    CASE(400, "GET /  HTTP/1.1\r\n" HOST END),
    CASE(400, "GET\t/ HTTP/1.1\r\n" HOST END),
    CASE(400, "GET /\tHTTP/1.1\r\n" HOST END),
    CASE(400, "GET / HTTP/1.1 \r\n" HOST END),
    CASE(400, "GET / a HTTP/1.1\r\n" HOST END),
    CASE(400, "GET /\r\n" HOST END), /* HTTP/0.9 */
    CASE(400, "GET / \r\n" HOST END),
    CASE(400, "GET\r\n" HOST END),
    CASE(400, "GET HTTP/1.1\r\n" HOST END),
    /* Versions: other majors are 505, other spellings 400. */
    CASE(505, "GET / HTTP/2.0\r\n" HOST END),
    CASE(505, "GET / HTTP/0.9\r\n" HOST END),
    CASE(505, "GET / HTTP/1.2\r\n" HOST END),
    CASE(505, "GET / HTTP/3.1\r\n" HOST END),
    CASE(505, "PRI * HTTP/2.0\r\n" END),
    CASE(400, "GET / http/1.1\r\n" HOST END),
    CASE(400, "GET / HTTP/1\r\n" HOST END),
    CASE(400, "GET / HTTP/1.\r\n" HOST END),
    CASE(400, "GET / HTTP/1,1\r\n" HOST END),
    CASE(400, "GET / HTTP/1.10\r\n" HOST END),
    CASE(400, "GET / HTTP/01.1\r\n" HOST END),
    CASE(400, "GET / HTTP/+1.1\r\n" HOST END),
    CASE(400, "GET / HTTP /1.1\r\n" HOST END),
    CASE(400, "GET / HTP/1.1\r\n" HOST END),
    CASE(400, "GET / HTTPS/1.1\r\n" HOST END),
    CASE(400, "GET / ICAP/1.0\r\n" HOST END),
    CASE(400, "GET / HTTP/1.\xB1\r\n" HOST END),
    /* Targets (RFC 9112 3.2, RFC 3986). */
    CASE(0, "GET /? HTTP/1.1\r\n" HOST END),
    CASE(0, "GET /a/b;c=1?d=e&f=%2F/?@: HTTP/1.1\r\n" HOST END),
    CASE(0, "GET //double HTTP/1.1\r\n" HOST END),
    CASE(0, "GET http://billing.local/ HTTP/1.1\r\n" HOST END),
    CASE(0, "GET HTTPS://billing.local:443?a=b HTTP/1.1\r\n" HOST END),
    CASE(0, "GET http://[2001:db8::1]:80/ HTTP/1.1\r\nHost: [2001:db8::1]\r\n" END),
    CASE(400, "GET http://[2001:db8::1]:80/ HTTP/1.1\r\n" HOST END),
    CASE(400, "GET http://billing.local:8080/ HTTP/1.1\r\n" HOST END),
    CASE(400, "GET http://evil.local/ HTTP/1.1\r\n" HOST END),
    CASE(400, "GET index.html HTTP/1.1\r\n" HOST END),
    CASE(400, "GET ?a=b HTTP/1.1\r\n" HOST END),
    CASE(400, "GET * HTTP/1.1\r\n" HOST END),
    CASE(400, "GET billing.local:443 HTTP/1.1\r\n" HOST END),
    CASE(400, "GET /#top HTTP/1.1\r\n" HOST END),
    CASE(400, "GET /a\\b HTTP/1.1\r\n" HOST END),
    CASE(400, "GET /\"a\" HTTP/1.1\r\n" HOST END),
    CASE(400, "GET /<a> HTTP/1.1\r\n" HOST END),
    CASE(400, "GET /{a} HTTP/1.1\r\n" HOST END),
    CASE(400, "GET /?a[0]=b HTTP/1.1\r\n" HOST END),
    CASE(400, "GET /a|b HTTP/1.1\r\n" HOST END),
    CASE(400, "GET /\xC3\xA9 HTTP/1.1\r\n" HOST END),
    CASE(400, "GET /\x01 HTTP/1.1\r\n" HOST END),
    CASE(400, "GET /\x7F HTTP/1.1\r\n" HOST END),
    CASE(400, "GET /\x00 HTTP/1.1\r\n" HOST END),
    CASE(400, "GET /100% HTTP/1.1\r\n" HOST END),
    CASE(400, "GET /%4 HTTP/1.1\r\n" HOST END),
    CASE(400, "GET /?a=%zz HTTP/1.1\r\n" HOST END),
    CASE(400, "GET http:///path HTTP/1.1\r\n" HOST END),
    CASE(400, "GET http:// HTTP/1.1\r\n" HOST END),
    CASE(400, "GET http:/billing.local/ HTTP/1.1\r\n" HOST END),
    CASE(400, "GET http://user@billing.local/ HTTP/1.1\r\n" HOST END),
    CASE(400, "GET http://billing.local:99999/ HTTP/1.1\r\n" HOST END),
    CASE(400, "GET http://[::1/ HTTP/1.1\r\n" HOST END),
    CASE(400, "GET ftp://billing.local/ HTTP/1.1\r\n" HOST END),
    CASE(400, "CONNECT / HTTP/1.1\r\n" HOST END),
    CASE(400, "CONNECT billing.local HTTP/1.1\r\n" HOST END),
    /* Line ends: CRLF and nothing else. */
    CASE(400, "GET / HTTP/1.1\n" HOST END),
    CASE(400, "GET / HTTP/1.1\n\n"),
    CASE(400, GET "Host: billing.local\n" END),
    CASE(400, GET HOST "\n"),
    CASE(400, GET HOST "\r\r\n"),
    CASE(400, GET HOST "X: a\rb\r\n" END),
    CASE(400, GET HOST "X: a\r\r\n" END),
    CASE(400, GET HOST "X: a\n\r\n" END),
    CASE(400, "GET / HTTP/1.1\r\r\n" HOST END),
    CASE(400, "GET /\r\nX: HTTP/1.1\r\n" HOST END),
    /* Field lines (RFC 9112 5). */
    CASE(400, GET " " HOST END),
    CASE(400, GET HOST " folded\r\n" END),
    CASE(400, GET HOST "\tfolded\r\n" END),
    CASE(400, GET HOST "X: a\r\n b\r\n" END),
    CASE(400, GET "Host : billing.local\r\n" END),
    CASE(400, GET HOST "Content-Length : 0\r\n" END),
    CASE(400, GET HOST "Content-Length\t: 0\r\n" END),
    CASE(400, GET HOST ": no name\r\n" END),
    CASE(400, GET HOST "no colon\r\n" END),
    CASE(400, GET HOST "NoColon\r\n" END),
    CASE(400, GET HOST "X Y: a\r\n" END),
    CASE(400, GET HOST "X(Y): a\r\n" END),
    CASE(400, GET HOST "X\xC3\xA9: a\r\n" END),
    CASE(400, GET HOST "X\x00: a\r\n" END),
    CASE(400, GET HOST "X: a\x00z\r\n" END),
    CASE(400, GET HOST "X: a\x0Bz\r\n" END),
    CASE(400, GET HOST "X: a\x1Bz\r\n" END),
    CASE(400, GET HOST "X: a\x7Fz\r\n" END),
    CASE(400, GET HOST "X: \x08\r\n" END),
    CASE(400, GET HOST "X: 0123456789abcdef\x01\r\n" END),
    CASE(400, GET HOST "Content-Type: a/b\r\nContent-Type: c/d\r\n" END),
    /* Host (RFC 9112 3.2). */
    CASE(400, GET END),
    CASE(400, GET "X-Host: billing.local\r\n" END),
    CASE(400, GET "Host:\r\n" END),
    CASE(400, GET "Host: \r\n" END),
    CASE(400, GET HOST HOST END),
    CASE(400, GET HOST "hOST: other.local\r\n" END),
    CASE(400, "GET / HTTP/1.0\r\n" HOST HOST END),
    CASE(400, GET "Host: a, b\r\n" END),
    CASE(400, GET "Host: a,b\r\n" END),
    CASE(400, GET "Host: a b\r\n" END),
    CASE(400, GET "Host: user@a\r\n" END),
    CASE(400, GET "Host: http://a\r\n" END),
    CASE(400, GET "Host: a/b\r\n" END),
    CASE(400, GET "Host: a?b\r\n" END),
    CASE(400, GET "Host: a#b\r\n" END),
    CASE(400, GET "Host: a:b\r\n" END),
    CASE(400, GET "Host: a:-1\r\n" END),
    CASE(400, GET "Host: a:65536\r\n" END),
    CASE(400, GET "Host: a:80:80\r\n" END),
    CASE(400, GET "Host: :80\r\n" END),
    CASE(400, GET "Host: [::1\r\n" END),
    CASE(400, GET "Host: []\r\n" END),
    CASE(400, GET "Host: [::1]x\r\n" END),
    CASE(400, GET "Host: ::1\r\n" END),
    CASE(400, GET "Host: a%\r\n" END),
    CASE(400, GET "Host: \xC3\xA9.local\r\n" END),
    CASE(0, GET "Host: [::1]:8080\r\n" END),
    CASE(0, GET "Host: 127.0.0.1:80\r\n" END),
    CASE(0, GET "Host: a:\r\n" END), /* RFC 3986 3.2.3: a port may be empty */
    CASE(0, GET "Host: a_b-c.d~\r\n" END),
    CASE(0, GET "Host: a:65535\r\n" END),
    /* Content-Length (RFC 9110 8.6): one plain number. */
    CASE(400, POST HOST "Content-Length:\r\n" END),
    CASE(400, POST HOST "Content-Length: -1\r\n" END),
    CASE(400, POST HOST "Content-Length: +1\r\n" END),
    CASE(400, POST HOST "Content-Length: 02\r\n" END),
    CASE(400, POST HOST "Content-Length: 00\r\n" END),
    CASE(400, POST HOST "Content-Length: 0x2\r\n" END),
    CASE(400, POST HOST "Content-Length: 2a\r\n" END),
    CASE(400, POST HOST "Content-Length: 2 2\r\n" END),
    CASE(400, POST HOST "Content-Length: 2, 2\r\n" END),
    CASE(400, POST HOST "Content-Length: 2,\r\n" END),
    CASE(400, POST HOST "Content-Length: 2.0\r\n" END),
    CASE(400, POST HOST "Content-Length: 1e1\r\n" END),
    CASE(400, POST HOST "Content-Length: \"2\"\r\n" END),
    CASE(400, POST HOST "Content-Length: \xEF\xBC\x92\r\n" END), /* a full-width digit */
    CASE(400, POST HOST LENGTH_2 LENGTH_2 END "{}"),
    CASE(400, POST HOST LENGTH_2 "Content-Length: 3\r\n" END "{}"),
    CASE(413, POST HOST "Content-Length: 10485761\r\n" END),
    CASE(413, POST HOST "Content-Length: 18446744073709551615\r\n" END),
    CASE(413, POST HOST "Content-Length: 18446744073709551616\r\n" END),
    CASE(413, POST HOST "Content-Length: 18446744073709551618\r\n" END), /* 2^64 + 2 */
    CASE(413, POST HOST "Content-Length: 99999999999999999999999999\r\n" END),
    CASE(413, GET HOST "Content-Length: 10485761\r\n" END),
    CASE(411, POST HOST END),
    CASE(411, "PUT / HTTP/1.1\r\n" HOST END),
    CASE(411, "PATCH / HTTP/1.1\r\n" HOST END),
    /* Transfer-Encoding (RFC 9112 6.1, 6.3): exactly chunked, once, alone, in HTTP/1.1. */
    CASE(400, POST HOST "Transfer-Encoding: chunked\r\n" LENGTH_2 END),
    CASE(400, POST HOST LENGTH_2 "Transfer-Encoding: chunked\r\n" END),
    CASE(400, POST HOST "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n" END),
    CASE(400, POST HOST LENGTH_2 "Transfer-Encoding: identity\r\n" END),
    CASE(400, POST HOST LENGTH_2 "Transfer-Encoding:\r\n" END),
    CASE(400, POST HOST "Transfer-Encoding:\r\n" END),
    CASE(400, POST HOST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n" END),
    CASE(400, POST HOST "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n" END),
    CASE(400, POST HOST "Transfer-Encoding: chunked, chunked\r\n" END),
    CASE(400, POST HOST "Transfer-Encoding: chunked, gzip\r\n" END),
    CASE(400, POST HOST "Transfer-Encoding: chunked,\r\n" END),
    CASE(400, POST HOST "Transfer-Encoding: ,chunked\r\n" END),
    CASE(400, POST HOST "Transfer-Encoding: chunked;a=b\r\n" END),
    CASE(400, POST HOST "Transfer-Encoding: \"chunked\"\r\n" END),
    CASE(400, POST HOST "Transfer-Encoding: chunked foo\r\n" END),
    CASE(400, POST HOST "Transfer-Encoding: \x0B"
                        "chunked\r\n" END),
    CASE(400, POST HOST "Transfer-Encoding: chunked\xC2\xA0\r\n" END),
    CASE(400, POST HOST "Transfer-Encoding\r\n : chunked\r\n" END),
    CASE(400, POST HOST "Transfer-Encoding:\r\n chunked\r\n" END),
    CASE(400, POST HOST "Transfer-Encoding : chunked\r\n" END),
    CASE(400, "POST / HTTP/1.0\r\n" HOST "Transfer-Encoding: chunked\r\n" END),
    CASE(501, POST HOST "Transfer-Encoding: gzip\r\n" END),
    CASE(501, POST HOST "Transfer-Encoding: identity\r\n" END),
    CASE(501, POST HOST "Transfer-Encoding: gzip, chunked\r\n" END),
    CASE(501, POST HOST "Transfer-Encoding: xchunked\r\n" END),
    CASE(501, POST HOST "Transfer-Encoding: chunke\r\n" END),
    CASE(411, POST HOST "Transfer-Encoding-X: chunked\r\n" END),
    /* Expect (RFC 9110 10.1.1). */
    CASE(417, POST HOST "Expect: 200-ok\r\n" LENGTH_2 END "{}"),
    CASE(417, POST HOST "Expect:\r\n" LENGTH_2 END "{}"),
    CASE(417, POST HOST "Expect: 100-continue, 100-continue\r\n" LENGTH_2 END "{}"),
    CASE(417, POST HOST "Expect: 100-continue;a=b\r\n" LENGTH_2 END "{}"),
    CASE(417, POST HOST "Expect: 100-continue\r\nExpect: other\r\n" LENGTH_2 END "{}"),
    /* Connection is a list of names. */
    CASE(400, GET HOST "Connection: a b\r\n" END),
    CASE(400, GET HOST "Connection: close;\r\n" END),
    /* The first wrong line answers, and syntax before meaning. */
    CASE(400, POST "Content-Length: x\r\nExpect: y\r\n" END),
    CASE(505, "GET / HTTP/2.0\r\nbad line\r\n" END),
    CASE(400, GET "bad line\r\nTransfer-Encoding: gzip\r\n" END),
};

/* Chunked bodies: status, the bytes, the payload (when accepted), and bytes that follow it. */
struct chunked_case {
    int status;
    struct slice text;
    struct slice payload;
    size_t left;
};

#define CHUNKED(status, literal, payload, left)                                                    \
    {                                                                                              \
        status, {"" literal, sizeof(literal) - 1}, {"" payload, sizeof(payload) - 1}, left         \
    }

static const struct chunked_case chunked_cases[] = {
    CHUNKED(0, "0\r\n\r\n", "", 0),
    CHUNKED(0, "2\r\n{}\r\n0\r\n\r\n", "{}", 0),
    CHUNKED(0, "1\r\n{\r\n1\r\n}\r\n0\r\n\r\n", "{}", 0),
    CHUNKED(0, "A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n", "01234567890123456789", 0),
    CHUNKED(0, "2\r\n\r\n\r\n0\r\n\r\n", "\r\n", 0),
    CHUNKED(0, "2\r\n{}\r\n0\r\n\r\nGET / HTTP/1.1\r\n", "{}", 16),
    CHUNKED(0, "2;a\r\n{}\r\n0;b=c\r\n\r\n", "{}", 0),
    CHUNKED(0, "2;a=\"q; \\\" =\xC3\xA9\"\r\n{}\r\n0\r\n\r\n", "{}", 0),
    CHUNKED(0, "2 ;\ta = b ; c\r\n{}\r\n0\r\n\r\n", "{}", 0), /* bad blanks, but allowed */
    CHUNKED(0, "2;a=b;c=\"\";d\r\n{}\r\n0\r\n\r\n", "{}", 0),
    CHUNKED(0, "0\r\nX: y\r\nZ:\r\n\r\n", "", 0),
    CHUNKED(0, "0\r\nContent-Length: 9\r\n\r\n", "", 0), /* dropped, means nothing */
    CHUNKED(MORE, "", "", 0),
    CHUNKED(MORE, "2", "", 0),
    CHUNKED(MORE, "2\r\n{", "{", 0),
    CHUNKED(MORE, "2\r\n{}\r\n", "{}", 0),
    CHUNKED(MORE, "0\r\n", "", 0),
    CHUNKED(MORE, "0\r\n\r", "", 0),
    CHUNKED(MORE, "0\r\nX: y\r\n", "", 0),
    CHUNKED(400, "\r\n", "", 0),
    CHUNKED(400, "\n", "", 0),
    CHUNKED(400, " 2\r\n{}\r\n0\r\n\r\n", "", 0),
    CHUNKED(400, "2 \r\n{}\r\n0\r\n\r\n", "", 0), /* blanks belong to an extension only */
    CHUNKED(400, "02\r\n{}\r\n0\r\n\r\n", "", 0),
    CHUNKED(400, "2\r\n{}\r\n00\r\n\r\n", "", 0),
    CHUNKED(400, "0x2\r\n{}\r\n0\r\n\r\n", "", 0),
    CHUNKED(400, "+2\r\n{}\r\n0\r\n\r\n", "", 0),
    CHUNKED(400, "-2\r\n{}\r\n0\r\n\r\n", "", 0),
    CHUNKED(400, "2_0\r\n{}\r\n0\r\n\r\n", "", 0),
    CHUNKED(400, "g\r\n{}\r\n0\r\n\r\n", "", 0),
    CHUNKED(400, "2\n{}\r\n0\r\n\r\n", "", 0),
    CHUNKED(400, "2\r{}\r\n0\r\n\r\n", "", 0),
    CHUNKED(400, "2\r\n{}\n0\r\n\r\n", "", 0),
    CHUNKED(400, "2\r\n{}0\r\n\r\n", "", 0),
    CHUNKED(400, "2\r\n{}}\r\n0\r\n\r\n", "", 0),
    CHUNKED(400, "3\r\n{}\r\n0\r\n\r\n", "", 0),
    CHUNKED(400, "2\r\n{}\r0\r\n\r\n", "", 0),
    CHUNKED(400, "2;\r\n{}\r\n0\r\n\r\n", "", 0),
    CHUNKED(400, "2;=b\r\n{}\r\n0\r\n\r\n", "", 0),
    CHUNKED(400, "2;a=\r\n{}\r\n0\r\n\r\n", "", 0),
    CHUNKED(400, "2;a=b=c\r\n{}\r\n0\r\n\r\n", "", 0),
    CHUNKED(400, "2;a b\r\n{}\r\n0\r\n\r\n", "", 0),
    CHUNKED(400, "2;a \r\n{}\r\n0\r\n\r\n", "", 0),
    CHUNKED(400, "2;a=\"b\r\n{}\r\n0\r\n\r\n", "", 0),
    CHUNKED(400, "2;a=\"b\"c\r\n{}\r\n0\r\n\r\n", "", 0),
    CHUNKED(400, "2;a=\"\\\r\n{}\r\n0\r\n\r\n", "", 0),
    CHUNKED(400, "2;a\n{}\r\n0\r\n\r\n", "", 0), /* TERM.EXT: a bare LF ends an extension */
    CHUNKED(400, "2;a\x00\r\n{}\r\n0\r\n\r\n", "", 0),
    CHUNKED(400, "2,a\r\n{}\r\n0\r\n\r\n", "", 0),
    CHUNKED(400, "0\r\nX\r\n\r\n", "", 0),
    CHUNKED(400, "0\r\nX : y\r\n\r\n", "", 0),
    CHUNKED(400, "0\r\n: y\r\n\r\n", "", 0),
    CHUNKED(400, "0\r\n X: y\r\n\r\n", "", 0),
    CHUNKED(400, "0\r\nX: y\n\r\n", "", 0),
    CHUNKED(400, "0\r\nX: \x01\r\n\r\n", "", 0),
    CHUNKED(400, "0\r\n\n", "", 0),
    CHUNKED(400, "0\n\r\n", "", 0),
    CHUNKED(413, "40000001\r\n", "", 0),
    CHUNKED(413, "ffffffffffffffff\r\n", "", 0),
    CHUNKED(413, "8\r\n12345678\r\nfffffffffffffff9\r\n", "", 0), /* wraps to 1 */
    CHUNKED(400, "10000000000000000\r\n", "", 0),
};

#endif
