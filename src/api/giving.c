/* Giving: nobody gives more than he has. Looked at when something is given; who has it then has it.
 *
 *   a key of a main account   is given by main accounts
 *   a key of another user     by main accounts; by a user of the same account whose policies cover
 *                             all policies of the other; enabling a key counts as giving it
 *   a policy                  by main accounts; by users whose policies cover it, and, where a
 *                             policy that denies is replaced or taken away, all that is left
 *   a delegation              by main accounts; by users who may see all that a delegate may
 *   a key by a key that ends  ends no later
 *
 * 1. "Cover" is policy_cover: what it cannot show is refused.
 * 2. The work is bounded by GIFT_TESTS_MAX.
 * Owns nothing; memory is the call's. Thread: that of the inquiry. */
#include "api/action.h"
#include "api/policy_cover.h"

enum { GIFT_TESTS_MAX = 1 << 18 };

/* Always false. */
static bool refuse_gift(struct inquiry *inquiry, const char *why)
{
    return exchange_refuse_word(inquiry->exchange, ERROR_GIVES_MORE, slice_text(why));
}

/* `whose` is what was found wanting: "the user's policy". */
static bool refuse_cover(struct inquiry *inquiry, struct cover cover, const char *whose)
{
    enum { REASON_BYTES_MAX = 256 };
    struct buffer reason;
    bool is_missing = cover.verdict == COVER_MISSING;
    void *memory = arena_take(inquiry->exchange->arena, REASON_BYTES_MAX);
    if (cover.verdict == COVER_TOO_MUCH || !memory)
        return refuse_gift(inquiry, "the policies are too long to be compared");
    buffer_init_fixed(&reason, memory, REASON_BYTES_MAX);
    buffer_printf(&reason, "%s[%u].statement[%u] %s", is_missing ? whose : "your policy",
                  cover.policy, cover.statement,
                  is_missing ? "allows more than your policies"
                             : "denies what is not denied there");
    return exchange_refuse_word(inquiry->exchange, ERROR_GIVES_MORE, buffer_slice(&reason));
}

static struct policy_set set_of(const struct rights *rights)
{
    return (struct policy_set){rights->at, rights->count};
}

static bool permit_cover(struct inquiry *inquiry, struct policy_set given, const char *whose)
{
    struct cover cover = policy_cover(set_of(&inquiry->rights), given, GIFT_TESTS_MAX);
    return cover.verdict == COVER_WHOLE || refuse_cover(inquiry, cover, whose);
}

/* All policies of the user, or all but one. False: the complaint is set. */
static bool gather(struct inquiry *inquiry, struct uin user, struct slice except,
                   struct rights *ret_rights)
{
    uint32_t organisation = inquiry->exchange->organisation;
    const struct book *before = inquiry->book;
    inquiry->book = inquiry_book_begin(inquiry);
    bool gathered = inquiry_gather_rights(inquiry, organisation, user, except, ret_rights);
    inquiry_book_end(inquiry);
    inquiry->book = before;
    return gathered || exchange_refuse_cam(inquiry->exchange);
}

/* ---- keys ---- */

static bool permit_holder(struct inquiry *inquiry, const struct key *key)
{
    const struct principal *principal = &inquiry->exchange->principal;
    struct rights rights;
    if (key->principal == PRINCIPAL_MAIN)
        return refuse_gift(inquiry, "keys of main accounts are given by main accounts");
    if (!uin_equal(key->account, principal->account))
        return refuse_gift(inquiry, "a sub-account or role gives keys of its own account only");
    if (uin_equal(key->user, principal->user))
        return true;
    return gather(inquiry, key->user, SLICE_NONE, &rights) &&
           permit_cover(inquiry, set_of(&rights), "the user's policy");
}

static bool permit_add_key(struct inquiry *inquiry, const struct key *key)
{
    int64_t ends_us = inquiry->exchange->principal.ends_us;
    if (ends_us != 0 && (key->expires_us == 0 || key->expires_us > ends_us))
        return refuse_gift(inquiry, "the key would outlast the one that makes it");
    return inquiry->rights.are_unlimited || permit_holder(inquiry, key);
}

static bool permit_set_key(struct inquiry *inquiry, const struct key *asked)
{
    struct key found;
    if (!asked->enabled)
        return true;
    const struct book *book = inquiry_book_begin(inquiry);
    const struct key *key = book_find_key(book, asked->secret_id);
    bool is_there = key && key->organisation == inquiry->exchange->organisation;
    if (is_there)
        found = *key;
    inquiry_book_end(inquiry);
    if (!is_there)
        return exchange_refuse(inquiry->exchange, ERROR_KEY_UNKNOWN);
    return permit_add_key(inquiry, &found);
}

/* ---- policies ---- */

static bool denies(const struct compiled_policy *policy)
{
    const struct statement *at = policy ? policy->statements : NULL;
    while (at && !at->is_deny)
        at = at->next;
    return at != NULL;
}

/* `document` NULL: the policy is taken away. */
static bool permit_policy(struct inquiry *inquiry, const struct policy *policy,
                          const struct slice *document)
{
    struct compiled_policy *compiled = NULL;
    struct rights left;
    const char *error;
    if (inquiry->rights.are_unlimited)
        return true;
    if (document && !policy_compile(*document, inquiry->exchange->arena, &compiled, &error))
        return exchange_refuse_cam(inquiry->exchange);
    if (!gather(inquiry, policy->user, policy->name, &left))
        return false;
    if (denies(left.excepted)) { /* what it denied is given again */
        if (compiled)
            left.at[left.count++] = compiled; /* there is room: one was excepted */
        return permit_cover(inquiry, set_of(&left), "of what is left, policy");
    }
    const struct compiled_policy *const given[] = {compiled};
    return permit_cover(inquiry, (struct policy_set){given, compiled ? 1 : 0}, "the policy");
}

/* ---- delegations ---- */

/* What a delegate may do beyond what every member may (access.c). */
static bool permit_delegation(struct inquiry *inquiry)
{
    static const char document[] =
        "{\"version\":\"2.0\",\"statement\":{\"effect\":\"allow\",\"action\":["
        "\"finance:DescribeOrgMemberAccountBalance\",\"bursar:DescribeMemberBalance\","
        "\"bursar:DescribeStatement\",\"bursar:DescribeEntries\",\"bursar:DescribeHolds\"],"
        "\"resource\":\"*\"}}";
    struct compiled_policy *compiled;
    const char *error;
    if (inquiry->rights.are_unlimited)
        return true;
    if (!policy_compile(slice_text(document), inquiry->exchange->arena, &compiled, &error))
        return exchange_refuse_cam(inquiry->exchange);
    const struct compiled_policy *const given[] = {compiled};
    return permit_cover(inquiry, (struct policy_set){given, 1}, "what a delegate sees, policy");
}

bool inquiry_permit_gift(struct inquiry *inquiry, const struct command *command)
{
    if (inquiry->exchange->principal.is_operator)
        return true;
    if (command->kind == COMMAND_ADD_KEY)
        return permit_add_key(inquiry, &command->key);
    if (command->kind == COMMAND_SET_KEY)
        return permit_set_key(inquiry, &command->key);
    if (command->kind == COMMAND_PUT_POLICY)
        return permit_policy(inquiry, &command->policy, &command->policy.document);
    if (command->kind == COMMAND_REMOVE_POLICY)
        return permit_policy(inquiry, &command->policy, NULL);
    return command->kind != COMMAND_DELEGATE || permit_delegation(inquiry);
}
