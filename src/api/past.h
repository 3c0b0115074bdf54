/* Past: members as they were at a moment, from the book and the journal. Private to this room; on
 * the historian's thread. */
#ifndef API_PAST_H
#define API_PAST_H

#include "api/action.h"

struct past {
    struct uin uin;
    int64_t t_us;
    /* out */
    bool found;                /* it had an entry by then */
    uint64_t entry;            /* the newest by then */
    uint64_t ordinal;          /* the number of that entry among its own */
    struct member_state state; /* with what was frozen and the temporary credit of the moment */
    struct slice name;         /* of then; in the call's arena */
    /* from the book */
    uint64_t last_sequence; /* 0 = it never had one */
    struct member_state latest;
};

/* The members as they were, all seen in one new snapshot. */
STATUS_MUST_USE struct status past_read(struct api_pending *pending, struct history *history,
                                        struct past *members, size_t count, struct fault *fault);
/* It was listed then. */
bool past_is_listed(const struct past *member);
/* It belonged to the organisation then: listed, or the owner. */
bool past_belongs(const struct past *member);

/* The moment the call asks for lies within the organisation's life. */
bool past_check_moment(struct exchange *exchange, int64_t t_us, struct slice name);

/* The member's part of an entry; NULL: the entry is not about it. */
const struct touch *entry_touch(const struct entry *entry, uint32_t organisation, struct uin uin);

#endif
