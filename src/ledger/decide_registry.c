/* Organisations, keys, policies, delegations: commands of which each has a group of its own, so
 * that the published book is all there is to look at.
 *
 * Committer thread. */
#include "ledger/draft.h"

#include "ledger/book_state.h"

#include "base/check.h"

#include <stdlib.h>

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

static bool may_have_keys(const struct draft *draft, const struct command *command,
                          struct uin account)
{
    const struct organisation *home = book_organisation_of(draft->book, account);
    return home ? home->id == command->organisation : command->any_account;
}

static const struct holder *find_holder(const struct draft *draft, uint32_t organisation,
                                        struct uin uin)
{
    uint32_t index = holder_find(draft->book, organisation, uin);
    return index == BOOK_NONE ? NULL : holder_at(draft->book, index);
}

static bool is_of(const struct key_slot *slot, uint32_t user)
{
    return user == BOOK_NONE || slot->user == user;
}

/* Of a list: keys (of one user, when it is not BOOK_NONE) that are there still at the draft's
 * moment. The book drops those whose time is over only as the next entry is applied. */
static uint32_t count_kept(const struct draft *draft, const struct registry_list *list,
                           uint32_t user, bool only_long_term)
{
    uint32_t count = 0;
    for (uint32_t i = list->first; i != BOOK_NONE;) {
        const struct key_slot *slot = pool_at(&draft->book->registry.keys, i);
        count += is_of(slot, user) && key_is_kept(&slot->key, draft->now_us) &&
                 (is_long_term(&slot->key) || !only_long_term);
        i = slot->next;
    }
    return count;
}

/* The user has keys or policies of another account. Not asked often, so it may walk. */
static bool is_elsewhere(const struct draft *draft, uint32_t index, struct uin account_uin)
{
    const struct holder *user = holder_at(draft->book, index);
    if (user->account == BOOK_NONE)
        return false;
    const struct holder *account = holder_at(draft->book, user->account);
    if (uin_equal(account->uin, account_uin))
        return false;
    return user->policies != BOOK_NONE || count_kept(draft, &account->enabled, index, false) > 0 ||
           count_kept(draft, &account->disabled, index, false) > 0;
}

static bool user_is_exhausted(const struct draft *draft, uint32_t index)
{
    const struct holder *user = holder_at(draft->book, index);
    if (user->enabled_keys < USER_KEYS_MAX)
        return false;
    const struct holder *account = holder_at(draft->book, user->account);
    return count_kept(draft, &account->enabled, index, true) >= USER_KEYS_MAX;
}

static bool account_is_exhausted(const struct draft *draft, const struct holder *account)
{
    return account->enabled.count >= ACCOUNT_KEYS_MAX &&
           count_kept(draft, &account->enabled, BOOK_NONE, false) >= ACCOUNT_KEYS_MAX;
}

/* One more enabled key of that user and account. */
static enum refusal judge_holder(const struct draft *draft, const struct command *command,
                                 const struct key *key, struct uin user_uin)
{
    uint32_t organisation = command->organisation;
    uint32_t index = holder_find(draft->book, organisation, user_uin);
    const struct holder *user = index == BOOK_NONE ? NULL : holder_at(draft->book, index);
    const struct holder *account = find_holder(draft, organisation, key->account);
    if (!may_have_keys(draft, command, key->account))
        return REFUSAL_MEMBER_UNKNOWN;
    if (user && is_elsewhere(draft, index, key->account))
        return REFUSAL_USER_ELSEWHERE;
    if (is_long_term(key) && user && user_is_exhausted(draft, index))
        return REFUSAL_KEY_LIMIT;
    if (account && account_is_exhausted(draft, account))
        return REFUSAL_ACCOUNT_KEY_LIMIT;
    uint32_t policies = account ? account->users_policies : 0;
    bool joins = user && user->account == BOOK_NONE;
    return joins && policies + user->policy_count > ACCOUNT_POLICIES_MAX ? REFUSAL_POLICY_LIMIT
                                                                         : REFUSAL_NONE;
}

/* The key with that id, if it is there still when an entry is applied. */
static const struct key *find_key(const struct draft *draft, struct slice secret_id)
{
    const struct key *key = book_find_key(draft->book, secret_id);
    return key && key_is_kept(key, draft->now_us) ? key : NULL;
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
    const struct key *present = find_key(draft, key->secret_id);
    if (present) /* that another organisation has it is nobody's business */
        return present->organisation == command->organisation ? REFUSAL_KEY_EXISTS
                                                              : REFUSAL_KEY_ID_INVALID;
    if (book_registry_count(draft->book, REGISTRY_KEYS, entry->organisation) >=
        ORGANISATION_KEYS_MAX)
        return REFUSAL_LIMIT;
    return judge_holder(draft, command, key, entry->user);
}

