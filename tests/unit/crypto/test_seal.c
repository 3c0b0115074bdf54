/* Sealing against the GCM specification's AES-256 examples (test cases 13, 14 and 16), and the
 * refusal of every changed bit. */
#include "crypto/digest.h"
#include "crypto/seal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

struct gcm_row {
    const char *key, *nonce, *plain, *associated, *sealed; /* sealed: ciphertext and tag */
};

static const struct gcm_row rows[] = {
    {"0000000000000000000000000000000000000000000000000000000000000000", "000000000000000000000000",
     "", "", "530f8afbc74536b9a963b4f1c4cb738b"},
    {"0000000000000000000000000000000000000000000000000000000000000000", "000000000000000000000000",
     "00000000000000000000000000000000", "",
     "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"},
    {"feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
     "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
     "feedfacedeadbeeffeedfacedeadbeefabaddad2",
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
     "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
     "76fc6ece0f4e1768cddf8853bb2d551b"},
};

static struct slice bytes_of(const char *hex, unsigned char memory[128])
{
    size_t len = strlen(hex) / 2;
    assert_true(hex_decode(slice_text(hex), memory, len));
    return slice_of((const char *)memory, len);
}

static void sealing_is_gcm(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        unsigned char key[128], nonce[128], plain_bytes[128], associated_bytes[128], expected[128];
        char sealed_memory[128], opened_memory[128];
        struct buffer sealed, opened;
        struct fault fault;
        bytes_of(rows[i].key, key);
        struct slice nonce_slice = bytes_of(rows[i].nonce, nonce);
        struct slice plain = bytes_of(rows[i].plain, plain_bytes);
        struct slice associated = bytes_of(rows[i].associated, associated_bytes);
        struct slice text_and_tag = bytes_of(rows[i].sealed, expected);

        buffer_init_fixed(&sealed, sealed_memory, SEAL_OVERHEAD + plain.len);
        assert_true(status_ok(seal(key, nonce, plain, associated, &sealed, &fault)));
        assert_int_equal(sealed.len, SEAL_OVERHEAD + plain.len);
        assert_int_equal(sealed.at[0], 1);
        assert_memory_equal(sealed.at + 1, nonce_slice.at, SEAL_NONCE_SIZE);
        assert_memory_equal(sealed.at + 1 + SEAL_NONCE_SIZE, text_and_tag.at, text_and_tag.len);

        buffer_init_fixed(&opened, opened_memory, sizeof opened_memory);
        assert_true(status_ok(unseal(key, buffer_slice(&sealed), associated, &opened, &fault)));
        assert_true(slice_equal(buffer_slice(&opened), plain));
    }
}

struct sample {
    unsigned char key[SEAL_KEY_SIZE];
    unsigned char nonce[SEAL_NONCE_SIZE];
    char associated[8];
    char sealed[SEAL_OVERHEAD + 32];
};

static struct slice sample_associated(const struct sample *sample)
{
    return slice_of(sample->associated, sizeof sample->associated);
}

static void sample_make(struct sample *sample)
{
    struct buffer out;
    struct fault fault;
    memset(sample, 'x', sizeof *sample);
    buffer_init_fixed(&out, sample->sealed, sizeof sample->sealed);
    assert_true(
        status_ok(seal(sample->key, sample->nonce, SLICE("01234567890123456789012345678901"),
                       sample_associated(sample), &out, &fault)));
}

static enum status_code sample_open(const struct sample *sample, size_t sealed_len)
{
    char memory[64];
    struct buffer out;
    struct fault fault;
    buffer_init_fixed(&out, memory, sizeof memory);
    struct status status = unseal(sample->key, slice_of(sample->sealed, sealed_len),
                                  sample_associated(sample), &out, &fault);
    assert_int_equal(out.len, status_ok(status) ? 32 : 0);
    return status.code;
}

static void assert_each_bit_counts(struct sample *sample, void *field, size_t len)
{
    unsigned char *bytes = field;
    for (size_t bit = 0; bit < 8 * len; bit++) {
        bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
        assert_int_equal(sample_open(sample, sizeof sample->sealed), STATUS_CORRUPT);
        bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
    }
}

static void every_changed_bit_is_refused(void **state)
{
    (void)state;
    struct sample sample;
    sample_make(&sample);
    assert_int_equal(sample_open(&sample, sizeof sample.sealed), STATUS_OK);
    assert_each_bit_counts(&sample, sample.sealed, sizeof sample.sealed);
    assert_each_bit_counts(&sample, sample.key, sizeof sample.key);
    assert_each_bit_counts(&sample, sample.associated, sizeof sample.associated);
    assert_int_equal(sample_open(&sample, sizeof sample.sealed), STATUS_OK);
}

static void every_shorter_text_is_refused(void **state)
{
    (void)state;
    struct sample sample;
    sample_make(&sample);
    for (size_t len = 0; len < sizeof sample.sealed; len++)
        assert_int_equal(sample_open(&sample, len), STATUS_CORRUPT);
}

static void no_room_is_a_fault(void **state)
{
    (void)state;
    struct sample sample;
    char memory[SEAL_OVERHEAD + 31];
    struct buffer out;
    struct fault fault;
    sample_make(&sample);
    buffer_init_fixed(&out, memory, sizeof memory);
    assert_int_equal(seal(sample.key, sample.nonce, SLICE("01234567890123456789012345678901"),
                          SLICE_NONE, &out, &fault)
                         .code,
                     STATUS_MEMORY);
    buffer_init_fixed(&out, memory, 31);
    assert_int_equal(unseal(sample.key, slice_of(sample.sealed, sizeof sample.sealed),
                            sample_associated(&sample), &out, &fault)
                         .code,
                     STATUS_MEMORY);
    assert_int_equal(out.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sealing_is_gcm),
        cmocka_unit_test(every_changed_bit_is_refused),
        cmocka_unit_test(every_shorter_text_is_refused),
        cmocka_unit_test(no_room_is_a_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
