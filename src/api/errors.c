/* The table of errors.def and how its texts are filled.
 *
 * Owns nothing. 1. Every name of the enum has an entry. 2. Every refusal of the law has an error.
 * Any thread. */
#include "api/errors.h"

#include "base/check.h"

#define TEXT(literal)                                                                              \
    {                                                                                              \
        "" literal, sizeof(literal) - 1                                                            \
    }

static const struct error_entry entries[ERROR_COUNT] = {
#define ERROR(name, code, english, chinese, origin, when)                                          \
    [ERROR_##name] = {TEXT(code), TEXT(english), TEXT(chinese), ORIGIN_##origin, when},
#include "api/errors.def"
#undef ERROR
};

static const enum error refusals[REFUSAL_COUNT] = {
    [REFUSAL_ORGANISATION_UNKNOWN] = ERROR_ORGANIZATION_UNKNOWN,
    [REFUSAL_ORGANISATION_OWNER_TAKEN] = ERROR_OWNER_TAKEN,
    [REFUSAL_MEMBER_EXISTS] = ERROR_MEMBER_EXISTS,
    [REFUSAL_MEMBER_UNKNOWN] = ERROR_MEMBER_UNKNOWN,
    [REFUSAL_MEMBER_ELSEWHERE] = ERROR_MEMBER_ELSEWHERE,
    [REFUSAL_MEMBER_REPEATED] = ERROR_MEMBER_REPEATED,
    [REFUSAL_NAME_INVALID] = ERROR_VALUE_NAME,
    [REFUSAL_AMOUNT_NEGATIVE] = ERROR_VALUE_NEGATIVE,
    [REFUSAL_AMOUNT_OVERFLOW] = ERROR_VALUE_OVERFLOW,
    [REFUSAL_PERIOD_INVALID] = ERROR_VALUE_PERIOD,
    [REFUSAL_KEY_EXISTS] = ERROR_KEY_EXISTS,
    [REFUSAL_KEY_UNKNOWN] = ERROR_KEY_UNKNOWN,
    [REFUSAL_KEY_LIMIT] = ERROR_KEY_LIMIT,
    [REFUSAL_POLICY_UNKNOWN] = ERROR_POLICY_UNKNOWN,
    [REFUSAL_DELEGATION_UNKNOWN] = ERROR_DELEGATION_UNKNOWN,
    [REFUSAL_LIMIT] = ERROR_LIMIT,
    [REFUSAL_STORE_FULL] = ERROR_STORE_FULL,
    [REFUSAL_STOPPING] = ERROR_STOPPING,
    [REFUSAL_BALANCE_INSUFFICIENT] = ERROR_BALANCE_INSUFFICIENT,
    [REFUSAL_AMOUNT_NOT_POSITIVE] = ERROR_VALUE_NOT_POSITIVE,
    [REFUSAL_MOVE_TO_SELF] = ERROR_MOVE_TO_SELF,
    [REFUSAL_REASON_MISSING] = ERROR_REASON_MISSING,
    [REFUSAL_REASON_INVALID] = ERROR_VALUE_REASON,
    [REFUSAL_HOLD_UNKNOWN] = ERROR_HOLD_UNKNOWN,
    [REFUSAL_HOLD_EXCEEDED] = ERROR_HOLD_EXCEEDED,
    [REFUSAL_EXPIRY_PASSED] = ERROR_EXPIRY_PASSED,
    [REFUSAL_GRANT_UNKNOWN] = ERROR_GRANT_UNKNOWN,
    [REFUSAL_GRANT_LIMIT] = ERROR_GRANT_LIMIT,
    [REFUSAL_MEMBER_NOT_EMPTY] = ERROR_MEMBER_NOT_EMPTY,
    [REFUSAL_MEMBER_IS_OWNER] = ERROR_MEMBER_IS_OWNER,
    [REFUSAL_TOKEN_REUSED] = ERROR_TOKEN_REUSED,
};

const struct error_entry *error_entry(enum error error)
{
    CHECK(error > ERROR_NONE && error < ERROR_COUNT);
    return &entries[error];
}

enum error error_of_refusal(enum refusal refusal)
{
    CHECK(refusal > REFUSAL_NONE && refusal < REFUSAL_COUNT);
    CHECK(refusals[refusal] != ERROR_NONE);
    return refusals[refusal];
}

/* Words come from clients: long ones are cut, and what is not UTF-8 is not repeated. */
static void word_write(struct slice word, struct buffer *out)
{
    enum { WORD_BYTES_MAX = 256 };
    bool cut = word.len > WORD_BYTES_MAX;
    if (cut)
        word.len = WORD_BYTES_MAX;
    while (cut && word.len > 0 && ((unsigned char)word.at[word.len] & 0xc0) == 0x80)
        word.len--;
    if (slice_is_utf8(word)) {
        buffer_append(out, word);
    } else {
        for (size_t i = 0; i < word.len; i++)
            buffer_char(out, (unsigned char)word.at[i] < 0x80 ? word.at[i] : '?');
    }
    if (cut)
        BUFFER_LITERAL(out, "...");
}

static void placeholder_write(const struct complaint *complaint, char mark, struct slice request_id,
                              struct buffer *out)
{
    if (mark >= '1' && mark <= '3')
        word_write(complaint->words[mark - '1'], out);
    else if (mark == 'n' || mark == 'm')
        buffer_i64(out, complaint->numbers[mark == 'n' ? 0 : 1]);
    else
        buffer_append(out, request_id);
}

void complaint_write(const struct complaint *complaint, bool chinese, struct slice request_id,
                     struct buffer *out)
{
    const struct error_entry *entry = error_entry(complaint->error);
    struct slice text = chinese ? entry->chinese : entry->english;
    while (text.len > 0) {
        size_t brace = slice_find(text, '{');
        buffer_bytes(out, text.at, brace);
        if (brace == text.len)
            return;
        placeholder_write(complaint, text.at[brace + 1], request_id, out);
        text = slice_of(text.at + brace + 3, text.len - brace - 3);
    }
}
