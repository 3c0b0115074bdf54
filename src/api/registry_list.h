/* Listings of the registry: an organisation's keys, policies or delegations, a page by Offset and
 * Limit. Private to this room. */
#ifndef API_REGISTRY_LIST_H
#define API_REGISTRY_LIST_H

#include "api/action.h"

/* Appends Data and TotalCount. The book is read in several short gate sections, so that no listing
 * holds a commit up: a row that is there all the while is listed once, in the order they were made;
 * one that comes or goes meanwhile may or may not be. A page ends at Limit or once it has 1 MiB,
 * and goes on at Offset plus the rows it had. */
void registry_list_answer(struct exchange *exchange, enum registry_kind kind,
                          struct listing *listing,
                          void (*render)(const struct book *book, uint32_t index,
                                         struct buffer *out),
                          struct buffer *out);

/* For declarations. */
#define REGISTRY_PAGE_HELP                                                                         \
    " A page of 1 MiB ends before Limit: go on at Offset plus the rows it had, up to TotalCount."

#endif
