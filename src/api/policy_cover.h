/* Cover: whether some policies allow nothing that others do not. Conservative: what is not plain is
 * not covered. */
#ifndef API_POLICY_COVER_H
#define API_POLICY_COVER_H

#include "api/policy_rules.h"

/* All that `inner` bears on, `outer` bears on: each of its actions, resources and, of conditions,
 * every one of `outer` stands in `inner` too. */
bool statement_covers(const struct statement *outer, const struct statement *inner);

struct policy_set {
    const struct compiled_policy *const *at;
    uint32_t count;
};

enum cover_verdict {
    COVER_WHOLE,
    COVER_MISSING,  /* the giver does not have the allow `statement` */
    COVER_DENIED,   /* a deny of the giver is not in what is given */
    COVER_TOO_MUCH, /* more comparisons than `tests_max` */
};

struct cover {
    enum cover_verdict verdict;
    uint32_t policy, statement; /* of what is given, COVER_MISSING; of the giver, COVER_DENIED */
};

/* What `given` allows, `giver` allows: every allow of the first by one of the second, action by
 * action, and every deny of the giver that could be about it is denied by `given` as well. */
struct cover policy_cover(struct policy_set giver, struct policy_set given, uint64_t tests_max);

#endif
