/* A proof as text: reading ends, what is read prints as it was, and checking it ends. */
#include "journal/proof.h"

#include "base/check.h"
#include "fuzz.h"

enum { ARENA_BYTES = 1 << 16, TEXT_BYTES_MAX = 64 << 20 };

static void check_proof(const struct proof *proof, struct slice text)
{
    struct buffer again;
    struct fault fault = {""};
    struct crypto *crypto = crypto_new();
    CHECK(crypto);
    buffer_init(&again, TEXT_BYTES_MAX);
    proof_print(proof, &again);
    size_t newline = text.len > 0 && text.at[text.len - 1] == '\n';
    CHECK(slice_equal(buffer_slice(&again), slice_of(text.at, text.len - newline)));
    struct status status = proof_check(proof, crypto, &fault);
    CHECK(status_ok(status) == (fault.text[0] == '\0'));
    buffer_done(&again);
    crypto_free(crypto);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct proof proof;
    struct fault fault;
    struct slice text = fuzz_text(data, size);
    CHECK(arena_init(&arena, ARENA_BYTES, TEXT_BYTES_MAX));
    if (status_ok(proof_parse(text, &arena, &fault, &proof)))
        check_proof(&proof, text);
    arena_done(&arena);
    return 0;
}
