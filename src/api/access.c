/* Who may: policies for sub-accounts and roles, then what the caller's account is to its
 * organisation (design section 5).
 *
 * 1. A policy that cannot be asked (memory) counts as a denial.
 * 2. A key acts only in the organisation that gave it, while its account belongs there.
 * Owns nothing. Thread: the worker's. */
#include "api/action.h"

const struct book *inquiry_book_begin(struct inquiry *inquiry)
{
    return inquiry->is_alone ? inquiry->book : exchange_book_begin(inquiry->exchange);
}

void inquiry_book_end(struct inquiry *inquiry)
{
    if (!inquiry->is_alone)
        exchange_book_end(inquiry->exchange);
}

/* The names policies know the action by are written to `memory`. */
void inquiry_write_question(const struct inquiry *inquiry, char memory[2][ACTION_NAME_BYTES_MAX],
                            struct policy_question *ret_question)
{
    const struct exchange *exchange = inquiry->exchange;
    const struct product *product = exchange->served->product;
    *ret_question = (struct policy_question){.peer_address = exchange->peer_address,
                                             .now_us = inquiry->now_us,
                                             .action_count = product->policy_prefix_count,
                                             .has_items = exchange->action->items != 0};
    for (uint32_t i = 0; i < product->policy_prefix_count; i++) {
        struct buffer name;
        buffer_init_fixed(&name, memory[i], ACTION_NAME_BYTES_MAX);
        buffer_append(&name, product->policy_prefixes[i]);
        buffer_append(&name, exchange->action->name);
        ret_question->actions[i] = buffer_slice(&name);
    }
}

static uint32_t next_policy(const struct book *book, uint32_t organisation, struct uin user,
                            uint32_t *at)
{
    uint32_t found = book_find_policy(book, organisation, user, *at);
    *at = found + 1;
    return found;
}

bool inquiry_gather_rights(struct inquiry *inquiry, uint32_t organisation, struct uin user,
                           struct slice except, struct rights *ret_rights)
{
    const struct book *book = inquiry->book;
    uint32_t count = 0, at = 0, found;
    while (next_policy(book, organisation, user, &at) != BOOK_NONE)
        count++;
    *ret_rights = (struct rights){.at = NULL};
    ret_rights->at = arena_take_array(inquiry->exchange->arena, count + 1,
                                      sizeof(const struct compiled_policy *));
    if (!ret_rights->at)
        return false;
    at = 0;
    while ((found = next_policy(book, organisation, user, &at)) != BOOK_NONE) {
        const struct compiled_policy *policy =
            policy_cache_get(inquiry->policies, book, found,
                             api_epoch(inquiry->exchange->worker->api), inquiry->exchange->arena);
        bool is_excepted = except.len > 0 && slice_equal(book_policy(book, found)->name, except);
        if (!policy)
            return false;
        if (is_excepted)
            ret_rights->excepted = policy;
        else
            ret_rights->at[ret_rights->count++] = policy;
        ret_rights->look_at_time |= policy_looks_at_time(policy);
    }
    return true;
}

/* Main accounts are not subject to policies. */
static bool policies_allow(struct inquiry *inquiry)
{
    const struct principal *principal = &inquiry->exchange->principal;
    char memory[2][ACTION_NAME_BYTES_MAX];
    struct policy_question question;
    bool allowed = false;
    inquiry->rights = (struct rights){.are_unlimited = principal->kind == PRINCIPAL_MAIN};
    if (inquiry->rights.are_unlimited)
        return true;
    if (!inquiry_gather_rights(inquiry, principal->organisation, principal->user, SLICE_NONE,
                               &inquiry->rights))
        return false;
    inquiry_write_question(inquiry, memory, &question);
    for (uint32_t i = 0; i < inquiry->rights.count; i++) {
        enum policy_verdict verdict = policy_evaluate(inquiry->rights.at[i], &question);
        if (verdict == POLICY_DENY)
            return false;
        allowed = allowed || verdict == POLICY_ALLOW;
    }
    return allowed;
}

static bool organisation_allows(struct exchange *exchange, const struct book *book)
{
    struct uin account = exchange->principal.account;
    const struct organisation *organisation = book_organisation_of(book, account);
    if (!organisation)
        return exchange_refuse(exchange, ERROR_NO_ORGANIZATION);
    if (organisation->id != exchange->principal.organisation) /* leaving ended it: never so */
        return exchange_refuse(exchange, ERROR_SECRET_ID_NOT_FOUND);
    exchange->organisation = organisation->id;
    exchange->is_owner = exchange->sees_everyone = uin_equal(organisation->owner, account);
    if (exchange->sees_everyone || exchange->action->access == ACCESS_OWN)
        return true;
    const struct delegation *delegation = book_find_delegation(book, organisation->id, account);
    bool is_for_all = exchange->action->access == ACCESS_MEMBER;
    if (!is_for_all && (exchange->action->access != ACCESS_BALANCES || !delegation))
        return exchange_refuse_cam(exchange);
    exchange->sees_everyone = delegation && delegation->everyone;
    return true;
}

bool inquiry_ask_action(struct inquiry *inquiry)
{
    struct exchange *exchange = inquiry->exchange;
    return (policies_allow(inquiry) || exchange_refuse_cam(exchange)) &&
           organisation_allows(exchange, inquiry->book);
}

bool exchange_authorise(struct exchange *exchange)
{
    struct inquiry inquiry = {
        .exchange = exchange, .policies = &exchange->worker->policies, .now_us = exchange->now_us};
    if (exchange->principal.is_operator) {
        exchange->is_owner = exchange->sees_everyone = true;
        exchange->rights.are_unlimited = true;
        return true;
    }
    if (exchange->action->access == ACCESS_OPERATOR)
        return exchange_refuse(exchange, ERROR_OPERATOR_ONLY);
    inquiry.book = exchange_book_begin(exchange);
    bool allowed = inquiry_ask_action(&inquiry);
    exchange_book_end(exchange);
    exchange->rights = inquiry.rights;
    return allowed;
}
