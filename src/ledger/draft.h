/* The inside of the draft, shared by draft.c (what was decided so far) and decide*.c (the law). */
#ifndef LEDGER_DRAFT_H
#define LEDGER_DRAFT_H

#include "ledger/decide.h"
#include "ledger/effect.h"
#include "ledger/links.h"
#include "ledger/pool.h"

#include "base/table.h"

/* A member as it will be after the entries decided so far. */
struct draft_member {
    struct uin uin;
    uint32_t organisation;
    uint32_t grant_count;
    struct member_state state;
    struct links links; /* in the draft's own pool */
    struct slice name;
    struct new_grant grants[NEW_GRANTS_MAX];
};

struct draft {
    const struct book *book;
    struct pool entries; /* struct entry */
    struct pool members; /* struct draft_member */
    struct pool links;
    struct pool sums; /* struct organisation: id and amounts as they will be */
    struct table member_by_uin;
    struct table sums_by_organisation;
    struct table seen; /* items of one command, by uin */
    const struct command *seeing;
    struct arena memory; /* scopes */
    int64_t now_us;      /* of the command being decided */
};

/* The next entry, with sequence, time, kind and organisation filled in; NULL when memory is short.
 * It counts as decided from now on. */
struct entry *draft_entry_add(struct draft *draft, enum entry_kind kind, uint32_t organisation);
/* The member, if an earlier command of the group touched it. */
struct draft_member *draft_find_member(const struct draft *draft, uint32_t organisation,
                                       struct uin uin);
/* Drafts a member who is not drafted yet: one who left as the book has it, or one who never was
 * (MEMBER_LEFT and nothing else). NULL when memory is short. */
struct draft_member *draft_member_add(struct draft *draft, uint32_t organisation, struct uin uin);
/* Where the uin is at home after what was decided so far; 0 = nowhere. */
uint32_t draft_home(const struct draft *draft, struct uin uin);
/* The organisation's sums after what was decided so far; NULL when memory is short. */
struct organisation *draft_sums(struct draft *draft, uint32_t organisation);
/* Whether an item of the command before this one has the same uin. Call for items 0, 1, ... in
 * turn. */
STATUS_MUST_USE struct status draft_see_item(struct draft *draft, const struct command *command,
                                             uint32_t item, struct fault *fault,
                                             bool *ret_repeated);

/* decide_members.c */
STATUS_MUST_USE struct status decide_add_members(struct draft *draft, struct command *command,
                                                 struct fault *fault, enum refusal *ret_refusal,
                                                 uint32_t *ret_item);
/* decide_registry.c */
STATUS_MUST_USE struct status decide_registry(struct draft *draft, struct command *command,
                                              struct fault *fault, enum refusal *ret_refusal,
                                              uint32_t *ret_item);

#endif
