/* Who may: policies for sub-accounts and roles, then what the caller's account is to its
 * organisation (design section 5).
 *
 * 1. A policy that cannot be asked (memory) counts as a denial.
 * Owns nothing. Thread: the worker's. */
#include "api/action.h"

bool exchange_refuse_cam(struct exchange *exchange)
{
    exchange->complaint = (struct complaint){
        .error = ERROR_CAM_NO_AUTH,
        .words = {exchange->product->policy_prefixes[0], exchange->action->name},
    };
    return false;
}

enum { ACTION_NAME_BYTES_MAX = 128 };

/* The names policies know the action by; they are written to `memory`. */
static void question_actions(const struct exchange *exchange, char memory[2][ACTION_NAME_BYTES_MAX],
                             struct policy_question *question)
{
    const struct product *product = exchange->product;
    for (uint32_t i = 0; i < product->policy_prefix_count; i++) {
        struct buffer name;
        buffer_init_fixed(&name, memory[i], ACTION_NAME_BYTES_MAX);
        buffer_append(&name, product->policy_prefixes[i]);
        buffer_append(&name, exchange->action->name);
        question->actions[i] = buffer_slice(&name);
    }
    question->action_count = product->policy_prefix_count;
}

/* Inside the gate. Main accounts are not subject to policies. False: they do not, or the complaint
 * is set. */
static bool policies_allow(struct exchange *exchange, const struct book *book)
{
    const struct principal *principal = &exchange->principal;
    char memory[2][ACTION_NAME_BYTES_MAX];
    struct policy_question question = {.peer_address = exchange->peer_address,
                                       .now_us = exchange->now_us};
    bool allowed = false;
    if (principal->kind == PRINCIPAL_MAIN)
        return true;
    question_actions(exchange, memory, &question);
    uint32_t at = book_find_policy(book, principal->organisation, principal->user, 0);
    for (; at != BOOK_NONE;
         at = book_find_policy(book, principal->organisation, principal->user, at + 1)) {
        const struct compiled_policy *policy;
        if (!policy_cache_get(&exchange->worker->policies, book, at, &policy))
            return exchange_refuse(exchange, ERROR_MEMORY);
        enum policy_verdict verdict = policy ? policy_evaluate(policy, &question) : POLICY_DENY;
        if (verdict == POLICY_DENY)
            return false;
        allowed = allowed || verdict == POLICY_ALLOW;
    }
    return allowed;
}

/* Inside the gate. */
static bool organisation_allows(struct exchange *exchange, const struct book *book)
{
    struct uin account = exchange->principal.account;
    const struct organisation *organisation = book_organisation_of(book, account);
    if (!organisation)
        return exchange_refuse(exchange, ERROR_NO_ORGANIZATION);
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

bool exchange_authorise(struct exchange *exchange)
{
    if (exchange->principal.is_operator) {
        exchange->is_owner = exchange->sees_everyone = true;
        return true;
    }
    if (exchange->action->access == ACCESS_OPERATOR)
        return exchange_refuse(exchange, ERROR_OPERATOR_ONLY);
    const struct book *book = exchange_book_begin(exchange);
    bool allowed = policies_allow(exchange, book);
    if (!allowed && exchange->complaint.error == ERROR_NONE)
        (void)exchange_refuse_cam(exchange);
    allowed = allowed && organisation_allows(exchange, book);
    exchange_book_end(exchange);
    return allowed;
}

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
    uint32_t low = 0, high = delegation->scope_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = uin_compare(delegation->scope[middle], uin);
        if (order == 0)
            return true;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return delegation->everyone;
}

static bool may_know_about(struct exchange *exchange, struct uin uin)
{
    struct uin account = exchange->principal.account;
    if (exchange->sees_everyone || uin_equal(account, uin))
        return true;
    const struct book *book = exchange_book_begin(exchange);
    const struct delegation *delegation =
        book_find_delegation(book, exchange->organisation, account);
    bool may = delegation && delegation_includes(delegation, uin);
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
    if (!may_know_about(exchange, uin))
        return false;
    *ret_uin = uin;
    return true;
}
