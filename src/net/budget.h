/* Memory that unfinished requests, and answers that nobody takes, hold over all connections, under
 * one ceiling. Whoever has not
 * shown a known key has a share of it only, so that strangers never take the place of callers. */
#ifndef NET_BUDGET_H
#define NET_BUDGET_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum budget_kind {
    BUDGET_STRANGER, /* a head that goes on, or a body whose head names no key: a quarter of all */
    BUDGET_FORM,     /* a body of signature v1 whose key has not come yet: an eighth of all */
    BUDGET_CALLER,   /* the head, or the form so far, names a key that is known */
    BUDGET_KINDS
};

struct budget {
    uint64_t bytes_max;
    _Atomic uint64_t held;
    _Atomic uint64_t held_of[BUDGET_KINDS];
};

void budget_init(struct budget *budget, uint64_t bytes_max);
/* Before memory is taken; false when that would pass the ceiling or the kind's share of it. What
 * was claimed is given back once. Any thread. */
bool budget_claim(struct budget *budget, enum budget_kind kind, uint64_t bytes);
/* For bytes that are there already and cannot be refused any more. */
void budget_claim_anyway(struct budget *budget, enum budget_kind kind, uint64_t bytes);
void budget_give_back(struct budget *budget, enum budget_kind kind, uint64_t bytes);
uint64_t budget_held(const struct budget *budget, enum budget_kind kind);

#endif
