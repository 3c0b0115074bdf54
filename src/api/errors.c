/* The table of errors.def and how its texts are filled.
 *
 * 1. Every name of the enum has an entry.
 * 2. Every refusal of the law has an error.
 *
 * Owns nothing. Any thread. */
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

/* With the parameter that `{1}` of the text stands for. */
struct refusal_entry {
    enum error error;
    struct slice word;
};

static const struct refusal_entry refusals[REFUSAL_COUNT] = {
    [REFUSAL_ORGANISATION_UNKNOWN] = {ERROR_ORGANIZATION_UNKNOWN, TEXT("")},
    [REFUSAL_ORGANISATION_OWNER_TAKEN] = {ERROR_OWNER_TAKEN, TEXT("")},
    [REFUSAL_MEMBER_EXISTS] = {ERROR_MEMBER_EXISTS, TEXT("")},
    [REFUSAL_MEMBER_UNKNOWN] = {ERROR_MEMBER_UNKNOWN, TEXT("")},
    [REFUSAL_MEMBER_ELSEWHERE] = {ERROR_MEMBER_ELSEWHERE, TEXT("")},
    [REFUSAL_MEMBER_REPEATED] = {ERROR_MEMBER_REPEATED, TEXT("")},
    [REFUSAL_NAME_INVALID] = {ERROR_VALUE_NAME, TEXT("MemberName")},
    [REFUSAL_AMOUNT_NEGATIVE] = {ERROR_VALUE_NEGATIVE, TEXT("Amount")},
    [REFUSAL_AMOUNT_OVERFLOW] = {ERROR_VALUE_OVERFLOW, TEXT("")},
    [REFUSAL_PERIOD_INVALID] = {ERROR_VALUE_PERIOD, TEXT("EndTime")},
    [REFUSAL_KEY_EXISTS] = {ERROR_KEY_EXISTS, TEXT("")},
    [REFUSAL_KEY_UNKNOWN] = {ERROR_KEY_UNKNOWN, TEXT("")},
    [REFUSAL_KEY_LIMIT] = {ERROR_KEY_LIMIT, TEXT("")},
    [REFUSAL_POLICY_UNKNOWN] = {ERROR_POLICY_UNKNOWN, TEXT("")},
    [REFUSAL_DELEGATION_UNKNOWN] = {ERROR_DELEGATION_UNKNOWN, TEXT("")},
    [REFUSAL_LIMIT] = {ERROR_LIMIT, TEXT("")},
    [REFUSAL_STORE_FULL] = {ERROR_STORE_FULL, TEXT("")},
    [REFUSAL_STOPPING] = {ERROR_STOPPING, TEXT("")},
    [REFUSAL_BALANCE_INSUFFICIENT] = {ERROR_BALANCE_INSUFFICIENT, TEXT("")},
    [REFUSAL_AMOUNT_NOT_POSITIVE] = {ERROR_VALUE_NOT_POSITIVE, TEXT("Amount")},
    [REFUSAL_MOVE_TO_SELF] = {ERROR_MOVE_TO_SELF, TEXT("ToMemberUin")},
    [REFUSAL_REASON_MISSING] = {ERROR_MISSING_PARAMETER, TEXT("Reason")},
    [REFUSAL_REASON_INVALID] = {ERROR_VALUE_REASON, TEXT("Reason")},
    [REFUSAL_HOLD_UNKNOWN] = {ERROR_HOLD_UNKNOWN, TEXT("")},
    [REFUSAL_HOLD_EXCEEDED] = {ERROR_HOLD_EXCEEDED, TEXT("Amount")},
    [REFUSAL_EXPIRY_PASSED] = {ERROR_EXPIRY_PASSED, TEXT("ExpiresAt` or `EndTime")},
    [REFUSAL_GRANT_UNKNOWN] = {ERROR_GRANT_UNKNOWN, TEXT("")},
    [REFUSAL_GRANT_LIMIT] = {ERROR_GRANT_LIMIT, TEXT("")},
    [REFUSAL_MEMBER_NOT_EMPTY] = {ERROR_MEMBER_NOT_EMPTY, TEXT("")},
    [REFUSAL_MEMBER_IS_OWNER] = {ERROR_MEMBER_IS_OWNER, TEXT("")},
    [REFUSAL_TOKEN_REUSED] = {ERROR_TOKEN_REUSED, TEXT("")},
    [REFUSAL_REQUEST_REPEATED] = {ERROR_REQUEST_REPEATED, TEXT("")},
    [REFUSAL_KEY_ID_INVALID] = {ERROR_VALUE_KEY, TEXT("SecretId")},
    [REFUSAL_USER_ELSEWHERE] = {ERROR_USER_ELSEWHERE, TEXT("")},
    [REFUSAL_ACCOUNT_KEY_LIMIT] = {ERROR_ACCOUNT_KEY_LIMIT, TEXT("")},
    [REFUSAL_POLICY_LIMIT] = {ERROR_POLICY_LIMIT, TEXT("")},
    [REFUSAL_DELEGATION_LIMIT] = {ERROR_DELEGATION_LIMIT, TEXT("")},
    [REFUSAL_NOT_PERMITTED] = {ERROR_CAM_NO_AUTH, TEXT("")},
    [REFUSAL_MEMORY] = {ERROR_MEMORY, TEXT("")},
    [REFUSAL_CLOCK] = {ERROR_CLOCK, TEXT("")},
};

const struct error_entry *error_entry(enum error error)
{
    CHECK(error > ERROR_NONE && error < ERROR_COUNT);
    return &entries[error];
}

enum error error_of_refusal(enum refusal refusal)
{
    CHECK(refusal > REFUSAL_NONE && refusal < REFUSAL_COUNT);
    CHECK(refusals[refusal].error != ERROR_NONE);
    return refusals[refusal].error;
}

struct complaint complaint_of_refusal(enum refusal refusal)
{
    struct complaint complaint = {.error = error_of_refusal(refusal),
                                  .words = {refusals[refusal].word}};
    if (refusal == REFUSAL_KEY_ID_INVALID) { /* told as an id that no client could send */
        complaint.numbers[0] = SECRET_ID_BYTES_MAX;
        complaint.numbers[1] = 1;
    }
    return complaint;
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
    if (complaint->place.len > 0) {
        buffer_append(out, complaint->place);
        BUFFER_LITERAL(out, ": ");
    }
    while (text.len > 0) {
        size_t brace = slice_find(text, '{');
        buffer_bytes(out, text.at, brace);
        if (brace == text.len)
            return;
        placeholder_write(complaint, text.at[brace + 1], request_id, out);
        text = slice_of(text.at + brace + 3, text.len - brace - 3);
    }
}
