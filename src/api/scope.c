/* Whom a call is about: which organisation, and which of its accounts the caller may know of.
 *
 * Owns nothing. Thread: the worker's. */
#include "api/action.h"

bool exchange_choose_organisation(struct exchange *exchange, const struct integer_value *asked)
{
    bool is_asked = asked && asked->given;
    if (!exchange->principal.is_operator)
        return !is_asked || asked->value == exchange->organisation ||
               exchange_refuse(exchange, ERROR_ORGANIZATION_UNKNOWN);
    const struct book *book = exchange_book_begin(exchange);
    int64_t count = book_organisation_count(book);
    exchange_book_end(exchange);
    int64_t id = is_asked ? asked->value : 1;
    if (id < 1 || id > count)
        return exchange_refuse(exchange, ERROR_ORGANIZATION_UNKNOWN);
    exchange->organisation = (uint32_t)id;
    return true;
}

bool delegation_includes(const struct delegation *delegation, struct uin uin)
{
    return delegation->everyone || uin_is_among(delegation->scope, delegation->scope_count, uin);
}

static bool may_know_about(struct exchange *exchange, struct uin uin)
{
    struct uin account = exchange->principal.account;
    if (exchange->sees_everyone || uin_equal(account, uin))
        return true;
    const struct book *book = exchange_book_begin(exchange);
    const struct delegation *delegation =
        book_find_delegation(book, exchange->organisation, account);
    const struct member *member = book_find_member(book, exchange->organisation, uin);
    bool may = delegation && delegation_includes(delegation, uin) &&
               (!member || delegation_reaches(delegation, member));
    exchange_book_end(exchange);
    return may || exchange_refuse_cam(exchange);
}

bool exchange_choose_member(struct exchange *exchange, const struct integer_value *organization_id,
                            const struct text_value *asked, struct uin *ret_uin)
{
    struct uin uin = exchange->principal.account;
    if (!exchange_choose_organisation(exchange, organization_id))
        return false;
    if (asked->given && !value_to_uin(exchange, asked, SLICE("MemberUin"), &uin))
        return false;
    if (uin_is_none(uin))
        return exchange_refuse_word(exchange, ERROR_MISSING_PARAMETER, SLICE("MemberUin"));
    if (!may_know_about(exchange, uin) || !exchange_permit_member(exchange, uin))
        return false;
    *ret_uin = uin;
    return true;
}
