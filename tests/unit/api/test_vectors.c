/* Recorded requests of real clients (tests/vectors/requests): those marked ok are let in, the
 * others are not, and no copy with one signed byte changed is. */
#include "world.h"

#include "codec/json.h"
#include "sys/file.h"

#include <stdio.h>
#include <stdlib.h>

struct recorded {
    char *name;
    bool ok;
    bool is_skip;
    char call[16];
    int64_t timestamp;
    struct buffer bytes;
};

enum { RECORDED_MAX = 1000 };
static struct recorded recorded[RECORDED_MAX];
static size_t recorded_count;
static struct arena memory;

static char *text_of(struct slice text)
{
    char *copy = malloc(text.len + 1);
    memcpy(copy, text.at, text.len);
    copy[text.len] = '\0';
    return copy;
}

static void read_field(struct json_reader *reader, struct slice name, struct recorded *one)
{
    struct json_token token;
    enum json_kind kind = json_next(reader, &token);
    if (slice_equal(name, SLICE("ok")))
        one->ok = kind == JSON_TRUE;
    else if (slice_equal(name, SLICE("scheme")))
        one->is_skip = slice_equal(token.text, SLICE("skip"));
    else if (slice_equal(name, SLICE("call")))
        memcpy(one->call, token.text.at, token.text.len);
    else if (slice_equal(name, SLICE("timestamp")))
        assert_true(slice_to_i64(token.text, &one->timestamp));
    assert_true(json_skip_rest(reader, kind));
}

static void read_bytes(struct recorded *one)
{
    struct fault fault;
    char path[512];
    snprintf(path, sizeof path, VECTORS "/requests/%s", one->name);
    buffer_init(&one->bytes, 1 << 22);
    assert_true(status_ok(file_read(path, &one->bytes, &fault)));
}

static int load(void **state)
{
    struct buffer text;
    struct fault fault;
    struct json_reader reader;
    struct json_token token, key;
    (void)state;
    buffer_init(&text, 16 << 20);
    assert_true(status_ok(file_read(VECTORS "/requests.json", &text, &fault)));
    assert_true(arena_init(&memory, 1 << 20, 64 << 20));
    json_reader_init(&reader, buffer_slice(&text), &memory);
    assert_int_equal(json_next(&reader, &token), JSON_OBJECT);
    while (json_next(&reader, &key) == JSON_KEY) {
        struct recorded *one = &recorded[recorded_count++];
        one->name = text_of(key.text);
        assert_int_equal(json_next(&reader, &token), JSON_OBJECT);
        while (json_next(&reader, &token) == JSON_KEY)
            read_field(&reader, token.text, one);
        read_bytes(one);
    }
    buffer_done(&text);
    return recorded_count == 458 ? 0 : -1;
}

static int unload(void **state)
{
    (void)state;
    for (size_t i = 0; i < recorded_count; i++) {
        free(recorded[i].name);
        buffer_done(&recorded[i].bytes);
    }
    arena_done(&memory);
    return 0;
}

/* Some carry a token; some go to an IP address, which only a lenient server takes. */
struct worlds {
    struct world plain, token, any_service;
};

static void worlds_open(struct worlds *worlds)
{
    struct api_options options = API_OPTIONS_DEFAULT;
    options.calls_per_second = 0;
    world_open(&worlds->plain, &options);
    world_open_with_token(&worlds->token, &options, "tok/en+=~ 1");
    options.accept_any_service = true;
    world_open(&worlds->any_service, &options);
}

static void worlds_close(struct worlds *worlds)
{
    world_close(&worlds->plain);
    world_close(&worlds->token);
    world_close(&worlds->any_service);
}

static struct world *world_for(struct worlds *worlds, const struct recorded *one)
{
    struct world *world = strstr(one->name, "+opts")     ? &worlds->token
                          : strstr(one->name, "+ipport") ? &worlds->any_service
                                                         : &worlds->plain;
    world_set_seconds(world, one->timestamp);
    return world;
}

static const char *expected_part(const struct recorded *one)
{
    if (one->is_skip)
        return "{\"Response\":{\"Error\":{\"Code\":\"AuthFailure.InvalidAuthorization\"";
    if (!one->ok)
        return "{\"Response\":{\"Error\":{\"Code\":\"AuthFailure.SignatureFailure\"";
    if (strstr(one->name, "-octet"))
        return "{\"Response\":{\"Error\":{\"Code\":\"UnsupportedProtocol\"";
    if (strcmp(one->call, "bad") == 0 || strcmp(one->call, "odd") == 0)
        return "{\"Response\":{\"Error\":{\"Code\":\"InvalidParameterValue\"";
    if (strcmp(one->call, "all") == 0) /* asks for page 2 */
        return "{\"Response\":{\"Data\":[],\"PageNumber\":2,\"PageSize\":0,\"TotalCount\":1,";
    return "\"MemberUin\":\"700001941608\"";
}

