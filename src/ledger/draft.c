/* The draft: what the commands of one group will have changed once it is durable.
 *
 * 1. Entry i has sequence book_sequence + 1 + i.
 * 2. A drafted member hides the book's; what is not drafted is as in the book.
 * 3. Memory is kept from group to group, so that a steady stream of groups allocates nothing.
 *
 * Owns its overlay; borrows the commands' slices until draft_clear. Committer thread. */
#include "ledger/draft.h"

#include "ledger/book_state.h"

#include "base/check.h"

#include <stdlib.h>

enum {
    ENTRY_SHIFT = 8,
    MEMBER_SHIFT = 8,
    LINK_SHIFT = 10,
    SUMS_SHIFT = 4,
    MEMORY_BYTES = 1 << 12,
    MEMORY_BYTES_MAX = 1 << 24,
};

static uint64_t member_hash(const void *owner, uint32_t item)
{
    const struct draft *draft = owner;
    const struct draft_member *member = pool_at(&draft->members, item);
    return book_uin_hash(draft->book, member->uin);
}

static uint64_t organisation_hash(const struct draft *draft, uint32_t organisation)
{
    return book_uin_hash(draft->book, (struct uin){0, organisation});
}

static uint64_t sums_hash(const void *owner, uint32_t item)
{
    const struct draft *draft = owner;
    const struct organisation *sums = pool_at(&draft->sums, item);
    return organisation_hash(draft, sums->id);
}

static uint64_t item_hash(const void *owner, uint32_t item)
{
    const struct draft *draft = owner;
    return book_uin_hash(draft->book, draft->seeing->members[item].uin);
}

struct draft *draft_new(const struct book *book)
{
    struct draft *draft = calloc(1, sizeof *draft);
    if (!draft)
        return NULL;
    if (!arena_init(&draft->memory, MEMORY_BYTES, MEMORY_BYTES_MAX)) {
        free(draft);
        return NULL;
    }
    draft->book = book;
    pool_init(&draft->entries, sizeof(struct entry), ENTRY_SHIFT);
    pool_init(&draft->members, sizeof(struct draft_member), MEMBER_SHIFT);
    pool_init(&draft->links, sizeof(struct link), LINK_SHIFT);
    pool_init(&draft->sums, sizeof(struct organisation), SUMS_SHIFT);
    table_init(&draft->member_by_uin, draft, member_hash);
    table_init(&draft->sums_by_organisation, draft, sums_hash);
    table_init(&draft->seen, draft, item_hash);
    return draft;
}

void draft_free(struct draft *draft)
{
    if (!draft)
        return;
    pool_done(&draft->entries);
    pool_done(&draft->members);
    pool_done(&draft->links);
    pool_done(&draft->sums);
    table_done(&draft->member_by_uin);
    table_done(&draft->sums_by_organisation);
    table_done(&draft->seen);
    arena_done(&draft->memory);
    free(draft);
}

static void forget(struct table *table)
{
    if (table->used > 0)
        memset(table->slots, 0, ((size_t)table->mask + 1) * sizeof *table->slots);
    table->used = 0;
}

void draft_clear(struct draft *draft)
{
    pool_clear(&draft->entries);
    pool_clear(&draft->members);
    pool_clear(&draft->links);
    pool_clear(&draft->sums);
    forget(&draft->member_by_uin);
    forget(&draft->sums_by_organisation);
    arena_reset(&draft->memory);
}

size_t draft_entry_count(const struct draft *draft)
{
    return draft->entries.count;
}

const struct entry *draft_entry(const struct draft *draft, size_t index)
{
    CHECK(index < draft->entries.count);
    return pool_at(&draft->entries, (uint32_t)index);
}

static int64_t latest_time(const struct draft *draft)
{
    uint32_t count = draft->entries.count;
    return count ? draft_entry(draft, count - 1)->time_us : book_time_us(draft->book);
}

struct entry *draft_entry_add(struct draft *draft, enum entry_kind kind, uint32_t organisation)
{
    int64_t latest_us = latest_time(draft);
    uint32_t index = pool_take(&draft->entries);
    if (index == POOL_NONE)
        return NULL;
    struct entry *entry = pool_at(&draft->entries, index);
    entry->sequence = book_sequence(draft->book) + 1 + index;
    entry->time_us = draft->now_us > latest_us ? draft->now_us : latest_us;
    entry->kind = kind;
    entry->organisation = organisation;
    return entry;
}

