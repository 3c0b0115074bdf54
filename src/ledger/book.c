/* The book's members: finding, listing, and the few ways they are changed.
 *
 * 1. member_by_uin finds every member of every organisation by its uin (while rows are loaded: all
 *    but the last `unindexed`); a uin has at most one member an organisation, and at most one in
 * all that has not left (after recovery).
 * 2. The listing of an organisation holds exactly its members that have neither left nor own it.
 * 3. organisation.cash, income, gift and frozen are the sums over its members at every moment,
 *    during recovery too (modulo 2^64), because book_member_change is the only way to change a
 *    state.
 * 4. Pointers handed out stay valid: everything lives in pools and a heap that never move.
 *
 * Owns all memory of the book. Readers beside readers; book_apply alone. */
#include "ledger/book_state.h"

#include "base/check.h"

#include <stdlib.h>

enum { /* log2 of items a chunk */
       MEMBER_SHIFT = 12,
       LIST_SHIFT = 10,
       LINK_SHIFT = 14,
       REGISTRY_SHIFT = 6,
};

struct status fault_no_memory(struct fault *fault)
{
    return fault_raise(fault, STATUS_MEMORY, "the book has no memory left");
}

uint64_t book_uin_hash(const struct book *book, struct uin uin)
{
    return uin_hash((struct uin){uin.high + book->seed, uin.low});
}

static uint64_t member_hash(const void *owner, uint32_t item)
{
    const struct book *book = owner;
    return book_uin_hash(book, book_member(book, item)->uin);
}

struct book *book_new(uint64_t seed)
{
    struct book *book = calloc(1, sizeof *book);
    if (!book)
        return NULL;
    book->seed = seed;
    pool_init(&book->organisations, sizeof(struct organisation_slot), REGISTRY_SHIFT);
    pool_init(&book->members, sizeof(struct member), MEMBER_SHIFT);
    pool_init(&book->grants, sizeof(struct grant), LIST_SHIFT);
    pool_init(&book->holds, sizeof(struct hold), LIST_SHIFT);
    pool_init(&book->links, sizeof(struct link), LINK_SHIFT);
    pool_init(&book->past_names, sizeof(struct past_name), LIST_SHIFT);
    idmap_init(&book->grant_by_id, seed);
    idmap_init(&book->hold_by_id, seed);
    idmap_init(&book->requests, seed);
    idmap_init(&book->aside, seed);
    due_init(&book->due, book, lists_moved);
    listing_init(&book->listing, &book->members);
    table_init(&book->member_by_uin, book, member_hash);
    registry_init(book);
    return book;
}

void book_free(struct book *book)
{
    if (!book)
        return;
    struct pool *pools[] = {&book->organisations, &book->members, &book->grants,
                            &book->holds,         &book->links,   &book->past_names};
    registry_done(book);
    for (size_t i = 0; i < sizeof pools / sizeof *pools; i++)
        pool_done(pools[i]);
    idmap_done(&book->grant_by_id);
    idmap_done(&book->hold_by_id);
    idmap_done(&book->requests);
    idmap_done(&book->aside);
    due_done(&book->due);
    listing_done(&book->listing);
    heap_done(&book->heap);
    table_done(&book->member_by_uin);
    free(book);
}

uint64_t book_sequence(const struct book *book)
{
    return book->sequence;
}

int64_t book_time_us(const struct book *book)
{
    return book->time_us;
}

/* Organisations */

uint32_t book_organisation_count(const struct book *book)
{
    return book->organisation_count;
}

struct organisation_slot *book_slot(const struct book *book, uint32_t organisation)
{
    if (organisation == 0 || organisation > book->organisations.count)
        return NULL;
    struct organisation_slot *slot = pool_at(&book->organisations, organisation - 1);
    return slot->born ? slot : NULL;
}

struct organisation_slot *book_slot_make(struct book *book, uint32_t organisation)
{
    if (organisation == 0 || organisation > ORGANISATIONS_MAX)
        return NULL;
    while (book->organisations.count < organisation) {
        uint32_t index = pool_take(&book->organisations);
        if (index == POOL_NONE)
            return NULL;
        struct organisation_slot *slot = pool_at(&book->organisations, index);
        slot->organisation.id = index + 1;
        for (size_t i = 0; i < REGISTRY_KINDS; i++)
            slot->registry.lists[i] = (struct registry_list){BOOK_NONE, BOOK_NONE, 0};
    }
    return pool_at(&book->organisations, organisation - 1);
}

const struct organisation *book_organisation(const struct book *book, uint32_t id)
{
    const struct organisation_slot *slot = book_slot(book, id);
    return slot ? &slot->organisation : NULL;
}

const struct organisation *book_organisation_of(const struct book *book, struct uin account)
{
    struct table_probe probe;
    uint64_t hash = book_uin_hash(book, account);
    for (uint32_t i = table_first(&book->member_by_uin, hash, &probe); i != TABLE_NONE;
         i = table_next(&book->member_by_uin, &probe)) {
        const struct member *member = book_member(book, i);
        if (uin_equal(member->uin, account) && !(member->state.flags & MEMBER_LEFT))
            return book_organisation(book, member->organisation);
    }
    return NULL;
}

/* Members */

uint32_t book_member_count(const struct book *book)
{
    return book->members.count;
}

const struct member *book_member(const struct book *book, uint32_t index)
{
    return pool_at(&book->members, index);
}

struct member *book_member_mutable(struct book *book, uint32_t index)
{
    return pool_at(&book->members, index);
}

struct links book_member_links(const struct member *member)
{
    return (struct links){member->ordinal, member->last_sequence, member->chain};
}

