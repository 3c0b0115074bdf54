/* Tables beside the entries, `registry` and `request`: whether they hold what the entries give, no
 * row more and none less. Private to the room. One thread. */
#ifndef JOURNAL_TABLES_H
#define JOURNAL_TABLES_H

#include "journal/state.h"

/* Beside a replay of the entries behind `after`: reads STORE_REGISTRY and STORE_REQUESTS until
 * tables_done. */
void tables_begin(struct store *store, uint64_t after);
/* The next entry's rows; CORRUPT names the one that is missing or differs. */
STATUS_MUST_USE struct status tables_match(struct store *store, const struct entry *entry,
                                           const unsigned char *leaf, struct fault *fault);
/* No rows are left over. */
STATUS_MUST_USE struct status tables_end(struct store *store, struct fault *fault);
void tables_done(struct store *store);

#endif
