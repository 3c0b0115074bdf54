/* Values that several action families read the same way.
 *
 * Owns nothing. Thread: the worker's. */
#include "api/action.h"
#include "api/text.h"
#include "codec/timestamp.h"

bool value_to_uin(struct exchange *exchange, const struct text_value *value, struct slice name,
                  struct uin *ret_uin)
{
    return uin_parse(value->text, ret_uin) || exchange_refuse_word(exchange, ERROR_VALUE_UIN, name);
}

/* In one language behind the other: which will be wanted is not known here. */
RARE static bool complain_of_text(struct arena *arena, const struct text_wrong *wrong,
                                  struct slice name, struct complaint *ret_complaint)
{
    enum { SAID_BYTES_MAX = 256 };
    *ret_complaint = (struct complaint){.error = ERROR_VALUE_TEXT, .words = {name}};
    for (int i = 0; i < 2; i++) {
        struct buffer said;
        char *memory = arena_take(arena, SAID_BYTES_MAX);
        if (!memory)
            return false;
        buffer_init_fixed(&said, memory, SAID_BYTES_MAX);
        text_wrong_say(wrong, i == 1, &said);
        ret_complaint->words[1 + i] = buffer_slice(&said);
    }
    return false;
}

bool value_is_text(struct arena *arena, const struct text_value *value, struct slice name,
                   struct complaint *ret_complaint)
{
    struct text_wrong wrong;
    if (text_is_clean(value->text, &wrong) || wrong.kind == TEXT_TOO_LONG)
        return true;
    return complain_of_text(arena, &wrong, name, ret_complaint);
}

bool value_to_name(struct exchange *exchange, const struct text_value *value, struct slice name)
{
    return value_is_text(exchange->arena, value, name, &exchange->complaint) &&
           (name_is_valid(value->text) || exchange_refuse_word(exchange, ERROR_VALUE_NAME, name));
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