static enum refusal judge_set_key(const struct draft *draft, const struct command *command,
                                  struct entry *entry)
{
    const struct key *key = find_key(draft, command->key.secret_id);
    if (!key || key->organisation != command->organisation)
        return REFUSAL_KEY_UNKNOWN;
    if (key->enabled == command->key.enabled)
        return REFUSAL_NONE;
    enum refusal refusal =
        command->key.enabled ? judge_holder(draft, command, key, key->user) : REFUSAL_NONE;
    if (refusal != REFUSAL_NONE)
        return refusal;
    entry->kind = ENTRY_SET_KEY;
    entry->secret_id = command->key.secret_id;
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

static enum refusal judge_policy_room(const struct draft *draft, const struct command *command,
                                      const struct policy *present)
{
    const struct book *book = draft->book;
    const struct holder *user = find_holder(draft, command->organisation, command->policy.user);
    uint64_t bytes = (user ? user->policy_bytes : 0) + command->policy.document.len -
                     (present ? present->document.len : 0);
    if (bytes > USER_POLICY_BYTES_MAX)
        return REFUSAL_POLICY_LIMIT;
    if (present)
        return REFUSAL_NONE;
    bool is_of_account = user && user->account != BOOK_NONE;
    if ((user && user->policy_count >= USER_POLICIES_MAX) ||
        (is_of_account && holder_at(book, user->account)->users_policies >= ACCOUNT_POLICIES_MAX))
        return REFUSAL_POLICY_LIMIT;
    uint32_t count = book_registry_count(book, REGISTRY_POLICIES, command->organisation);
    return count >= ORGANISATION_POLICIES_MAX ? REFUSAL_LIMIT : REFUSAL_NONE;
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
    enum refusal refusal = judge_policy_room(draft, command, present);
    if (refusal != REFUSAL_NONE)
        return refusal;
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
    entry->user = command->policy.user;
    entry->name = command->policy.name; /* the book's own goes as the entry is applied */
    return REFUSAL_NONE;
}

/* Delegations */

static bool is_listed_member(const struct draft *draft, uint32_t organisation, struct uin uin)
{
    const struct member *member = book_find_member(draft->book, organisation, uin);
    return member && !(member->state.flags & (MEMBER_LEFT | MEMBER_OWNER));
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
    qsort(scope, count, sizeof *scope, uin_order);
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

static enum refusal judge_delegation_room(const struct draft *draft, const struct command *command,
                                          const struct entry *entry)
{
    const struct book *book = draft->book;
    const struct delegation *present =
        book_find_delegation(book, command->organisation, entry->account);
    uint64_t scopes = book_slot(book, command->organisation)->registry.scopes;
    uint32_t count = book_registry_count(book, REGISTRY_DELEGATIONS, command->organisation);
    if (!present && count >= ORGANISATION_DELEGATIONS_MAX)
        return REFUSAL_DELEGATION_LIMIT;
    scopes += entry->scope_count - (uint64_t)(present ? present->scope_count : 0);
    return scopes > ORGANISATION_SCOPES_MAX ? REFUSAL_DELEGATION_LIMIT : REFUSAL_NONE;
}

/* The delegation is there with the same scope (sorted), and nobody of it came back since: nothing
 * needs to be written. */
static bool same_delegation(const struct draft *draft, const struct command *command,
                            const struct entry *entry)
{
    const struct delegation *present =
        book_find_delegation(draft->book, command->organisation, entry->account);
    if (!present || present->everyone != entry->enabled ||
        present->scope_count != entry->scope_count)
        return false;
    for (uint32_t i = 0; i < entry->scope_count; i++) {
        const struct member *member =
            book_find_member(draft->book, command->organisation, entry->scope[i]);
        if (!uin_equal(present->scope[i], entry->scope[i]) ||
            !delegation_reaches(present, member)) /* it was listed when this was judged */
            return false;
    }
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
    if (changes && entry.kind == ENTRY_DELEGATE)
        refusal = judge_delegation_room(draft, command, &entry);
    if (changes && refusal == REFUSAL_NONE && !command->dry_run)
        TRY(draft_registry(draft, &entry, fault));
    *ret_refusal = refusal;
    *ret_item = item;
    return STATUS_DONE;
}

/* Leaving */

struct ending {
    struct draft *draft;
    struct command *command;
    struct fault *fault;
    struct status status;
};

/* The texts go with what they name: the entry keeps copies. */
static bool end_one(void *context, const struct entry *ended)
{
    struct ending *ending = context;
    struct draft *draft = ending->draft;
    struct entry entry = *ended;
    entry.organisation = ending->command->organisation;
    entry.secret_id = arena_copy(&draft->memory, ended->secret_id);
    entry.name = arena_copy(&draft->memory, ended->name);
    bool is_whole =
        entry.secret_id.len == ended->secret_id.len && entry.name.len == ended->name.len;
    ending->status =
        is_whole ? draft_registry(draft, &entry, ending->fault) : fault_no_memory(ending->fault);
    return status_ok(ending->status);
}

struct status draft_end_authority(struct draft *draft, struct draft_member *member,
                                  struct command *command, struct fault *fault)
{
    struct ending ending = {draft, command, fault, STATUS_DONE};
    size_t before = draft_entry_count(draft);
    if (member->has_left) /* and came back, in this group: nothing was given meanwhile */
        return STATUS_DONE;
    member->has_left = true;
    (void)holder_end_all(draft->book, command->organisation, command->change.uin, draft->now_us,
                         end_one, &ending);
    TRY(ending.status);
    if (draft_entry_count(draft) > before)
        command->change.first_sequence = draft_entry(draft, before)->sequence;
    return STATUS_DONE;
}
