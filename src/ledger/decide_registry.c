/* Organisations, keys, policies, delegations: commands of which each has a group of its own, so
 * that the published book is all there is to look at.
 *
 * Committer thread. */
#include "ledger/draft.h"

#include "ledger/book_state.h"

#include "base/check.h"

#include <stdlib.h>

enum { ENABLED_KEYS_MAX = 2 }; /* long-term, a user: as in the cloud */

/* Every function below judges one kind of command. REFUSAL_NONE with `entry` filled in (its kind is
 * set) drafts it; with kind 0 nothing needs to change. */

static enum refusal judge_organisation(const struct draft *draft, const struct command *command,
                                       struct entry *entry)
{
    CHECK(!uin_is_none(command->owner));
    if (!name_is_valid(command->name) || !currency_is_valid(command->currency))
        return REFUSAL_NAME_INVALID;
    if (book_organisation_of(draft->book, command->owner))
        return REFUSAL_ORGANISATION_OWNER_TAKEN;
    uint32_t id = book_organisation_count(draft->book) + 1;
    if (id > ORGANISATIONS_MAX)
        return REFUSAL_LIMIT;
    entry->kind = ENTRY_ORGANISATION;
    entry->organisation = id;
    entry->name = command->name;
    entry->text = command->currency;
    entry->account = command->owner;
    entry->touch_count = 1;
    entry->touches[0] =
        (struct touch){.uin = command->owner, .after = {.flags = MEMBER_OWNER}, .ordinal = 1};
    return REFUSAL_NONE;
}

/* Keys */

static bool is_long_term(const struct key *key)
{
    return key->token_hash.len == 0;
}

static bool keys_are_exhausted(const struct book *book, struct uin account, struct uin user)
{
    uint32_t enabled = 0;
    for (uint32_t i = 0; i < book_key_count(book); i++) {
        const struct key *key = book_key(book, i);
        enabled += key->enabled && is_long_term(key) && uin_equal(key->account, account) &&
                   uin_equal(key->user, user);
    }
    return enabled >= ENABLED_KEYS_MAX;
}

static enum refusal judge_add_key(const struct draft *draft, const struct command *command,
                                  struct entry *entry)
{
    const struct key *key = &command->key;
    bool is_main = key->principal == PRINCIPAL_MAIN;
    entry->kind = is_long_term(key) ? ENTRY_ADD_KEY : ENTRY_ISSUE_TOKEN;
    entry->secret_id = key->secret_id;
    entry->sealed_secret = key->sealed_secret;
    entry->token_hash = key->token_hash;
    entry->name = key->session_name;
    entry->principal = key->principal;
    entry->account = key->account;
    entry->user = is_main ? key->account : key->user;
    entry->end_us = key->expires_us;
    if (!entry_key_is_within_limits(entry))
        return REFUSAL_LIMIT;
    if (entry->name.len > 0 && !name_is_valid(entry->name))
        return REFUSAL_NAME_INVALID;
    const struct key *present = book_find_key(draft->book, key->secret_id);
    if (present) /* that another organisation has it is nobody's business */
        return present->organisation == command->organisation ? REFUSAL_KEY_EXISTS
                                                              : REFUSAL_KEY_ID_INVALID;
    if (is_long_term(key) && keys_are_exhausted(draft->book, entry->account, entry->user))
        return REFUSAL_KEY_LIMIT;
    return REFUSAL_NONE;
}

static enum refusal judge_set_key(const struct draft *draft, const struct command *command,
                                  struct entry *entry)
{
    const struct key *key = book_find_key(draft->book, command->key.secret_id);
    if (!key || key->organisation != command->organisation)
        return REFUSAL_KEY_UNKNOWN;
    if (key->enabled == command->key.enabled)
        return REFUSAL_NONE;
    if (command->key.enabled && is_long_term(key) &&
        keys_are_exhausted(draft->book, key->account, key->user))
        return REFUSAL_KEY_LIMIT;
    entry->kind = ENTRY_SET_KEY;
    entry->secret_id = key->secret_id;
    entry->enabled = command->key.enabled;
    return REFUSAL_NONE;
}

