/* The inside of the book, shared by the files that make it up: book.c (members), registry.c,
 * apply.c, checkpoint.c, check.c. */
#ifndef LEDGER_BOOK_STATE_H
#define LEDGER_BOOK_STATE_H

#include "ledger/book.h"
#include "ledger/due.h"
#include "ledger/effect.h"
#include "ledger/heap.h"
#include "ledger/idmap.h"
#include "ledger/links.h"
#include "ledger/listing.h"
#include "ledger/registry.h"

#include "base/table.h"

enum { ORGANISATIONS_MAX = 1 << 20 };

struct organisation_slot {
    struct organisation organisation;
    struct listing_root listing;
    struct organisation_registry registry;
    uint64_t own_sequence; /* of the entry that changed its own accounts last */
    uint64_t loaded_until; /* the newest of its rows that were loaded */
    bool born;             /* its entry was applied; rows may be loaded before */
};

struct past_name {
    uint64_t until; /* the entry that gave another name */
    const char *at;
    uint32_t next; /* an older one */
    uint16_t len;
};

struct book {
    uint64_t seed;
    uint64_t sequence;
    int64_t time_us;
    uint64_t loaded_until;       /* the newest row that was loaded */
    bool started;                /* from now on entries follow without gaps */
    uint32_t organisation_count; /* born */

    struct pool organisations; /* struct organisation_slot; number = id - 1 */
    struct pool members;
    struct pool grants;
    struct pool holds;
    struct idmap grant_by_id; /* values: index + 1 */
    struct idmap hold_by_id;
    struct due due;
    struct idmap requests; /* by the first bytes of the token's digest: sequence */
    struct idmap aside;    /* older ones, put aside; empty when aside_sequence is 0 */
    uint64_t aside_sequence, let_go_sequence; /* requests up to these */
    struct pool links;
    struct pool past_names;
    struct registry registry;
    struct listing listing;
    struct heap heap;

    struct table member_by_uin; /* all organisations' members with that uin */
    uint32_t unindexed;         /* members at the end who are not in it: while rows are loaded */
    bool twice;                 /* the rows had a member twice */
};

/* book.c */
uint64_t book_uin_hash(const struct book *book, struct uin uin);
/* NULL when it is not (yet) born. */
struct organisation_slot *book_slot(const struct book *book, uint32_t organisation);
/* Also one not yet born, made on demand; NULL when the id is beyond all reason or memory is short.
 */
struct organisation_slot *book_slot_make(struct book *book, uint32_t organisation);
/* A member with a zero state that is not in the listing (MEMBER_LEFT); BOOK_NONE when memory is
 * short. */
uint32_t book_member_add(struct book *book, uint32_t organisation, struct uin uin);
/* The same for a member from a row, to be found only after book_index_members. */
uint32_t book_member_add_unindexed(struct book *book, uint32_t organisation, struct uin uin);
void book_index_members(struct book *book);
/* Gives the member its new state and keeps the organisation's sums and listing in step. */
STATUS_MUST_USE struct status book_member_change(struct book *book, uint32_t index,
                                                 const struct member_state *after,
                                                 struct fault *fault);
struct member *book_member_mutable(struct book *book, uint32_t index);
struct links book_member_links(const struct member *member);

/* names.c. Each false (BOOK_NONE): memory is short. */
bool book_member_name(struct book *book, struct member *member, struct slice name);
/* By the entry with that sequence: the name it had is kept. */
bool book_member_rename(struct book *book, struct member *member, struct slice name,
                        uint64_t sequence);
/* Puts a past name before `*link`; `name` is in the heap. */
uint32_t names_put_past(struct book *book, uint32_t *link, uint64_t until, struct slice name);

/* lists.c: grants and holds */
/* When time changes the grant next; INT64_MAX: nothing is to come. */
int64_t lists_grant_due_us(const struct grant *grant);
void lists_moved(void *owner, const struct due_item *item, uint32_t place);
/* Put what was made or loaded behind `*link`, from where the list goes on; `before` is the hold
 * that
 * `*link` belongs to, BOOK_NONE when it is the member's. BOOK_NONE: memory is short, or the id is
 * there already; the book is lost then. */
uint32_t lists_put_grant(struct book *book, uint32_t *link, const struct grant *grant);
uint32_t lists_put_hold(struct book *book, uint32_t *link, uint32_t before,
                        const struct hold *hold);
/* NULL when the entry fits the member's grants and holds; else what is wrong. */
const char *lists_judge(const struct book *book, const struct member *member, uint32_t index,
                        const struct entry *entry, const struct member_state *after);
/* After it was judged. False when memory is short: the book is lost then. */
bool lists_change(struct book *book, struct member *member, uint32_t index,
                  const struct entry *entry);
/* `end_us` 0 = open end. */
static inline bool grant_is_active_at(int64_t start_us, int64_t end_us, int64_t t_us)
{
    return start_us <= t_us && (end_us == 0 || t_us < end_us);
}

/* requests.c */
STATUS_MUST_USE struct status request_apply(struct book *book, const struct entry *entry,
                                            struct fault *fault);

/* registry.c */
void registry_init(struct book *book);
void registry_done(struct book *book);
STATUS_MUST_USE struct status registry_apply(struct book *book, const struct entry *entry,
                                             struct fault *fault);

STATUS_MUST_USE struct status fault_no_memory(struct fault *fault);
#endif
