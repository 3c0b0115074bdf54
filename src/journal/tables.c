/* The tables beside the entries, row by row (tables.h).
 *
 * Owns the reading of both from begin to done. One thread. */
#include "journal/tables.h"

#include <inttypes.h>

void tables_begin(struct store *store, uint64_t after)
{
    store->ops->rows_begin(store, STORE_REGISTRY, after + 1, UINT64_MAX);
    store->ops->rows_begin(store, STORE_REQUESTS, after + 1, UINT64_MAX);
}

void tables_done(struct store *store)
{
    store->ops->rows_end(store, STORE_REGISTRY);
    store->ops->rows_end(store, STORE_REQUESTS);
}

/* The registry's next row must be this entry. */
static struct status match_registry(struct store *store, const struct entry *entry,
                                    const unsigned char *leaf, struct fault *fault)
{
    struct store_row row;
    bool found = false;
    TRY(store->ops->rows_next(store, STORE_REGISTRY, fault, &found, &row));
    if (found && row.numbers[0] == entry->sequence &&
        slice_equal(row.text, slice_of((const char *)leaf, SHA256_SIZE)))
        return STATUS_DONE;
    return fault_raise(fault, STATUS_CORRUPT, "the registry lacks entry %" PRIu64 " or differs",
                       entry->sequence);
}

/* The next row of requests must be this entry. */
static struct status match_request(struct store *store, const struct entry *entry,
                                   struct fault *fault)
{
    struct store_row row;
    bool found = false;
    TRY(store->ops->rows_next(store, STORE_REQUESTS, fault, &found, &row));
    if (!found || row.numbers[0] != entry->sequence)
        return fault_raise(fault, STATUS_CORRUPT, "the table of requests lacks entry %" PRIu64,
                           entry->sequence);
    if (entry_has_token(entry) ? row.numbers[1] != request_prefix(entry->token_digest)
                               : !row.is_null)
        return fault_raise(fault, STATUS_CORRUPT,
                           "the table of requests has another token for entry %" PRIu64
                           " than the entry itself (wrong prefix)",
                           entry->sequence);
    return STATUS_DONE;
}

struct status tables_match(struct store *store, const struct entry *entry,
                           const unsigned char *leaf, struct fault *fault)
{
    if (entry_kind_is_registry(entry->kind))
        return match_registry(store, entry, leaf, fault);
    return entry->kind == ENTRY_REQUEST ? match_request(store, entry, fault) : STATUS_DONE;
}

struct status tables_end(struct store *store, struct fault *fault)
{
    struct store_row row;
    bool found = false;
    TRY(store->ops->rows_next(store, STORE_REGISTRY, fault, &found, &row));
    if (found)
        return fault_raise(fault, STATUS_CORRUPT,
                           "entry %" PRIu64 " is in the registry and does not belong there",
                           row.numbers[0]);
    TRY(store->ops->rows_next(store, STORE_REQUESTS, fault, &found, &row));
    if (found)
        return fault_raise(fault, STATUS_CORRUPT,
                           "entry %" PRIu64 " is in the table of requests and is no request",
                           row.numbers[0]);
    return STATUS_DONE;
}