/* Policies */

static const struct policy *find_policy(const struct draft *draft, const struct command *command)
{
    const struct book *book = draft->book;
    const struct policy *wanted = &command->policy;
    for (uint32_t i = book_find_policy(book, command->organisation, wanted->user, 0);
         i != BOOK_NONE; i = book_find_policy(book, command->organisation, wanted->user, i + 1))
        if (slice_equal(book_policy(book, i)->name, wanted->name))
            return book_policy(book, i);
    return NULL;
}

static enum refusal judge_put_policy(const struct draft *draft, const struct command *command,
                                     struct entry *entry)
{
    const struct policy *policy = &command->policy;
    const struct policy *present = find_policy(draft, command);
    CHECK(!uin_is_none(policy->user) && slice_is_utf8(policy->document));
    if (!name_is_valid(policy->name))
        return REFUSAL_NAME_INVALID;
    if (policy->document.len > ENTRY_TEXT_BYTES_MAX)
        return REFUSAL_LIMIT;
    if (present && slice_equal(present->document, policy->document))
        return REFUSAL_NONE;
    entry->kind = ENTRY_PUT_POLICY;
    entry->user = policy->user;
    entry->name = policy->name;
    entry->text = policy->document;
    return REFUSAL_NONE;
}

static enum refusal judge_remove_policy(const struct draft *draft, const struct command *command,
                                        struct entry *entry)
{
    const struct policy *present = find_policy(draft, command);
    if (!present)
        return REFUSAL_POLICY_UNKNOWN;
    entry->kind = ENTRY_REMOVE_POLICY;
    entry->user = present->user;
    entry->name = present->name;
    return REFUSAL_NONE;
}

/* Delegations */

static bool is_listed_member(const struct draft *draft, uint32_t organisation, struct uin uin)
{
    const struct member *member = book_find_member(draft->book, organisation, uin);
    return member && !(member->state.flags & (MEMBER_LEFT | MEMBER_OWNER));
}

static int by_uin(const void *a, const void *b)
{
    const struct uin *left = a, *right = b;
    return uin_compare(*left, *right);
}

/* A sorted copy of the scope without repetitions, in the draft's memory. */
static struct status sort_scope(struct draft *draft, struct entry *entry, struct fault *fault)
{
    uint32_t count = entry->scope_count, kept = 0;
    if (count == 0)
        return STATUS_DONE;
    struct uin *scope = arena_take_array(&draft->memory, count, sizeof *scope);
    if (!scope)
        return fault_no_memory(fault);
    memcpy(scope, entry->scope, count * sizeof *scope);
    qsort(scope, count, sizeof *scope, by_uin);
    for (uint32_t i = 0; i < count; i++)
        if (kept == 0 || !uin_equal(scope[kept - 1], scope[i]))
            scope[kept++] = scope[i];
    entry->scope = scope;
    entry->scope_count = kept;
    return STATUS_DONE;
}

static enum refusal judge_delegate(const struct draft *draft, const struct command *command,
                                   struct entry *entry, uint32_t *item)
{
    const struct delegation *asked = &command->delegation;
    uint32_t count = asked->everyone ? 0 : asked->scope_count;
    if (count > ENTRY_SCOPE_MAX)
        return REFUSAL_LIMIT;
    if (!is_listed_member(draft, command->organisation, asked->account))
        return REFUSAL_MEMBER_UNKNOWN;
    for (*item = 0; *item < count; (*item)++)
        if (!is_listed_member(draft, command->organisation, asked->scope[*item]))
            return REFUSAL_MEMBER_UNKNOWN;
    *item = 0;
    entry->kind = ENTRY_DELEGATE;
    entry->account = asked->account;
    entry->enabled = asked->everyone;
    entry->scope = asked->scope;
    entry->scope_count = count;
    return REFUSAL_NONE;
}

