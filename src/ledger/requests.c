/* Requests: which tokens clients have used, for ever.
 *
 * 1. Each request entry is found by the first 8 bytes of its token's digest, and no two begin with
 * the same: the law takes a second one for the first, which can only refuse what could have been
 * done.
 *
 * 16 to 32 bytes a request. Owns nothing: the index is the book's. A writer alone. */
#include "ledger/book_state.h"

#include "base/check.h"

#include <inttypes.h>

uint64_t request_prefix(struct slice token_digest)
{
    uint64_t prefix;
    CHECK(token_digest.len == DIGEST_BYTES);
    memcpy(&prefix, token_digest.at, sizeof prefix);
    return prefix;
}

uint64_t book_find_request(const struct book *book, struct slice token_digest)
{
    return idmap_find(&book->requests, request_prefix(token_digest));
}

uint64_t book_request_count(const struct book *book)
{
    return book->requests.count;
}

bool book_request_load(struct book *book, uint64_t prefix, uint64_t sequence)
{
    return idmap_add(&book->requests, prefix, sequence);
}

struct status request_apply(struct book *book, const struct entry *entry, struct fault *fault)
{
    uint64_t prefix = request_prefix(entry->token_digest);
    if (!book_slot(book, entry->organisation))
        return fault_raise(fault, STATUS_CORRUPT,
                           "entry %" PRIu64 " (request): there is no such organisation",
                           entry->sequence);
    if (idmap_find(&book->requests, prefix) != 0)
        return fault_raise(fault, STATUS_CORRUPT,
                           "entry %" PRIu64 " (request): its token was used before",
                           entry->sequence);
    return idmap_add(&book->requests, prefix, entry->sequence) ? STATUS_DONE
                                                               : fault_no_memory(fault);
}
