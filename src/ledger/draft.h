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
    uint32_t grants; /* struct grant in the draft's pool, newest first */
    struct member_state state;
    struct links links; /* in the draft's own pool, going on in the book's */
    struct slice name;
    struct member_state trial; /* while transfers are judged; of the command with this number */
    uint64_t trial_of;
    bool has_left; /* in this group, perhaps to come back */
};

/* A hold that the entries decided so far made or changed. */
struct draft_hold {
    uint64_t id;
    uint32_t organisation;
    struct uin uin;
    struct amount amount; /* what is left; zero = it is no more */
};

/* A token or signature that was used in this group. */
struct draft_request {
    const unsigned char *token; /* DIGEST_BYTES, the command's */
    uint32_t entry;             /* place of the request's entry */
};

/* Something that time does, to be settled. */
struct event {
    int64_t due_us;
    uint64_t id; /* of the hold or grant */
    enum entry_kind kind;
    uint32_t index; /* of the hold or grant in the book */
};

struct draft {
    const struct book *book;
    struct pool entries; /* struct entry */
    struct pool members; /* struct draft_member */
    struct pool links;
    struct pool sums; /* struct organisation: id and amounts as they will be */
    struct pool grants;
    struct pool holds;    /* struct draft_hold */
    struct pool requests; /* struct draft_request */
    struct table hold_by_id;
    struct table request_by_token;
    struct event *events; /* room for `event_cap` */
    size_t event_count, event_cap;
    size_t settled;    /* entries of draft_settle at the beginning */
    uint64_t trial_of; /* number of the command whose transfers are judged */
    struct table member_by_uin;
    struct table sums_by_organisation;
    struct table seen; /* items of one command, by uin */
    const struct command *seeing;
    struct arena memory; /* scopes */
    int64_t now_us;      /* of the command being decided */
};

/* The moment of what is decided next: never before the latest entry. */
void draft_now(struct draft *draft, int64_t now_us);
/* The next entry, with sequence, time, kind and organisation filled in; NULL when memory is short.
 * It counts as decided from now on. */
struct entry *draft_entry_add(struct draft *draft, enum entry_kind kind, uint32_t organisation);
/* The member, if an earlier command of the group touched it. */
struct draft_member *draft_find_member(const struct draft *draft, uint32_t organisation,
                                       struct uin uin);
/* Drafts a member who is not drafted yet, as the book has it; one who never was is MEMBER_LEFT and
 * nothing else. NULL when memory is short. */
struct draft_member *draft_member_add(struct draft *draft, uint32_t organisation, struct uin uin);
/* The member of the organisation, drafted, who is at home there. REFUSAL_MEMBER_UNKNOWN: nobody is;
 * *ret_member NULL with REFUSAL_NONE: memory is short. */
enum refusal draft_member_get(struct draft *draft, uint32_t organisation, struct uin uin,
                              struct draft_member **ret_member);
/* The member's open hold. Zero: it has none with that id. */
struct amount draft_hold_left(const struct draft *draft, const struct draft_member *member,
                              uint64_t id);
/* Notes what is left of a hold, new or not. False when memory is short. */
bool draft_hold_put(struct draft *draft, const struct draft_member *member, uint64_t id,
                    struct amount left);
/* NULL when the member has none with that id. */
struct grant *draft_find_grant(const struct draft *draft, const struct draft_member *member,
                               uint64_t id);
bool draft_grant_put(struct draft *draft, struct draft_member *member, const struct grant *grant);
void draft_grant_drop(struct draft *draft, struct draft_member *member, uint64_t id);
/* Completes an entry about one member, or about two (move): their parts, and the draft moves on.
 * False when memory is short. */
bool draft_touch(struct draft *draft, struct draft_member *member, const struct member_state *after,
                 struct entry *entry);
/* Where the uin is at home after what was decided so far; 0 = nowhere. */
uint32_t draft_home(const struct draft *draft, struct uin uin);
/* The organisation's sums after what was decided so far; NULL when memory is short. */
struct organisation *draft_sums(struct draft *draft, uint32_t organisation);
/* Whether an item of the command before this one has the same uin. Call for items 0, 1, ... in
 * turn. */
STATUS_MUST_USE struct status draft_see_item(struct draft *draft, const struct command *command,
                                             uint32_t item, struct fault *fault,
                                             bool *ret_repeated);

/* The entry of the request in this group with that token; NULL when there is none. */
const struct entry *draft_find_request(const struct draft *draft, const unsigned char *token);
/* Ends a command: the entries it made, if any, are its request's. */
STATUS_MUST_USE struct status draft_request_add(struct draft *draft, const struct command *command,
                                                uint32_t made, struct slice outcomes,
                                                struct fault *fault);

/* decide_post.c */
STATUS_MUST_USE struct status decide_post(struct draft *draft, struct command *command,
                                          struct fault *fault, enum refusal *ret_refusal,
                                          uint32_t *ret_item);
/* decide_change.c */
STATUS_MUST_USE struct status decide_change(struct draft *draft, struct command *command,
                                            struct fault *fault, enum refusal *ret_refusal);
/* What the state leaves to be spent: all money and credit less what is frozen. */
struct amount state_available(const struct member_state *state);
/* Takes the amount out of gift, then income, then cash. */
bool state_spend(struct member_state *state, struct amount amount);
bool reason_is_valid(struct slice text);
/* decide_members.c */
STATUS_MUST_USE struct status decide_add_members(struct draft *draft, struct command *command,
                                                 struct fault *fault, enum refusal *ret_refusal,
                                                 uint32_t *ret_item);
/* decide_registry.c */
STATUS_MUST_USE struct status decide_registry(struct draft *draft, struct command *command,
                                              struct fault *fault, enum refusal *ret_refusal,
                                              uint32_t *ret_item);
/* Of remove_member: an entry for each key, policy and delegation that ends with it. */
STATUS_MUST_USE struct status draft_end_authority(struct draft *draft, struct draft_member *member,
                                                  struct command *command, struct fault *fault);

#endif
