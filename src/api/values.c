/* Values that several action families read the same way.
 *
 * Owns nothing. Thread: the worker's. */
#include "api/action.h"
#include "codec/timestamp.h"

bool value_to_uin(struct exchange *exchange, const struct text_value *value, struct slice name,
                  struct uin *ret_uin)
{
    return uin_parse(value->text, ret_uin) || exchange_refuse_word(exchange, ERROR_VALUE_UIN, name);
}

bool value_to_name(struct exchange *exchange, const struct text_value *value, struct slice name)
{
    return name_is_valid(value->text) || exchange_refuse_word(exchange, ERROR_VALUE_NAME, name);
}

bool value_to_amount(struct exchange *exchange, const struct text_value *value, struct slice name,
                     struct amount *ret_amount)
{
    return decimal_parse_cents(value->text, ret_amount) == DECIMAL_OK ||
           exchange_refuse_word(exchange, ERROR_VALUE_AMOUNT, name);
}

bool value_read_time(struct slice text, int64_t *ret_us)
{
    int64_t us = 0;
    if (text.len > 0 && !slice_equal(text, SLICE("9999-12-31 23:59:59")) &&
        !timestamp_parse_plain(text, &us) && !timestamp_parse_rfc3339(text, &us))
        return false;
    *ret_us = us;
    return true;
}

bool value_to_time(struct exchange *exchange, const struct text_value *value, struct slice name,
                   int64_t *ret_us)
{
    return value_read_time(value->text, ret_us) ||
           exchange_refuse_word(exchange, ERROR_VALUE_TIME, name);
}

struct listing listing_asked(const struct integer_value *offset, const struct integer_value *limit)
{
    enum { LIMIT_DEFAULT = 100 };
    return (struct listing){
        .offset = offset->given ? (uint64_t)offset->value : 0,
        .limit = limit->given ? (uint64_t)limit->value : LIMIT_DEFAULT,
    };
}

void listing_open(struct buffer *out)
{
    BUFFER_LITERAL(out, "\"Data\":[");
}

void listing_close(const struct listing *listing, struct buffer *out)
{
    BUFFER_LITERAL(out, "],\"TotalCount\":");
    buffer_u64(out, listing->total);
}

bool listing_offer(struct listing *listing, struct buffer *out)
{
    if (listing->total++ < listing->offset || listing->written == listing->limit)
        return false;
    if (listing->written++ > 0)
        buffer_char(out, ',');
    return true;
}
