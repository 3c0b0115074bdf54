/* Conditions of a policy: names to tests, operands to values, and the asking.
 *
 * Owns nothing. Pure. Any thread. */
#include "api/policy_rules.h"
#include "base/buffer.h"
#include "codec/decimal.h"
#include "codec/timestamp.h"

#include <arpa/inet.h>

void condition_name(struct slice operator_name, struct slice key, struct condition *ret_condition)
{
    static const struct {
        struct slice name;
        enum condition_test test;
        bool negated;
    } known[] = {
        {{"string_equal", 12}, TEST_STRING_EQUAL, false},
        {{"string_not_equal", 16}, TEST_STRING_EQUAL, true},
        {{"string_equal_ignore_case", 24}, TEST_STRING_EQUAL_NOCASE, false},
        {{"string_not_equal_ignore_case", 28}, TEST_STRING_EQUAL_NOCASE, true},
        {{"string_like", 11}, TEST_STRING_LIKE, false},
        {{"string_not_like", 15}, TEST_STRING_LIKE, true},
        {{"ip_equal", 8}, TEST_IP, false},
        {{"ip_not_equal", 12}, TEST_IP, true},
        {{"date_equal", 10}, TEST_DATE_EQUAL, false},
        {{"date_not_equal", 14}, TEST_DATE_EQUAL, true},
        {{"date_less_than", 14}, TEST_DATE_LESS, false},
        {{"date_less_than_equal", 20}, TEST_DATE_LESS_EQUAL, false},
        {{"date_greater_than", 17}, TEST_DATE_GREATER, false},
        {{"date_greater_than_equal", 23}, TEST_DATE_GREATER_EQUAL, false},
        {{"numeric_equal", 13}, TEST_NUMERIC_EQUAL, false},
        {{"numeric_not_equal", 17}, TEST_NUMERIC_EQUAL, true},
        {{"numeric_less_than", 17}, TEST_NUMERIC_LESS, false},
        {{"numeric_less_than_equal", 23}, TEST_NUMERIC_LESS_EQUAL, false},
        {{"numeric_greater_than", 20}, TEST_NUMERIC_GREATER, false},
        {{"numeric_greater_than_equal", 26}, TEST_NUMERIC_GREATER_EQUAL, false},
    };
    static const struct {
        struct slice name;
        enum condition_key key;
    } keys[] = {
        {{"qcs:ip", 6}, KEY_IP},
        {{"qcs:current_time", 16}, KEY_CURRENT_TIME},
        {{"bursar:TransferKind", 19}, KEY_TRANSFER_KIND},
        {{"bursar:Amount", 13}, KEY_AMOUNT},
    };
    *ret_condition =
        (struct condition){.test = TEST_UNKNOWN, .operator_name = operator_name, .key_name = key};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (!slice_equal(operator_name, known[i].name))
            continue;
        ret_condition->test = known[i].test;
        ret_condition->negated = known[i].negated;
    }
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (slice_equal(key, keys[i].name))
            ret_condition->key = keys[i].key;
    }
}

/* An address as 16 bytes, IPv4 mapped; *ret_bits is how many it has. */
static bool address_parse(struct slice text, struct in6_addr *ret_address, uint8_t *ret_bits)
{
    static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};
    char copy[INET6_ADDRSTRLEN + 1];
    if (text.len == 0 || text.len >= sizeof copy || memchr(text.at, '\0', text.len))
        return false;
    memcpy(copy, text.at, text.len);
    copy[text.len] = '\0';
    struct in6_addr address;
    if (inet_pton(AF_INET6, copy, &address) == 1) {
        *ret_bits = 128;
    } else {
        memcpy(address.s6_addr, mapped, sizeof mapped);
        if (inet_pton(AF_INET, copy, address.s6_addr + 12) != 1)
            return false;
        *ret_bits = 32;
    }
    *ret_address = address;
    return true;
}

static bool range_parse(struct slice text, struct ip_range *ret_range)
{
    struct slice bits_text;
    struct slice address = slice_cut(text, '/', &bits_text);
    struct ip_range range;
    uint8_t bits_max;
    uint64_t bits;
    if (!address_parse(address, &range.network, &bits_max))
        return false;
    bits = bits_max;
    if (bits_text.at && (!slice_to_u64(bits_text, &bits) || bits > bits_max))
        return false;
    range.bits = (uint8_t)(bits + (128 - bits_max));
    *ret_range = range;
    return true;
}

static bool range_holds(const struct ip_range *range, const struct in6_addr *address)
{
    uint32_t whole = range->bits / 8;
    uint32_t rest = range->bits % 8;
    if (memcmp(range->network.s6_addr, address->s6_addr, whole) != 0)
        return false;
    unsigned mask = 0xff00u >> rest & 0xff;
    return rest == 0 || ((range->network.s6_addr[whole] ^ address->s6_addr[whole]) & mask) == 0;
}

