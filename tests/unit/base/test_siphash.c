/* SipHash-1-3 against CPython, whose hash of bytes it is:
 *
 *     PYTHONHASHSEED=0 python3 -c 'print(hex(hash(bytes(range(36))) % 2**64))'
 *
 * PYTHONHASHSEED=0 makes a key of zeros; of 1 CPython makes the other key below. */
#include "base/siphash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void as_another_computes_it(void **state)
{
    static const struct {
        size_t len;
        uint64_t of_zeros, of_one;
    } rows[] = {
        {1, UINT64_C(0x68a914128e01e473), UINT64_C(0xecd3e5afcecda4b9)},
        {7, UINT64_C(0x2f098ab0c751325a), UINT64_C(0xfd15e78052a69ddf)},
        {8, UINT64_C(0xead411e67ebe2eea), UINT64_C(0xc0b5739e7e28dd01)},
        {9, UINT64_C(0x75927f9d95124362), UINT64_C(0x208a1a5a0cbbf778)},
        {15, UINT64_C(0xf30eb725bb91c9ea), UINT64_C(0xfa87985f39e97a53)},
        {16, UINT64_C(0x8972188433a5c5b7), UINT64_C(0x12e9d283f9f37002)},
        {36, UINT64_C(0xac77921fcc642bd3), UINT64_C(0x93fbdf55374406c1)},
        {100, UINT64_C(0x1c6a66e1506e7908), UINT64_C(0x84ac259fc754e778)},
    };
    char bytes[100];
    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)i;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct slice text = slice_of(bytes, rows[i].len);
        assert_int_equal(siphash_1_3(text, 0, 0), rows[i].of_zeros);
        assert_int_equal(
            siphash_1_3(text, UINT64_C(0xaed66ce184be2329), UINT64_C(0xebe9bbf1f1499052)),
            rows[i].of_one);
    }
}

static void both_halves_of_the_key_count(void **state)
{
    (void)state;
    struct slice text = SLICE("12345678");
    assert_true(siphash_1_3(text, 1, 0) != siphash_1_3(text, 0, 0));
    assert_true(siphash_1_3(text, 0, 1) != siphash_1_3(text, 0, 0));
    assert_true(siphash_seed() == siphash_seed());
}

static void capitals_make_no_difference_when_asked(void **state)
{
    (void)state;
    assert_int_equal(slice_hash_nocase(SLICE("X-TC-Action and more"), 7),
                     slice_hash(SLICE("x-tc-action and more"), 7));
    assert_int_equal(slice_hash_nocase(SLICE("X-TC"), 7), slice_hash(SLICE("x-tc"), 7));
    assert_true(slice_hash(SLICE("X-TC"), 7) != slice_hash(SLICE("x-tc"), 7));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_another_computes_it),
        cmocka_unit_test(both_halves_of_the_key_count),
        cmocka_unit_test(capitals_make_no_difference_when_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