uint32_t book_find_index(const struct book *book, uint32_t organisation, struct uin uin)
{
    struct table_probe probe;
    uint64_t hash = book_uin_hash(book, uin);
    for (uint32_t i = table_first(&book->member_by_uin, hash, &probe); i != TABLE_NONE;
         i = table_next(&book->member_by_uin, &probe)) {
        const struct member *member = book_member(book, i);
        if (member->organisation == organisation && uin_equal(member->uin, uin))
            return i;
    }
    return BOOK_NONE;
}

void book_expect_member(const struct book *book, struct uin uin, bool body)
{
    enum { LINE_BYTES = 64 };
    const struct table *table = &book->member_by_uin;
    struct table_probe probe;
    uint64_t hash = book_uin_hash(book, uin);
    if (!table->slots)
        return;
    if (!body) {
        __builtin_prefetch(&table->slots[(uint32_t)hash & table->mask]);
        return;
    }
    uint32_t index = table_first(table, hash, &probe);
    if (index == TABLE_NONE)
        return;
    const char *member = pool_at(&book->members, index);
    __builtin_prefetch(member);
    __builtin_prefetch(member + LINE_BYTES);
}

const struct member *book_find_member(const struct book *book, uint32_t organisation,
                                      struct uin uin)
{
    uint32_t index = book_find_index(book, organisation, uin);
    return index == BOOK_NONE ? NULL : book_member(book, index);
}

uint32_t book_member_index(const struct book *book, const struct member *member)
{
    uint32_t index = book_find_index(book, member->organisation, member->uin);
    CHECK(index != BOOK_NONE);
    return index;
}

static uint32_t take_member(struct book *book, uint32_t organisation, struct uin uin)
{
    uint32_t index = pool_take(&book->members);
    if (index == POOL_NONE)
        return BOOK_NONE;
    struct member *member = book_member_mutable(book, index);
    member->uin = uin;
    member->organisation = organisation;
    member->state.flags = MEMBER_LEFT;
    member->grants = member->holds = member->chain = member->past_names = BOOK_NONE;
    return table_reserve(&book->member_by_uin, book->members.count) ? index : BOOK_NONE;
}

uint32_t book_member_add(struct book *book, uint32_t organisation, struct uin uin)
{
    CHECK(book->unindexed == 0);
    uint32_t index = take_member(book, organisation, uin);
    if (index == BOOK_NONE || !table_add(&book->member_by_uin, book_uin_hash(book, uin), index))
        return BOOK_NONE;
    return index;
}

uint32_t book_member_add_unindexed(struct book *book, uint32_t organisation, struct uin uin)
{
    uint32_t index = take_member(book, organisation, uin);
    book->unindexed += index != BOOK_NONE;
    return index;
}

/* Millions of places in a table far bigger than any cache: every one is asked for well before it is
 * needed, so that waiting for memory overlaps. The table has been made large enough. */
void book_index_members(struct book *book)
{
    enum { AHEAD = 16 };
    struct table *table = &book->member_by_uin;
    uint64_t hashes[AHEAD];
    uint32_t first = book->members.count - book->unindexed, end = book->members.count;
    for (uint32_t i = first; i - first < book->unindexed + AHEAD; i++) {
        if (i - first >= AHEAD) {
            const struct member *member = book_member(book, i - AHEAD);
            if (book_find_index(book, member->organisation, member->uin) != BOOK_NONE)
                book->twice = true;
            CHECK(table_add(table, hashes[i % AHEAD], i - AHEAD));
        }
        if (i < end) {
            hashes[i % AHEAD] = book_uin_hash(book, book_member(book, i)->uin);
            __builtin_prefetch(&table->slots[(uint32_t)hashes[i % AHEAD] & table->mask], 1);
        }
    }
    book->unindexed = 0;
}

static bool is_listed(uint8_t flags)
{
    return !(flags & (MEMBER_LEFT | MEMBER_OWNER));
}

/* Rows are of several moments, and together they may be more than a sum can say, though at no
 * moment it was. Until the newest row's entry is reached, sums go round and come out right. */
static bool change_sums(const struct book *book, struct organisation *sums,
                        const struct member_state *before, const struct member_state *after)
{
    if (book->started && book->sequence >= book->loaded_until)
        return sums_change_member(sums, before, after);
    sums_change_member_round(sums, before, after);
    return true;
}

struct status book_member_change(struct book *book, uint32_t index,
                                 const struct member_state *after, struct fault *fault)
{
    struct member *member = book_member_mutable(book, index);
    struct organisation_slot *slot = pool_at(&book->organisations, member->organisation - 1);
    if (!change_sums(book, &slot->organisation, &member->state, after))
        return fault_raise(fault, STATUS_CORRUPT, "the sums of organisation %u overflow",
                           member->organisation);
    bool was_listed = is_listed(member->state.flags);
    member->state = *after;
    if (was_listed && !is_listed(after->flags))
        listing_remove(&book->listing, &slot->listing, index);
    if (!was_listed && is_listed(after->flags) &&
        !listing_insert(&book->listing, &slot->listing, index))
        return fault_no_memory(fault);
    return STATUS_DONE;
}

/* Listing */

uint64_t book_listed_count(const struct book *book, uint32_t organisation)
{
    const struct organisation_slot *slot = book_slot(book, organisation);
    return slot ? slot->listing.count : 0;
}

size_t book_list(const struct book *book, uint32_t organisation, uint64_t first_rank, size_t count,
                 const struct member **ret_members)
{
    const struct organisation_slot *slot = book_slot(book, organisation);
    return slot ? listing_read(&book->listing, &slot->listing, first_rank, count, ret_members) : 0;
}

uint64_t book_rank(const struct book *book, uint32_t organisation, struct uin uin)
{
    const struct organisation_slot *slot = book_slot(book, organisation);
    return slot ? listing_rank(&book->listing, &slot->listing, uin) : 0;
}