static void every_recorded_request_gets_its_verdict(void **state)
{
    struct worlds worlds;
    (void)state;
    worlds_open(&worlds);
    for (size_t i = 0; i < recorded_count; i++) {
        struct recorded *one = &recorded[i];
        struct world *world = world_for(&worlds, one);
        const char *answer = world_raw(world, buffer_slice(&one->bytes), API_TRUST_NONE);
        if (!strstr(answer, expected_part(one)))
            fail_msg("%s: %s", one->name, answer);
    }
    worlds_close(&worlds);
}

/* Where the signature covers the bytes: [from, to) of the message. */
struct span {
    size_t from, to;
};

static struct span header_value(const struct buffer *bytes, const char *name)
{
    struct slice rest = buffer_slice(bytes);
    while (rest.len > 0) {
        struct slice line = slice_cut(rest, '\n', &rest), value;
        struct slice found = slice_cut(line, ':', &value);
        if (line.len <= 1)
            break;
        if (!slice_equal_nocase(found, slice_text(name)))
            continue;
        value = slice_trim_lines(value);
        size_t from = (size_t)(value.at - bytes->at);
        return (struct span){from, from + value.len};
    }
    return (struct span){0, 0};
}

static struct span body_of(const struct buffer *bytes)
{
    const char *end = memmem(bytes->at, bytes->len, "\r\n\r\n", 4);
    return (struct span){(size_t)(end - bytes->at) + 4, bytes->len};
}

static struct span query_of(const struct buffer *bytes)
{
    size_t from = slice_find(buffer_slice(bytes), '?');
    size_t to = slice_find(buffer_slice(bytes), '\r');
    if (from > to)
        return (struct span){0, 0};
    return (struct span){from + 1, to - sizeof " HTTP/1.1" + 1};
}

/* Node's clients sign Host without its port. */
static struct span host_of(const struct recorded *one)
{
    struct span span = header_value(&one->bytes, "Host");
    struct slice host = slice_of(one->bytes.at + span.from, span.to - span.from);
    if (strncmp(one->name, "node-", 5) == 0)
        span.to = span.from + slice_find(host, ':');
    return span;
}

static void refuse_flips(struct world *world, struct recorded *one, struct span span)
{
    struct http1_request request;
    struct buffer body;
    buffer_init(&body, 1 << 22);
    for (size_t i = span.from; i < span.to; i++) {
        one->bytes.at[i] ^= 1;
        if (request_read(buffer_slice(&one->bytes), &body, &request)) {
            const char *answer = world_raw(world, buffer_slice(&one->bytes), API_TRUST_NONE);
            if (!strstr(answer, "\"Error\":{"))
                fail_msg("%s: byte %zu changed, and %s", one->name, i, answer);
        }
        one->bytes.at[i] ^= 1;
    }
    buffer_done(&body);
}

static void no_request_with_a_changed_signed_byte_is_let_in(void **state)
{
    struct worlds worlds;
    (void)state;
    worlds_open(&worlds);
    for (size_t i = 0; i < recorded_count; i++) {
        struct recorded *one = &recorded[i];
        bool is_covered = one->ok && !one->is_skip && strcmp(one->call, "uins") == 0 &&
                          !strstr(one->name, "-octet") && !strstr(one->name, "+chunked");
        if (!is_covered)
            continue;
        struct world *world = world_for(&worlds, one);
        bool is_unsigned_payload = strstr(one->name, "-unsigned") != NULL;
        bool is_v1 = strstr(one->name, "-sha") || strstr(one->name, "-default");
        refuse_flips(world, one, query_of(&one->bytes));
        refuse_flips(world, one, header_value(&one->bytes, "Authorization"));
        refuse_flips(world, one, header_value(&one->bytes, "X-TC-Timestamp"));
        refuse_flips(world, one, host_of(one));
        if (!is_v1)
            refuse_flips(world, one, header_value(&one->bytes, "Content-Type"));
        if (!is_unsigned_payload)
            refuse_flips(world, one, body_of(&one->bytes));
    }
    worlds_close(&worlds);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_recorded_request_gets_its_verdict),
        cmocka_unit_test(no_request_with_a_changed_signed_byte_is_let_in),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