struct draft_member *draft_find_member(const struct draft *draft, uint32_t organisation,
                                       struct uin uin)
{
    struct table_probe probe;
    uint64_t hash = book_uin_hash(draft->book, uin);
    for (uint32_t i = table_first(&draft->member_by_uin, hash, &probe); i != TABLE_NONE;
         i = table_next(&draft->member_by_uin, &probe)) {
        struct draft_member *member = pool_at(&draft->members, i);
        if (member->organisation == organisation && uin_equal(member->uin, uin))
            return member;
    }
    return NULL;
}

/* Copies the book's back-link stack into the draft's own pool. */
static bool copy_links(struct draft *draft, const struct member *member, struct links *links)
{
    uint32_t *behind = &links->rest;
    for (uint32_t i = member->chain; i != POOL_NONE;) {
        const struct link *link = pool_at(&draft->book->links, i);
        *behind = link_take(&draft->links, link_sequence(&draft->book->links, i), POOL_NONE);
        if (*behind == POOL_NONE)
            return false;
        struct link *copy = pool_at(&draft->links, *behind);
        behind = &copy->next;
        i = link->next;
    }
    return true;
}

struct draft_member *draft_member_add(struct draft *draft, uint32_t organisation, struct uin uin)
{
    uint32_t index = pool_take(&draft->members);
    if (index == POOL_NONE)
        return NULL;
    struct draft_member *drafted = pool_at(&draft->members, index);
    drafted->uin = uin;
    drafted->organisation = organisation;
    drafted->state.flags = MEMBER_LEFT;
    drafted->links.rest = POOL_NONE;
    const struct member *member = book_find_member(draft->book, organisation, uin);
    if (member) {
        CHECK(member->state.flags & MEMBER_LEFT);
        drafted->state = member->state;
        drafted->links.ordinal = member->ordinal;
        drafted->links.last = member->last_sequence;
        drafted->name = slice_of(member->name, member->name_len);
    }
    if (member && !copy_links(draft, member, &drafted->links))
        return NULL;
    if (!table_add(&draft->member_by_uin, book_uin_hash(draft->book, uin), index))
        return NULL;
    return drafted;
}

uint32_t draft_home(const struct draft *draft, struct uin uin)
{
    struct table_probe probe;
    uint64_t hash = book_uin_hash(draft->book, uin);
    for (uint32_t i = table_first(&draft->member_by_uin, hash, &probe); i != TABLE_NONE;
         i = table_next(&draft->member_by_uin, &probe)) {
        const struct draft_member *member = pool_at(&draft->members, i);
        if (uin_equal(member->uin, uin) && !(member->state.flags & MEMBER_LEFT))
            return member->organisation;
    }
    const struct organisation *home = book_organisation_of(draft->book, uin);
    return home && !draft_find_member(draft, home->id, uin) ? home->id : 0;
}

struct organisation *draft_sums(struct draft *draft, uint32_t organisation)
{
    struct table_probe probe;
    uint64_t hash = organisation_hash(draft, organisation);
    for (uint32_t i = table_first(&draft->sums_by_organisation, hash, &probe); i != TABLE_NONE;
         i = table_next(&draft->sums_by_organisation, &probe)) {
        struct organisation *sums = pool_at(&draft->sums, i);
        if (sums->id == organisation)
            return sums;
    }
    uint32_t index = pool_take(&draft->sums);
    if (index == POOL_NONE || !table_add(&draft->sums_by_organisation, hash, index))
        return NULL;
    struct organisation *sums = pool_at(&draft->sums, index);
    *sums = *book_organisation(draft->book, organisation);
    return sums;
}

struct status draft_see_item(struct draft *draft, const struct command *command, uint32_t item,
                             struct fault *fault, bool *ret_repeated)
{
    struct table_probe probe;
    struct uin uin = command->members[item].uin;
    uint64_t hash = book_uin_hash(draft->book, uin);
    if (item == 0)
        forget(&draft->seen);
    draft->seeing = command;
    for (uint32_t i = table_first(&draft->seen, hash, &probe); i != TABLE_NONE;
         i = table_next(&draft->seen, &probe)) {
        if (uin_equal(command->members[i].uin, uin)) {
            *ret_repeated = true;
            return STATUS_DONE;
        }
    }
    if (!table_add(&draft->seen, hash, item))
        return fault_no_memory(fault);
    *ret_repeated = false;
    return STATUS_DONE;
}
