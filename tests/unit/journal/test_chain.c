/* journal/chain.h against the published vectors of Certificate Transparency (RFC 6962) and against
 * values computed by an independent model (Python's hashlib). */
#include "journal/chain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct crypto *crypto;

static int setup(void **state)
{
    (void)state;
    crypto = crypto_new();
    return crypto ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    crypto_free(crypto);
    return 0;
}

static void assert_hash(const unsigned char hash[CHAIN_SIZE], const char *hex)
{
    unsigned char expected[CHAIN_SIZE];
    assert_true(hex_decode(slice_text(hex), expected, sizeof expected));
    assert_memory_equal(hash, expected, sizeof expected);
}

/* The leaves and roots that Certificate Transparency's own implementations are tested with. */
static void roots_are_those_of_rfc_6962(void **state)
{
    (void)state;
    static const struct {
        const char *leaf;
        const char *root; /* of the leaves so far */
    } steps[] = {
        {"", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"},
        {"00", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"},
        {"10", "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"},
        {"2021", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"},
        {"3031", "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"},
        {"40414243", "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"},
        {"5051525354555657", "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"},
        {"606162636465666768696a6b6c6d6e6f",
         "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"},
    };
    enum { STEPS = sizeof steps / sizeof steps[0] };
    unsigned char leaves[STEPS][CHAIN_SIZE];
    for (size_t count = 1; count <= STEPS; count++) {
        unsigned char bytes[17] = {0x00};
        size_t len = strlen(steps[count - 1].leaf) / 2;
        assert_true(hex_decode(slice_text(steps[count - 1].leaf), bytes + 1, len));
        sha256(crypto, slice_of((const char *)bytes, len + 1), leaves[count - 1]);
        struct merkle merkle;
        unsigned char root[CHAIN_SIZE];
        merkle_init(&merkle);
        for (size_t i = 0; i < count; i++)
            merkle_add(&merkle, crypto, leaves[i]);
        merkle_root(&merkle, crypto, root);
        assert_hash(root, steps[count - 1].root);
    }
}

static void leaves_cover_the_sequence(void **state)
{
    (void)state;
    unsigned char leaf[CHAIN_SIZE];
    chain_leaf(crypto, UINT64_C(0x0102030405060708), SLICE("abc"), leaf);
    assert_hash(leaf, "29ba8c6a65757f95ba9d4fcf43ea779f5b71dd1e94f16966e7a3afe95e9c0f51");
}

static void large_batches_have_the_models_root(void **state)
{
    (void)state;
    struct merkle merkle;
    unsigned char leaf[CHAIN_SIZE];
    unsigned char root[CHAIN_SIZE];
    merkle_init(&merkle);
    for (uint64_t i = 1; i <= 1000; i++) {
        chain_leaf(crypto, i, slice_of("xxxxxxx", i % 7), leaf);
        merkle_add(&merkle, crypto, leaf);
    }
    merkle_root(&merkle, crypto, root);
    assert_hash(root, "e65cc4921d5e0826c3cdd9f4ba9fcf0a5f9b54b030298435a21beb1169542081");
}

/* The first entry of the registry, whose leaf is that hash, and the first token. */
static void add_rows(struct journal_head *head)
{
    unsigned char leaf[CHAIN_SIZE];
    sha256(crypto, SLICE("leaf"), leaf);
    const struct entry key = {.sequence = 2, .kind = ENTRY_ADD_KEY};
    const struct entry request = {
        .sequence = 3, .kind = ENTRY_REQUEST, .token_digest = SLICE("\1\2\3\4\5\6\7\10--------")};
    const struct entry no_token = {.sequence = 4, .kind = ENTRY_REQUEST};
    chain_add_entry(head, crypto, &key, leaf);
    chain_add_entry(head, crypto, &request, leaf);
    chain_add_entry(head, crypto, &no_token, leaf);
    assert_int_equal(head->registry.count, 1);
    assert_hash(head->registry.hash,
                "f2bf4e43f360474c68b4e83fcfbe11a87fb2357306537da42e615302f055af81");
    assert_int_equal(head->tokens.count, 1);
    assert_hash(head->tokens.hash,
                "64384ea8e72f81c4c47950315597f1fe5edf6ab653a33095928468393f986259");
}

static void every_batch_hashes_the_one_before(void **state)
{
    (void)state;
    struct journal_head head = {0};
    unsigned char root[CHAIN_SIZE];
    sha256(crypto, SLICE("root"), root);
    chain_advance(&head, crypto, root, 3, INT64_C(1700000000000001));
    assert_hash(head.hash, "44a099d7155e6a3452cd777d859d875d9fe9cfa8ee9370ea5dd73a9364532e4f");
    add_rows(&head);
    chain_advance(&head, crypto, root, 4, INT64_C(1700000000000002));
    assert_hash(head.hash, "162b42772230968aae7efbcf590a5d2274eb184d7034c514a9589970ba222b5a");
    assert_int_equal(head.sequence, 4);
    assert_int_equal(head.batches, 2);
    assert_int_equal(head.time_us, INT64_C(1700000000000002));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(roots_are_those_of_rfc_6962),
        cmocka_unit_test(leaves_cover_the_sequence),
        cmocka_unit_test(large_batches_have_the_models_root),
        cmocka_unit_test(every_batch_hashes_the_one_before),
    };
    return cmocka_run_group_tests_name("chain", tests, setup, teardown);
}
