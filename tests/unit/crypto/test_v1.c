/* Signature v1 against the published examples (tests/vectors/signing.json). */
#include "crypto/v1.h"

#include "signing.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "signing_table.h"

enum { ROWS = sizeof v1_vectors / sizeof *v1_vectors };

static int setup(void **state)
{
    *state = crypto_new();
    return *state ? 0 : -1;
}

static int teardown(void **state)
{
    crypto_free(*state);
    return 0;
}

static struct v1_request request_of(const struct v1_vector *vector)
{
    return (struct v1_request){vector->method, vector->host, vector->parameters,
                               vector->parameter_count};
}

static bool verifies(struct crypto *crypto, const struct v1_vector *vector,
                     const struct v1_request *request, struct slice signature)
{
    char memory[2048], sorting[2048];
    struct buffer scratch;
    struct arena arena;
    arena_init_fixed(&arena, sorting, sizeof sorting);
    buffer_init_fixed(&scratch, memory, sizeof memory);
    struct hmac_key *key = hmac_key_new(crypto, vector->kind, vector->secret_key);
    assert_non_null(key);
    bool fits = v1_verify(crypto, key, request, signature, &arena, &scratch);
    hmac_key_free(key);
    return fits;
}

static void every_step_is_as_published(void **state)
{
    assert_int_equal(ROWS, 13);
    for (size_t i = 0; i < ROWS; i++) {
        const struct v1_vector *vector = &v1_vectors[i];
        struct v1_request request = request_of(vector);
        char memory[2048], sorting[2048];
        struct buffer out;
        struct arena arena;
        arena_init_fixed(&arena, sorting, sizeof sorting);
        buffer_init_fixed(&out, memory, sizeof memory);
        assert_true(v1_string_to_sign(&request, false, &arena, &out));
        assert_int_equal(out.len, vector->string_to_sign.len);
        assert_memory_equal(out.at, vector->string_to_sign.at, out.len);

        buffer_clear(&out);
        v1_sign(*state, vector->kind, vector->secret_key, vector->string_to_sign, &out);
        assert_true(slice_equal(buffer_slice(&out), vector->signature));
        assert_true(verifies(*state, vector, &request, vector->signature));
    }
}

static void the_signature_itself_is_left_out(void **state)
{
    const struct v1_vector *vector = &v1_vectors[0];
    struct field parameters[24];
    memcpy(parameters, vector->parameters, sizeof parameters);
    parameters[vector->parameter_count] = (struct field){SLICE("Signature"), SLICE("anything")};
    struct v1_request request = request_of(vector);
    request.parameters = parameters;
    request.parameter_count++;
    assert_true(verifies(*state, vector, &request, vector->signature));
    parameters[vector->parameter_count].name = SLICE("signature");
    assert_false(verifies(*state, vector, &request, vector->signature));
}

static void white_space_around_the_signature_is_trimmed(void **state)
{
    struct v1_request request = request_of(&v1_vectors[0]);
    assert_true(
        verifies(*state, &v1_vectors[0], &request, SLICE("EliP9YW3pW28FpsEdkXt/+WcGeI=\n")));
    assert_true(
        verifies(*state, &v1_vectors[0], &request, SLICE(" EliP9YW3pW28FpsEdkXt/+WcGeI=\r\n")));
    assert_false(
        verifies(*state, &v1_vectors[0], &request, SLICE("EliP9YW3pW28FpsE dkXt/+WcGeI=")));
    assert_false(verifies(*state, &v1_vectors[0], &request, SLICE("EliP9YW3pW28FpsEdkXt/+WcGeI")));
    assert_false(verifies(*state, &v1_vectors[0], &request, SLICE_NONE));
}

static void the_port_may_have_been_left_out(void **state)
{
    struct v1_request request = request_of(&v1_vectors[0]);
    request.host = SLICE("cvm.tencentcloudapi.com:8080");
    assert_true(verifies(*state, &v1_vectors[0], &request, v1_vectors[0].signature));
    request.host = SLICE("cvm.tencentcloudapi.com:");
    assert_false(verifies(*state, &v1_vectors[0], &request, v1_vectors[0].signature));
    request.host = SLICE("cvm.tencentcloudapi.com.");
    assert_false(verifies(*state, &v1_vectors[0], &request, v1_vectors[0].signature));
}

static void one_changed_byte_is_refused(void **state)
{
    const struct v1_vector *vector = &v1_vectors[8]; /* Unicode and a blank */
    for (size_t i = 0; i < vector->parameter_count; i++) {
        struct field parameters[24];
        char value[64];
        struct v1_request request = request_of(vector);
        memcpy(parameters, vector->parameters, sizeof parameters);
        request.parameters = parameters;
        parameters[i].value.at = value;
        for (size_t byte = 0; byte < parameters[i].value.len; byte++) {
            memcpy(value, vector->parameters[i].value.at, parameters[i].value.len);
            value[byte] ^= 1;
            assert_false(verifies(*state, vector, &request, vector->signature));
        }
    }
}

static void a_small_arena_refuses(void **state)
{
    char sorting[16], memory[2048];
    struct arena arena;
    struct buffer out;
    (void)state;
    struct v1_request request = request_of(&v1_vectors[0]);
    arena_init_fixed(&arena, sorting, sizeof sorting);
    buffer_init_fixed(&out, memory, sizeof memory);
    assert_false(v1_string_to_sign(&request, false, &arena, &out));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_step_is_as_published),
        cmocka_unit_test(the_signature_itself_is_left_out),
        cmocka_unit_test(white_space_around_the_signature_is_trimmed),
        cmocka_unit_test(the_port_may_have_been_left_out),
        cmocka_unit_test(one_changed_byte_is_refused),
        cmocka_unit_test(a_small_arena_refuses),
    };
    (void)tc3_vectors;
    return cmocka_run_group_tests(tests, setup, teardown);
}
