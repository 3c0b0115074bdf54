/* The tables beside the entries, row by row (tables.h).
 *
 * Owns the two running statements from begin to done. One thread. */
#include "journal/tables.h"

#include <inttypes.h>

void tables_begin(struct store *store, uint64_t after)
{
    store_bind(store, SQL_REGISTRY, 1, after);
    store_bind(store, SQL_REGISTRY, 2, INT64_MAX);
    store_bind(store, SQL_REQUESTS, 1, after);
    store_bind(store, SQL_REQUESTS, 2, INT64_MAX);
}

void tables_done(struct store *store)
{
    store_reset(store, SQL_REGISTRY);
    store_reset(store, SQL_REQUESTS);
}

/* The registry's next row must be this entry. */
static struct status match_registry(struct store *store, const struct entry *entry,
                                    const unsigned char *leaf, struct fault *fault)
{
    bool row = false;
    TRY(store_step(store, SQL_REGISTRY, fault, &row));
    if (row && store_number(store, SQL_REGISTRY, 0) == entry->sequence &&
        slice_equal(store_bytes(store, SQL_REGISTRY, 1), slice_of((const char *)leaf, SHA256_SIZE)))
        return STATUS_DONE;
    return fault_raise(fault, STATUS_CORRUPT, "the registry lacks entry %" PRIu64 " or differs",
                       entry->sequence);
}

/* The next row of requests must be this entry. */
static struct status match_request(struct store *store, const struct entry *entry,
                                   struct fault *fault)
{
    bool row = false;
    TRY(store_step(store, SQL_REQUESTS, fault, &row));
    if (!row || store_number(store, SQL_REQUESTS, 0) != entry->sequence)
        return fault_raise(fault, STATUS_CORRUPT, "the table of requests lacks entry %" PRIu64,
                           entry->sequence);
    if (entry_has_token(entry)
            ? store_number(store, SQL_REQUESTS, 1) != request_prefix(entry->token_digest)
            : !store_is_null(store, SQL_REQUESTS, 1))
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
    bool row = false;
    TRY(store_step(store, SQL_REGISTRY, fault, &row));
    if (row)
        return fault_raise(fault, STATUS_CORRUPT,
                           "entry %" PRIu64 " is in the registry and does not belong there",
                           store_number(store, SQL_REGISTRY, 0));
    TRY(store_step(store, SQL_REQUESTS, fault, &row));
    if (row)
        return fault_raise(fault, STATUS_CORRUPT,
                           "entry %" PRIu64 " is in the table of requests and is no request",
                           store_number(store, SQL_REQUESTS, 0));
    return STATUS_DONE;
}
