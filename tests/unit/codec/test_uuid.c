/* UUIDs as text, with the examples of RFC 9562, appendix A. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "codec/uuid.h"

#include <string.h>

static const struct {
    const char *text;
    unsigned char bytes[UUID_BYTES];
} examples[] = {
    {"919108f7-52d1-4320-9bac-f847db4148a8", /* A.3, version 4 */
     {0x91, 0x91, 0x08, 0xf7, 0x52, 0xd1, 0x43, 0x20, 0x9b, 0xac, 0xf8, 0x47, 0xdb, 0x41, 0x48,
      0xa8}},
    {"017f22e2-79b0-7cc3-98c4-dc0c0c07398f", /* A.6, version 7 */
     {0x01, 0x7f, 0x22, 0xe2, 0x79, 0xb0, 0x7c, 0xc3, 0x98, 0xc4, 0xdc, 0x0c, 0x0c, 0x07, 0x39,
      0x8f}},
};

static void the_published_examples(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++) {
        char text[UUID_TEXT_SIZE];
        unsigned char bytes[UUID_BYTES];
        uuid_print(examples[i].bytes, text);
        assert_memory_equal(text, examples[i].text, sizeof text);
        assert_true(uuid_parse(slice_text(examples[i].text), bytes));
        assert_memory_equal(bytes, examples[i].bytes, sizeof bytes);
    }
}

/* One text for given bytes: nothing else is read. */
static void other_forms_are_none(void **state)
{
    static const char *const others[] = {
        "",
        "919108F7-52d1-4320-9bac-f847db4148a8",
        "919108f752d143209bacf847db4148a8",
        "919108f7-52d1-4320-9bac-f847db4148a",
        "919108f7-52d1-4320-9bac-f847db4148a8 ",
        "919108f7-52d1-4320-9bac_f847db4148a8",
        "919108f7-52d1-4320-9bac-f847db4148g8",
        "{19108f7-52d1-4320-9bac-f847db4148a8",
        "919108f75-2d1-4320-9bac-f847db4148a8",
    };
    unsigned char bytes[UUID_BYTES];
    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        assert_false(uuid_parse(slice_text(others[i]), bytes));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_published_examples),
        cmocka_unit_test(other_forms_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