/* The delegation is there with the same scope (sorted): nothing needs to be written. */
static bool same_delegation(const struct draft *draft, const struct command *command,
                            const struct entry *entry)
{
    const struct delegation *present =
        book_find_delegation(draft->book, command->organisation, entry->account);
    if (!present || present->everyone != entry->enabled ||
        present->scope_count != entry->scope_count)
        return false;
    for (uint32_t i = 0; i < entry->scope_count; i++)
        if (!uin_equal(present->scope[i], entry->scope[i]))
            return false;
    return true;
}

static enum refusal judge_remove_delegate(const struct draft *draft, const struct command *command,
                                          struct entry *entry)
{
    struct uin account = command->delegation.account;
    if (!book_find_delegation(draft->book, command->organisation, account))
        return REFUSAL_DELEGATION_UNKNOWN;
    entry->kind = ENTRY_REMOVE_DELEGATE;
    entry->account = account;
    return REFUSAL_NONE;
}

static enum refusal judge(const struct draft *draft, const struct command *command,
                          struct entry *entry, uint32_t *item)
{
    if (command->kind == COMMAND_CREATE_ORGANISATION)
        return judge_organisation(draft, command, entry);
    if (!book_organisation(draft->book, command->organisation))
        return REFUSAL_ORGANISATION_UNKNOWN;
    entry->organisation = command->organisation;
    switch (command->kind) {
    case COMMAND_ADD_KEY:
        return judge_add_key(draft, command, entry);
    case COMMAND_SET_KEY:
        return judge_set_key(draft, command, entry);
    case COMMAND_PUT_POLICY:
        return judge_put_policy(draft, command, entry);
    case COMMAND_REMOVE_POLICY:
        return judge_remove_policy(draft, command, entry);
    case COMMAND_DELEGATE:
        return judge_delegate(draft, command, entry, item);
    case COMMAND_REMOVE_DELEGATE:
        return judge_remove_delegate(draft, command, entry);
    case COMMAND_CREATE_ORGANISATION:
    case COMMAND_ADD_MEMBERS:
    case COMMAND_POST:
    case COMMAND_HOLD:
    case COMMAND_CAPTURE:
    case COMMAND_RELEASE:
    case COMMAND_MODIFY_MEMBER:
    case COMMAND_REMOVE_MEMBER:
    case COMMAND_GRANT_TEMPORARY:
    case COMMAND_REVOKE_TEMPORARY:
        break;
    }
    CHECK(command_wants_own_group(command));
    return REFUSAL_NONE;
}

static struct status draft_registry(struct draft *draft, const struct entry *decided,
                                    struct fault *fault)
{
    struct entry *entry = draft_entry_add(draft, decided->kind, decided->organisation);
    if (!entry)
        return fault_no_memory(fault);
    uint64_t sequence = entry->sequence;
    int64_t time_us = entry->time_us;
    *entry = *decided;
    entry->sequence = sequence;
    entry->time_us = time_us;
    CHECK(entry_is_valid(entry));
    return STATUS_DONE;
}

struct status decide_registry(struct draft *draft, struct command *command, struct fault *fault,
                              enum refusal *ret_refusal, uint32_t *ret_item)
{
    struct entry entry = {0};
    uint32_t item = 0;
    enum refusal refusal = judge(draft, command, &entry, &item);
    bool changes = refusal == REFUSAL_NONE && entry.kind != 0;
    if (changes)
        TRY(sort_scope(draft, &entry, fault));
    if (changes && entry.kind == ENTRY_DELEGATE)
        changes = !same_delegation(draft, command, &entry);
    if (changes && !command->dry_run)
        TRY(draft_registry(draft, &entry, fault));
    *ret_refusal = refusal;
    *ret_item = item;
    return STATUS_DONE;
}
