/* After warm-up a read allocates nothing (design section 9): our own allocations are counted by
 * wrapping them at link time, libcrypto's by its hooks. */
#include "world.h"

#include <openssl/crypto.h>
#include <stdlib.h>

static _Thread_local uint64_t allocations;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *at, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *at, size_t size);

void *__wrap_malloc(size_t size)
{
    allocations++;
    return __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    allocations++;
    return __real_calloc(count, size);
}

void *__wrap_realloc(void *at, size_t size)
{
    allocations++;
    return __real_realloc(at, size);
}

static void *crypto_malloc(size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return __wrap_malloc(size);
}

static void *crypto_realloc(void *at, size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return __wrap_realloc(at, size);
}

static void crypto_free_hook(void *at, const char *file, int line)
{
    (void)file;
    (void)line;
    free(at);
}

static struct world world;

static int open_world(void **state)
{
    struct api_options options = API_OPTIONS_DEFAULT;
    (void)state;
    options.calls_per_second = UINT32_MAX; /* counted, never reached */
    world_open(&world, &options);
    world_must(&world, "CreateMembers",
               "{\"Members\":[{\"MemberUin\":\"1\",\"MemberName\":\"a\"},"
               "{\"MemberUin\":\"2\",\"MemberName\":\"b\"},{\"MemberUin\":\"3\",\"MemberName\":"
               "\"c\"},{\"MemberUin\":\"4\",\"MemberName\":\"d\"},{\"MemberUin\":\"5\","
               "\"MemberName\":\"e\"},{\"MemberUin\":\"6\",\"MemberName\":\"f\"},{\"MemberUin\":"
               "\"7\",\"MemberName\":\"g\"},{\"MemberUin\":\"8\",\"MemberName\":\"h\"},"
               "{\"MemberUin\":\"9\",\"MemberName\":\"i\"}]}");
    world_must(&world, "CreateKey",
               "{\"UserUin\":\"77\",\"SecretId\":\"AKIDs\",\"SecretKey\":\"s-0123456789abcdef\"}");
    world_must(&world, "PutPolicy",
               "{\"UserUin\":\"77\",\"PolicyName\":\"p\",\"PolicyDocument\":\"{\\\"version\\\":"
               "\\\"2.0\\\",\\\"statement\\\":{\\\"effect\\\":\\\"allow\\\",\\\"action\\\":"
               "\\\"finance:*\\\",\\\"resource\\\":\\\"*\\\"}}\"}");
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    world_close(&world);
    return 0;
}

/* The same bytes answered again and again. */
static void assert_no_allocation(const struct buffer *bytes, const char *part)
{
    struct http1_request request;
    struct buffer body;
    buffer_init(&body, 1 << 20);
    assert_true(request_read(buffer_slice(bytes), &body, &request));
    struct api_call call = {.request = &request};
    uint64_t before = 0;
    for (int i = 0; i < 1000; i++) {
        if (i == 10)
            before = allocations;
        assert_int_equal(api_answer(world.worker, &call, &world.out), API_ANSWERED);
    }
    assert_int_equal(allocations - before, 0);
    buffer_char(&world.out, '\0');
    assert_contains(world.out.at, part);
    buffer_done(&body);
}

static void reads_allocate_nothing(void **state)
{
    static const struct signed_call calls[] = {
        {.body = "{\"MemberUins\":[\"" SEED_MEMBER "\"]}"},
        {.body = "{}"},
        {.body = "{\"PageNumber\":1,\"PageSize\":10}"},
        {.query = "MemberUins.0=" SEED_MEMBER},
        {.headers = "X-TC-Content-SHA256: UNSIGNED-PAYLOAD\r\n"},
        {.secret_id = "AKIDs", .secret_key = "s-0123456789abcdef"},
        {.action = "DescribeAccountBalance"},
    };
    struct buffer bytes;
    (void)state;
    assert_true(allocations > 0); /* they are seen */
    buffer_init(&bytes, 1 << 20);
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        world_sign(&world, &calls[i], &bytes);
        assert_no_allocation(&bytes, "{\"Response\":{\"");
    }
    buffer_done(&bytes);
}

static void v1_reads_and_refusals_allocate_nothing(void **state)
{
    static const struct signed_call calls[] = {
        {.body = "{\"PageSize\":0}"}, {.secret_key = "wrong"},
        {.secret_id = "AKIDnobody"},  {.timestamp = 5},
        {.action = "Nothing"},        {.body = "{"},
        {.authorization = "SKIP"},
    };
    struct buffer bytes;
    (void)state;
    buffer_init(&bytes, 1 << 20);
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        world_sign(&world, &calls[i], &bytes);
        assert_no_allocation(&bytes, "\"Error\"");
    }
    for (int i = 0; i < 4; i++) {
        world_call_v1(&world, i & 1, i & 2, "MemberUins.0=" SEED_MEMBER);
        buffer_clear(&bytes);
        buffer_append(&bytes, buffer_slice(&world.text));
        assert_no_allocation(&bytes, "\"MemberUin\":\"" SEED_MEMBER "\"");
    }
    buffer_done(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_allocate_nothing),
        cmocka_unit_test(v1_reads_and_refusals_allocate_nothing),
    };
    if (!CRYPTO_set_mem_functions(crypto_malloc, crypto_realloc, crypto_free_hook))
        return 1;
    return cmocka_run_group_tests(tests, open_world, close_world);
}
