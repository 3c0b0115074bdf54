/* Decide: the law. (book, command, now) -> entries or refusal; no I/O, no clock.
 *
 * Decisions of one group commit are made one after the other on a draft: the book as published,
 * plus what earlier commands of the same group will have changed. After the group is durable its
 * entries are applied to the book and the draft is cleared; if the append failed the draft is
 * cleared and nothing happened.
 *
 * Registry commands (all but ADD_MEMBERS so far) see the published book only: the committer lets
 * such a command begin a group of its own (command_wants_own_group). */
#ifndef LEDGER_DECIDE_H
#define LEDGER_DECIDE_H

#include "base/arena.h"
#include "ledger/book.h"
#include "ledger/refusal.h"

enum command_kind {
    COMMAND_CREATE_ORGANISATION,
    COMMAND_ADD_MEMBERS,
    COMMAND_ADD_KEY,
    COMMAND_SET_KEY,
    COMMAND_PUT_POLICY,
    COMMAND_REMOVE_POLICY,
    COMMAND_DELEGATE,
    COMMAND_REMOVE_DELEGATE,
};

enum { COMMAND_ITEMS_MAX = 8190, NEW_GRANTS_MAX = 4 };

struct new_grant {
    struct amount amount;
    int64_t start_us;
    int64_t end_us; /* 0 = open end */
};

enum item_outcome { ITEM_ADDED, ITEM_UNCHANGED, ITEM_REFUSED };

/* A member to add, with what it has on the first day. */
struct new_member {
    struct uin uin;
    struct slice name;
    uint8_t flags; /* MEMBER_IS_CREDIT, MEMBER_ARREARS */
    struct amount basic_credit;
    struct amount cash, income, gift; /* opening balances */
    struct amount frozen;             /* becomes one hold without expiry */
    struct new_grant grants[NEW_GRANTS_MAX];
    uint32_t grant_count;
    /* out */
    enum item_outcome outcome;
    enum refusal refusal;
};

struct command {
    enum command_kind kind;
    uint32_t organisation; /* ignored by create_organisation */
    bool dry_run;          /* decide only */

    /* create_organisation */
    struct slice name;
    struct slice currency;
    struct uin owner;

    /* add_members: a member who is there with the same values is left unchanged; with `partial`
     * refused ones are left out, without it one refused item refuses the whole command */
    struct new_member *members;
    uint32_t member_count;
    bool partial;

    /* add_key (struct key: secret_id, sealed_secret, token_hash, session_name, principal, account,
     * user, expires_us), set_key (secret_id, enabled) */
    struct key key;

    /* put_policy, remove_policy (user, name), delegate, remove_delegate (account) */
    struct policy policy;
    struct delegation delegation;
};

bool command_wants_own_group(const struct command *command);

struct draft;

struct draft *draft_new(const struct book *book);
void draft_free(struct draft *draft);
/* Forgets everything; the next entry gets book_sequence + 1. Keeps its memory. */
void draft_clear(struct draft *draft);
/* Entries decided since the last clear, in sequence. Valid until draft_clear. */
size_t draft_entry_count(const struct draft *draft);
const struct entry *draft_entry(const struct draft *draft, size_t index);

/* Decides one command. On success its entries are in the draft (none when everything was unchanged
 * or dry_run) and time never runs backwards: an entry's time is max(now_us, time of the entry
 * before). On refusal the draft is as before; *ret_item names the first refused member. Slices of
 * the command are borrowed until draft_clear. STATUS MEMORY is the only fault; the draft must be
 * cleared after it. Of add_members every item is judged, also behind a refused one. Commands that
 * want a group of their own need a draft without entries. */
STATUS_MUST_USE struct status decide(struct draft *draft, struct command *command, int64_t now_us,
                                     struct fault *fault, enum refusal *ret_refusal,
                                     uint32_t *ret_item);

#endif
