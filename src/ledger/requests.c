/* Requests: which tokens and signatures clients have used.
 *
 * 1. Each marked request entry is found by the first 8 bytes of its token's digest, and no two
 * begin with the same: the law takes a second one for the first, which can only refuse what could
 * have been done.
 *
 * 2. A request is in one of the two indexes or its sequence is at most let_go_sequence.
 *
 * 21 to 43 bytes a request. Owns nothing: the indexes are the book's. Readers beside readers; a
 * writer alone. */
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
    return book_find_prefix(book, request_prefix(token_digest));
}

uint64_t book_find_prefix(const struct book *book, uint64_t prefix)
{
    uint64_t sequence = idmap_find(&book->requests, prefix);
    return sequence != 0 ? sequence : idmap_find(&book->aside, prefix);
}

uint64_t book_request_count(const struct book *book)
{
    return book->requests.count + book->aside.count;
}

void book_requests_put_aside(struct book *book)
{
    CHECK(book->aside_sequence == 0);
    book->aside = book->requests;
    book->aside_sequence = book->sequence;
    idmap_init(&book->requests, book->seed);
}

uint64_t book_aside_sequence(const struct book *book)
{
    return book->aside_sequence;
}

const struct idmap *book_aside(const struct book *book)
{
    return &book->aside;
}

void book_requests_let_go(struct book *book, uint64_t sequence)
{
    CHECK(sequence >= book->let_go_sequence);
    CHECK(book->aside_sequence == 0 || book->aside_sequence == sequence);
    idmap_done(&book->aside);
    book->aside_sequence = 0;
    book->let_go_sequence = sequence;
}

bool book_request_load(struct book *book, uint64_t prefix, uint64_t sequence)
{
    return idmap_add(&book->requests, prefix, sequence);
}

struct status request_apply(struct book *book, const struct entry *entry, struct fault *fault)
{
    if (!book_slot(book, entry->organisation))
        return fault_raise(fault, STATUS_CORRUPT,
                           "entry %" PRIu64 " (request): there is no such organisation",
                           entry->sequence);
    if (entry->mark == MARK_NONE || entry->sequence <= book->let_go_sequence)
        return STATUS_DONE;
    if (book_find_request(book, entry->token_digest) != 0)
        return fault_raise(fault, STATUS_CORRUPT,
                           "entry %" PRIu64 " (request): its token was used before",
                           entry->sequence);
    return idmap_add(&book->requests, request_prefix(entry->token_digest), entry->sequence)
               ? STATUS_DONE
               : fault_no_memory(fault);
}
