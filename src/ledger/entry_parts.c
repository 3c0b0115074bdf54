/* The tables of parts and of kinds (entry_parts.h). Owns nothing. Any thread. */
#include "ledger/entry_parts.h"

#include <stddef.h>

#define AT(part) [__builtin_ctz(part)]
#define PLACE(member) (uint32_t) offsetof(struct entry, member)

const struct entry_part entry_parts[ENTRY_PARTS] = {
    AT(PART_AMOUNT) = {"amount", NULL, IS_AMOUNT, PLACE(cash)},
    AT(PART_CASH) = {"cash", NULL, IS_AMOUNT, PLACE(cash)},
    AT(PART_INCOME) = {"income", NULL, IS_AMOUNT, PLACE(income)},
    AT(PART_GIFT) = {"gift", NULL, IS_AMOUNT, PLACE(gift)},
    AT(PART_HOLD) = {"hold", NULL, IS_NUMBER, PLACE(subject)},
    AT(PART_GRANT) = {"grant", NULL, IS_NUMBER, PLACE(subject)},
    AT(PART_KEY) = {"key", NULL, IS_NUMBER, PLACE(subject)},
    AT(PART_START) = {"start", "start_us", IS_MOMENT, PLACE(start_us)},
    AT(PART_END) = {"end", "end_us", IS_END, PLACE(end_us)},
    AT(PART_EXPIRY) = {"end", "end_us", IS_END, PLACE(end_us)},
    AT(PART_NAME) = {"name", NULL, IS_TEXT, PLACE(name)},
    AT(PART_MEMBER_NAME) = {"name", NULL, IS_TEXT, PLACE(name)},
    AT(PART_POLICY_NAME) = {"name", NULL, IS_TEXT, PLACE(name)},
    AT(PART_SESSION) = {"session", NULL, IS_TEXT, PLACE(name)},
    AT(PART_UNIX_NAME) = {"unix_name", NULL, IS_TEXT, PLACE(name)},
    AT(PART_REASON) = {"reason", NULL, IS_TEXT, PLACE(text)},
    AT(PART_CURRENCY) = {"currency", NULL, IS_TEXT, PLACE(text)},
    AT(PART_DOCUMENT) = {"document", NULL, IS_TEXT, PLACE(text)},
    AT(PART_SECRET_ID) = {"secret_id", "secret_id_base64", IS_TEXT, PLACE(secret_id)},
    AT(PART_SEALED_SECRET) = {"sealed_secret", NULL, IS_BYTES, PLACE(sealed_secret)},
    AT(PART_TOKEN_HASH) = {"token_hash", NULL, IS_BYTES, PLACE(token_hash)},
    AT(PART_OWNER) = {"account", NULL, IS_UIN, PLACE(account)},
    AT(PART_ACCOUNT) = {"account", NULL, IS_UIN, PLACE(account)},
    AT(PART_USER) = {"user", NULL, IS_UIN, PLACE(user)},
    AT(PART_PRINCIPAL) = {"principal", NULL, IS_PRINCIPAL, PLACE(principal)},
    AT(PART_ENABLED) = {"enabled", NULL, IS_BOOL, PLACE(enabled)},
    AT(PART_EVERYONE) = {"enabled", NULL, IS_BOOL, PLACE(enabled)},
    AT(PART_SCOPE) = {"scope", NULL, IS_UINS, PLACE(scope)},
};

enum {
    MONEY = PART_TOUCH | PART_AMOUNT | PART_REASON,
    AMOUNTS = PART_TOUCH | PART_CASH | PART_INCOME | PART_GIFT | PART_REASON,
    NEW_KEY = PART_EXPIRY | PART_SESSION | PART_SECRET_ID | PART_SEALED_SECRET | PART_ACCOUNT |
              PART_USER | PART_PRINCIPAL,
};

const struct entry_kind_row entry_kinds[ENTRY_KINDS_END] = {
    [ENTRY_TOP_UP] = {"top_up", MONEY},
    [ENTRY_WITHDRAW] = {"withdraw", MONEY},
    [ENTRY_CHARGE] = {"charge", MONEY},
    [ENTRY_REFUND] = {"refund", MONEY},
    [ENTRY_GRANT_GIFT] = {"grant_gift", MONEY},
    [ENTRY_MOVE] = {"move", MONEY | PART_TOUCH_2},
    [ENTRY_HOLD] = {"hold", MONEY | PART_EXPIRY},
    [ENTRY_CAPTURE] = {"capture", MONEY | PART_HOLD},
    [ENTRY_RELEASE] = {"release", MONEY | PART_HOLD},
    [ENTRY_EXPIRE] = {"expire", MONEY | PART_HOLD},
    [ENTRY_ADJUST] = {"adjust", AMOUNTS},
    [ENTRY_OPENING] = {"opening", AMOUNTS},
    [ENTRY_JOIN] = {"join", PART_TOUCH | PART_MEMBER_NAME},
    [ENTRY_LEAVE] = {"leave", PART_TOUCH | PART_REASON},
    [ENTRY_RENAME] = {"rename", PART_TOUCH | PART_MEMBER_NAME},
    [ENTRY_SET_CREDIT] = {"set_credit", PART_TOUCH | PART_REASON},
    [ENTRY_GRANT_TEMPORARY] = {"grant_temporary", MONEY | PART_START | PART_END},
    [ENTRY_REVOKE_TEMPORARY] = {"revoke_temporary", PART_TOUCH | PART_GRANT | PART_REASON},
    [ENTRY_SET_ARREARS] = {"set_arrears", PART_TOUCH | PART_REASON},
    [ENTRY_START_TEMPORARY] = {"start_temporary", PART_TOUCH | PART_GRANT},
    [ENTRY_END_TEMPORARY] = {"end_temporary", PART_TOUCH | PART_GRANT},
    [ENTRY_ORGANISATION] = {"organisation", PART_TOUCH | PART_NAME | PART_CURRENCY | PART_OWNER},
    [ENTRY_ADD_KEY] = {"add_key", NEW_KEY},
    [ENTRY_SET_KEY] = {"set_key", PART_SECRET_ID | PART_ENABLED},
    [ENTRY_ISSUE_TOKEN] = {"issue_token", NEW_KEY | PART_TOKEN_HASH},
    [ENTRY_PUT_POLICY] = {"put_policy", PART_POLICY_NAME | PART_DOCUMENT | PART_USER},
    [ENTRY_REMOVE_POLICY] = {"remove_policy", PART_POLICY_NAME | PART_USER},
    [ENTRY_DELEGATE] = {"delegate", PART_ACCOUNT | PART_EVERYONE | PART_SCOPE},
    [ENTRY_REMOVE_DELEGATE] = {"remove_delegate", PART_ACCOUNT},
    [ENTRY_OBSERVE] = {"observe", 0},
    [ENTRY_REQUEST] = {"request", PART_REQUEST},
};

bool entry_part_is_there(const struct entry_part *part, const struct entry *entry)
{
    const void *place = (const char *)entry + part->place;
    if (part->type == IS_TEXT || part->type == IS_BYTES)
        return ((const struct slice *)place)->len > 0;
    if (part->type == IS_UINS)
        return entry->scope_count > 0;
    if (part->type == IS_UIN)
        return !uin_is_none(*(const struct uin *)place);
    if (part->type == IS_PRINCIPAL || part->type == IS_BOOL)
        return *(const uint8_t *)place != 0;
    return part->type != IS_APART && *(const uint64_t *)place != 0;
}
