/* Filters: never "no" of what is in, seldom "yes" of what is not. */
#include "journal/filter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

enum { STRANGERS = 1000000 };

/* SplitMix64 (Steele, Lea, Flood 2014), so that keys look random and are the same in every run. */
static uint64_t hash_of(uint64_t number)
{
    uint64_t z = (number + 1) * UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static uint64_t count_strangers(const struct filter *filter, uint64_t keys)
{
    uint64_t taken = 0;
    for (uint64_t i = 0; i < STRANGERS; i++)
        taken += filter_may_have(filter, hash_of(keys + i));
    return taken;
}

static void fill(struct filter *filter, uint64_t keys)
{
    assert_true(filter_init(filter, keys));
    for (uint64_t i = 0; i < keys; i++)
        filter_add(filter, hash_of(i));
}

static void all_keys_are_there_and_few_others(void **state)
{
    static const uint64_t sizes[] = {1, 2, 15, 16, 17, 1000, 360000};
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct filter filter;
        fill(&filter, sizes[i]);
        for (uint64_t key = 0; key < sizes[i]; key++)
            assert_true(filter_may_have(&filter, hash_of(key)));
        /* 16 bits a key: 0.1 % by the format's description, more when blocks are few */
        assert_in_range(count_strangers(&filter, sizes[i]), 0, STRANGERS / 500);
        filter_done(&filter);
    }
}

static void an_empty_filter_has_nothing(void **state)
{
    struct filter filter;
    (void)state;
    fill(&filter, 0);
    assert_int_equal(count_strangers(&filter, 0), 0);
    filter_done(&filter);
}

static void a_filter_is_its_bytes(void **state)
{
    enum { KEYS = 5000 };
    struct filter filter;
    struct filter copy;
    (void)state;
    fill(&filter, KEYS);
    struct slice bytes = filter_bytes(&filter);
    assert_int_equal(bytes.len, filter_size(KEYS));
    assert_in_range(bytes.len, 2 * KEYS, 2 * KEYS + 32);
    assert_true(filter_load(&copy, KEYS, bytes));
    assert_true(slice_equal(filter_bytes(&copy), bytes));
    for (uint64_t key = 0; key < KEYS; key++)
        assert_true(filter_may_have(&copy, hash_of(key)));
    assert_int_equal(count_strangers(&copy, KEYS), count_strangers(&filter, KEYS));
    filter_done(&copy);
    filter_done(&filter);
}

/* One key whose bits can be worked out from the format's description by hand: the lower half is 1,
 * so that each word has the bit of its salt's upper five bits. */
static void bits_are_where_the_format_says(void **state)
{
    static const unsigned bits[FILTER_WORDS] = {
        0x47b6137bU >> 27, 0x44974d91U >> 27, 0x8824ad5bU >> 27, 0xa2b7289dU >> 27,
        0x705495c7U >> 27, 0x2df1424bU >> 27, 0x9efc4947U >> 27, 0x5c6bfb31U >> 27};
    struct filter filter;
    (void)state;
    assert_true(filter_init(&filter, 31)); /* two blocks */
    filter_add(&filter, UINT64_C(0x8000000000000001));
    const unsigned char *second = (const unsigned char *)filter_bytes(&filter).at + 32;
    for (unsigned word = 0; word < FILTER_WORDS; word++)
        for (unsigned bit = 0; bit < 32; bit++)
            assert_int_equal(second[4 * word + bit / 8] >> bit % 8 & 1, bit == bits[word]);
    for (unsigned i = 0; i < 32; i++)
        assert_int_equal(filter_bytes(&filter).at[i], 0);
    filter_done(&filter);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_keys_are_there_and_few_others),
        cmocka_unit_test(an_empty_filter_has_nothing),
        cmocka_unit_test(a_filter_is_its_bytes),
        cmocka_unit_test(bits_are_where_the_format_says),
    };
    return cmocka_run_group_tests_name("filter", tests, NULL, NULL);
}
