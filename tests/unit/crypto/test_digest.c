/* Hashes and keyed hashes against FIPS 180-4's examples, RFC 2202 and RFC 4231, and the promise
 * that hashing does not allocate. */
#include "crypto/digest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>
#include <openssl/crypto.h>
#include <openssl/hmac.h>

static size_t allocations;

static void *count_malloc(size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    allocations++;
    return malloc(size);
}

static void *count_realloc(void *at, size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    allocations++;
    return realloc(at, size);
}

static void count_free(void *at, const char *file, int line)
{
    (void)file;
    (void)line;
    free(at);
}

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

static void assert_hex(const unsigned char *bytes, size_t len, const char *expected)
{
    char text[2 * HMAC_SIZE_MAX + 1] = {0};
    struct buffer hex;
    buffer_init_fixed(&hex, text, sizeof text - 1);
    buffer_hex(&hex, bytes, len);
    assert_string_equal(text, expected);
}

static void sha256_of_published_texts(void **state)
{
    static const struct {
        const char *text;
        const char *hash;
    } rows[] = {
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
        {"UNSIGNED-PAYLOAD", "438d4109ef0d676b8c2c7ed13cdfcb418e494d53b843d4634ce3b1085f07bb96"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char hex[2 * SHA256_SIZE];
        sha256_hex(*state, slice_text(rows[i].text), hex);
        assert_memory_equal(hex, rows[i].hash, sizeof hex);
    }
}

static void sha256_of_a_million_letters(void **state)
{
    unsigned char hash[SHA256_SIZE];
    size_t len = 1000000;
    char *text = malloc(len);
    assert_non_null(text);
    memset(text, 'a', len);
    sha256(*state, slice_of(text, len), hash);
    free(text);
    assert_hex(hash, sizeof hash,
               "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

static void parts_hash_as_one_text(void **state)
{
    const struct slice parts[] = {SLICE("a"), SLICE_NONE, SLICE("b"), SLICE("c")};
    unsigned char hash[SHA256_SIZE];
    sha256_parts(*state, parts, sizeof parts / sizeof *parts, hash);
    assert_hex(hash, sizeof hash,
               "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

struct hmac_row {
    unsigned char key_byte; /* the key is this byte again and again, unless key_text */
    size_t key_len;
    const char *key_text;
    const char *text; /* or text_byte, text_len times */
    unsigned char text_byte;
    size_t text_len;
    const char *sha1;   /* RFC 2202 */
    const char *sha256; /* RFC 4231 */
};

static const struct hmac_row hmac_rows[] = {
    {.key_byte = 0x0b,
     .key_len = 20,
     .text = "Hi There",
     .sha1 = "b617318655057264e28bc0b6fb378c8ef146be00",
     .sha256 = "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
    {.key_text = "Jefe",
     .text = "what do ya want for nothing?",
     .sha1 = "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79",
     .sha256 = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
    {.key_byte = 0xaa,
     .key_len = 20,
     .text_byte = 0xdd,
     .text_len = 50,
     .sha1 = "125d7342b9ac11cd91a39af48aa17b4f63f175d3",
     .sha256 = "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
    {.key_text = "\001\002\003\004\005\006\007\010\011\012\013\014\015\016\017\020\021\022\023"
                 "\024\025\026\027\030\031",
     .text_byte = 0xcd,
     .text_len = 50,
     .sha1 = "4c9007f4026250c6bc8414f9bf50c86c2d7235da",
     .sha256 = "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
    {.key_byte = 0xaa,
     .key_len = 80,
     .text = "Test Using Larger Than Block-Size Key - Hash Key First",
     .sha1 = "aa4ae5e15272d00e95705637ce8a3b55ed402112"},
    {.key_byte = 0xaa,
     .key_len = 80,
     .text = "Test Using Larger Than Block-Size Key and Larger Than One Block-Size Data",
     .sha1 = "e8e99d0f45237d786d6bbaa7965c7808bbff1a91"},
    {.key_byte = 0xaa,
     .key_len = 131,
     .text = "Test Using Larger Than Block-Size Key - Hash Key First",
     .sha256 = "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
    {.key_byte = 0xaa,
     .key_len = 131,
     .text = "This is a test using a larger than block-size key and a larger than block-size data. "
             "The key needs to be hashed before being used by the HMAC algorithm.",
     .sha256 = "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
};

static struct slice filled(char memory[200], unsigned char byte, size_t len, const char *text)
{
    if (text)
        return slice_text(text);
    memset(memory, byte, len);
    return slice_of(memory, len);
}

static void assert_hmac(struct crypto *crypto, enum digest_kind kind, const struct hmac_row *row,
                        const char *expected)
{
    char key_memory[200], text_memory[200];
    unsigned char mac[HMAC_SIZE_MAX];
    struct slice key = filled(key_memory, row->key_byte, row->key_len, row->key_text);
    struct slice text = filled(text_memory, row->text_byte, row->text_len, row->text);
    assert_hex(mac, hmac_once(crypto, kind, key, text, mac), expected);

    struct hmac_key *kept = hmac_key_new(crypto, kind, key);
    assert_non_null(kept);
    assert_hex(mac, hmac_sign(crypto, kept, text, mac), expected);
    assert_hex(mac, hmac_sign(crypto, kept, text, mac), expected);
    hmac_key_free(kept);
}

static void hmac_of_published_texts(void **state)
{
    for (size_t i = 0; i < sizeof hmac_rows / sizeof *hmac_rows; i++) {
        if (hmac_rows[i].sha1)
            assert_hmac(*state, DIGEST_SHA1, &hmac_rows[i], hmac_rows[i].sha1);
        if (hmac_rows[i].sha256)
            assert_hmac(*state, DIGEST_SHA256, &hmac_rows[i], hmac_rows[i].sha256);
    }
}

static void a_key_can_be_set_again(void **state)
{
    unsigned char mac[HMAC_SIZE_MAX];
    struct hmac_key *kept = hmac_key_new(*state, DIGEST_SHA1, SLICE("something else"));
    assert_non_null(kept);
    hmac_key_set(*state, kept, DIGEST_SHA256, SLICE("Jefe"));
    assert_hex(mac, hmac_sign(*state, kept, slice_text(hmac_rows[1].text), mac),
               hmac_rows[1].sha256);
    hmac_key_free(kept);
    hmac_key_free(NULL);
}

static void every_length_agrees_with_evp(void **state)
{
    char text[300];
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)(i * 7 + 1);
    for (size_t len = 0; len <= sizeof text; len++) {
        unsigned char mac[HMAC_SIZE_MAX], expected[EVP_MAX_MD_SIZE];
        unsigned size;
        sha256(*state, slice_of(text, len), mac);
        assert_int_equal(EVP_Digest(text, len, expected, &size, EVP_sha256(), NULL), 1);
        assert_memory_equal(mac, expected, SHA256_SIZE);

        hmac_once(*state, DIGEST_SHA256, slice_of(text, len), slice_of(text, 300 - len), mac);
        assert_non_null(
            HMAC(EVP_sha256(), text, (int)len, (unsigned char *)text, 300 - len, expected, &size));
        assert_memory_equal(mac, expected, SHA256_SIZE);
    }
}

static void hashing_allocates_nothing(void **state)
{
    unsigned char mac[HMAC_SIZE_MAX];
    char long_key[200] = {1};
    struct hmac_key *kept = hmac_key_new(*state, DIGEST_SHA256, SLICE("k"));
    assert_non_null(kept);
    EVP_MD_CTX_free(EVP_MD_CTX_new());
    assert_true(allocations > 0); /* so the counter works */
    size_t before = allocations;
    sha256(*state, SLICE("text"), mac);
    hmac_sign(*state, kept, SLICE("text"), mac);
    hmac_once(*state, DIGEST_SHA1, slice_of(long_key, sizeof long_key), SLICE("text"), mac);
    hmac_key_set(*state, kept, DIGEST_SHA256, slice_of(long_key, sizeof long_key));
    assert_int_equal(allocations, before);
    hmac_key_free(kept);
}

static void equal_means_every_byte(void **state)
{
    (void)state;
    char a[40], b[40];
    memset(a, 7, sizeof a);
    memcpy(b, a, sizeof a);
    assert_true(constant_time_equal(slice_of(a, sizeof a), slice_of(b, sizeof b)));
    assert_true(constant_time_equal(SLICE_NONE, SLICE_NONE));
    assert_false(constant_time_equal(slice_of(a, 39), slice_of(b, 40)));
    for (size_t i = 0; i < sizeof b; i++) {
        b[i] ^= 1;
        assert_false(constant_time_equal(slice_of(a, sizeof a), slice_of(b, sizeof b)));
        b[i] ^= 1;
    }
}

static void wiped_memory_is_zero(void **state)
{
    (void)state;
    char secret[] = "secret";
    static const char zeros[sizeof secret];
    wipe(secret, sizeof secret);
    assert_memory_equal(secret, zeros, sizeof secret);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256_of_published_texts), cmocka_unit_test(sha256_of_a_million_letters),
        cmocka_unit_test(parts_hash_as_one_text),    cmocka_unit_test(hmac_of_published_texts),
        cmocka_unit_test(a_key_can_be_set_again),    cmocka_unit_test(every_length_agrees_with_evp),
        cmocka_unit_test(hashing_allocates_nothing), cmocka_unit_test(equal_means_every_byte),
        cmocka_unit_test(wiped_memory_is_zero),
    };
    CRYPTO_set_mem_functions(count_malloc, count_realloc, count_free);
    return cmocka_run_group_tests(tests, setup, teardown);
}