static bool test_is_text(enum condition_test test)
{
    return test >= TEST_STRING_EQUAL && test <= TEST_STRING_LIKE;
}

static bool test_is_date(enum condition_test test)
{
    return test >= TEST_DATE_EQUAL && test <= TEST_DATE_GREATER_EQUAL;
}

static bool test_is_numeric(enum condition_test test)
{
    return test >= TEST_NUMERIC_EQUAL;
}

bool condition_is_of_item(const struct condition *condition)
{
    return condition->key == KEY_TRANSFER_KIND || condition->key == KEY_AMOUNT;
}

bool condition_fits_key(const struct condition *condition)
{
    switch (condition->key) {
    case KEY_IP:
        return test_is_text(condition->test) || condition->test == TEST_IP;
    case KEY_CURRENT_TIME:
        return test_is_date(condition->test);
    case KEY_TRANSFER_KIND:
        return test_is_text(condition->test);
    case KEY_AMOUNT:
        return test_is_numeric(condition->test);
    case KEY_UNKNOWN:
        break;
    }
    return false;
}

void operand_read(const struct condition *condition, struct operand *operand)
{
    operand->is_good = true;
    if (condition->test == TEST_IP)
        operand->is_good = range_parse(operand->text, &operand->range);
    else if (test_is_date(condition->test))
        operand->is_good = timestamp_parse_rfc3339(operand->text, &operand->time_us) ||
                           timestamp_parse_plain(operand->text, &operand->time_us);
    else if (test_is_numeric(condition->test))
        operand->is_good = decimal_parse_units(operand->text, &operand->amount) == DECIMAL_OK;
}

/* ---- asking ---- */

/* What the key is worth in this request, or for one of its items. */
struct known_value {
    struct slice text;
    struct in6_addr address;
    int64_t time_us;
    struct amount amount;
};

static bool value_of_key(const struct condition *condition, const struct policy_question *question,
                         const struct policy_item *item, struct known_value *ret_value)
{
    uint8_t bits;
    switch (condition->key) {
    case KEY_IP:
        ret_value->text = question->peer_address;
        return address_parse(question->peer_address, &ret_value->address, &bits);
    case KEY_CURRENT_TIME:
        ret_value->time_us = question->now_us;
        return true;
    case KEY_TRANSFER_KIND:
        if (item)
            ret_value->text = item->kind;
        return item && item->kind.len > 0;
    case KEY_AMOUNT:
        if (item)
            ret_value->amount = item->amount;
        return item && item->has_amount;
    case KEY_UNKNOWN:
        break;
    }
    return false;
}

static bool operand_fits(enum condition_test test, const struct operand *operand,
                         const struct known_value *value)
{
    switch (test) {
    case TEST_STRING_EQUAL:
        return slice_equal(operand->text, value->text);
    case TEST_STRING_EQUAL_NOCASE:
        return slice_equal_nocase(operand->text, value->text);
    case TEST_STRING_LIKE:
        return pattern_matches(operand->text, value->text);
    case TEST_IP:
        return range_holds(&operand->range, &value->address);
    case TEST_DATE_EQUAL:
        return value->time_us == operand->time_us;
    case TEST_DATE_LESS:
        return value->time_us < operand->time_us;
    case TEST_DATE_LESS_EQUAL:
        return value->time_us <= operand->time_us;
    case TEST_DATE_GREATER:
        return value->time_us > operand->time_us;
    case TEST_DATE_GREATER_EQUAL:
        return value->time_us >= operand->time_us;
    case TEST_NUMERIC_EQUAL:
        return amount_compare(value->amount, operand->amount) == 0;
    case TEST_NUMERIC_LESS:
        return amount_compare(value->amount, operand->amount) < 0;
    case TEST_NUMERIC_LESS_EQUAL:
        return amount_compare(value->amount, operand->amount) <= 0;
    case TEST_NUMERIC_GREATER:
        return amount_compare(value->amount, operand->amount) > 0;
    case TEST_NUMERIC_GREATER_EQUAL:
        return amount_compare(value->amount, operand->amount) >= 0;
    case TEST_UNKNOWN:
        break;
    }
    return false;
}

enum condition_answer condition_ask(const struct condition *condition,
                                    const struct policy_question *question,
                                    const struct policy_item *item)
{
    struct known_value value = {.time_us = 0};
    bool fits = false;
    if (!condition_fits_key(condition) || !value_of_key(condition, question, item, &value))
        return CONDITION_UNCLEAR;
    for (uint32_t i = 0; i < condition->operand_count; i++) {
        if (!condition->operands[i].is_good)
            return CONDITION_UNCLEAR;
        fits = fits || operand_fits(condition->test, &condition->operands[i], &value);
    }
    return fits != condition->negated ? CONDITION_HOLDS : CONDITION_FAILS;
}
