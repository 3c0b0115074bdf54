/* Amounts as people write them. Owns nothing. Any thread. */
#include <bursar.h>

#include "base/check.h"
#include "codec/decimal.h"

bool bursar_amount_parse(const char *text, int64_t *ret_micros)
{
    struct amount amount;
    if (decimal_parse_units(slice_text(text), &amount) != DECIMAL_OK)
        return false;
    *ret_micros = amount.micros;
    return true;
}

void bursar_amount_print(int64_t micros, char ret_text[BURSAR_AMOUNT_SIZE])
{
    struct buffer text;
    buffer_init_fixed(&text, ret_text, BURSAR_AMOUNT_SIZE);
    decimal_print_units(&text, (struct amount){micros});
    buffer_char(&text, '\0');
    CHECK(buffer_ok(&text));
}
