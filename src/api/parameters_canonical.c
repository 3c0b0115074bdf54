/* The canonical bytes of bound parameters (parameters.h).
 *
 * A parameter is its name, a zero byte, a letter for its type and its value: texts and lists begin
 * with their length as eight bytes, the lowest first; numbers are eight such bytes. A list's items
 * have no names; an object ends with a zero byte, which no name begins with.
 *
 * 1. Two sets of values have the same bytes only if they are the same.
 * 2. The bytes never change: their digests are in journals.
 * Owns nothing. Pure. */
#include "api/binder.h"

#include "codec/decimal.h"

#include <endian.h>

static void put_number(uint64_t number, struct buffer *out)
{
    uint64_t little = htole64(number);
    buffer_bytes(out, &little, sizeof little);
}

static void put_text(struct slice text, struct buffer *out)
{
    put_number(text.len, out);
    buffer_append(out, text);
}

/* The amount; what is none, as it was written. */
static void put_amount(struct slice text, struct buffer *out)
{
    struct amount amount;
    if (decimal_parse_cents(text, &amount) == DECIMAL_OK) {
        buffer_char(out, 'a');
        put_number((uint64_t)amount.micros, out);
    } else {
        buffer_char(out, 't');
        put_text(text, out);
    }
}

static void put_scalar(const struct parameter *parameter, const void *value, struct buffer *out)
{
    switch (parameter->type) {
    case PARAMETER_TEXT:
        buffer_char(out, 't');
        put_text(((const struct text_value *)value)->text, out);
        break;
    case PARAMETER_AMOUNT:
        put_amount(((const struct text_value *)value)->text, out);
        break;
    case PARAMETER_INTEGER:
        buffer_char(out, 'i');
        put_number((uint64_t)((const struct integer_value *)value)->value, out);
        break;
    case PARAMETER_BOOLEAN:
        buffer_char(out, ((const struct boolean_value *)value)->value ? 'y' : 'n');
        break;
    case PARAMETER_OBJECT:
        buffer_char(out, 'o');
        parameters_canonical(parameter->fields, value, SLICE_NONE, out);
        buffer_char(out, '\0');
        break;
    }
}

static void put_list(const struct parameter *parameter, const struct list_value *list,
                     struct buffer *out)
{
    size_t item_size = parameter_item_size(parameter);
    buffer_char(out, 'l');
    put_number(list->count, out);
    for (uint32_t i = 0; i < list->count; i++)
        put_scalar(parameter, (const char *)list->items + i * item_size, out);
}

void parameters_canonical(const struct parameters *parameters, const void *bound,
                          struct slice left_out, struct buffer *out)
{
    for (uint32_t i = 0; i < parameters->count; i++) {
        const struct parameter *parameter = &parameters->at[i];
        const void *value = (const char *)bound + parameter->offset;
        if (!parameter_is_given(parameter, value) || slice_equal(parameter->name, left_out))
            continue;
        buffer_append(out, parameter->name);
        buffer_char(out, '\0');
        if (parameter->is_list)
            put_list(parameter, value, out);
        else
            put_scalar(parameter, value, out);
    }
}
