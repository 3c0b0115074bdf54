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
    EXPECT_AHEAD = 16, /* entries */
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

static uint64_t hold_hash(const void *owner, uint32_t item);
static uint64_t token_hash(const void *owner, uint32_t item);

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
    pool_init(&draft->grants, sizeof(struct grant), SUMS_SHIFT);
    pool_init(&draft->holds, sizeof(struct draft_hold), MEMBER_SHIFT);
    pool_init(&draft->requests, sizeof(struct draft_request), MEMBER_SHIFT);
    table_init(&draft->hold_by_id, draft, hold_hash);
    table_init(&draft->request_by_token, draft, token_hash);
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
    pool_done(&draft->grants);
    pool_done(&draft->holds);
    pool_done(&draft->requests);
    table_done(&draft->hold_by_id);
    table_done(&draft->request_by_token);
    free(draft->events);
    table_done(&draft->member_by_uin);
    table_done(&draft->sums_by_organisation);
    table_done(&draft->seen);
    arena_done(&draft->memory);
    free(draft);
}

void draft_clear(struct draft *draft)
{
    pool_clear(&draft->entries);
    pool_clear(&draft->members);
    pool_clear(&draft->links);
    pool_clear(&draft->sums);
    pool_clear(&draft->grants);
    pool_clear(&draft->holds);
    pool_clear(&draft->requests);
    table_clear(&draft->hold_by_id);
    table_clear(&draft->request_by_token);
    table_clear(&draft->member_by_uin);
    table_clear(&draft->sums_by_organisation);
    draft->settled = 0;
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

static void expect(const struct draft *draft, const struct book *book, size_t index, bool body)
{
    if (index >= draft_entry_count(draft))
        return;
    const struct entry *entry = draft_entry(draft, index);
    for (uint32_t i = 0; i < entry->touch_count; i++)
        book_expect_member(book, entry->touches[i].uin, body);
}

/* Twice each: where the member is, and later the member. */
void draft_expect_members(const struct draft *draft, const struct book *book, size_t index)
{
    expect(draft, book, index + EXPECT_AHEAD, false);
    expect(draft, book, index + EXPECT_AHEAD / 2, true);
}

static int64_t latest_time(const struct draft *draft)
{
    uint32_t count = draft->entries.count;
    return count ? draft_entry(draft, count - 1)->time_us : book_time_us(draft->book);
}

void draft_now(struct draft *draft, int64_t now_us)
{
    int64_t latest_us = latest_time(draft);
    draft->now_us = now_us > latest_us ? now_us : latest_us;
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

/* Few members have grants, and these few. */
static bool copy_grants(struct draft *draft, const struct member *member, struct draft_member *into)
{
    uint32_t *behind = &into->grants;
    for (uint32_t i = member->grants; i != BOOK_NONE; i = book_grant(draft->book, i)->next) {
        uint32_t index = pool_take(&draft->grants);
        if (index == POOL_NONE)
            return false;
        struct grant *copy = pool_at(&draft->grants, index);
        *copy = *book_grant(draft->book, i);
        copy->next = BOOK_NONE;
        *behind = index;
        behind = &copy->next;
    }
    return true;
}

static bool copy_member(struct draft *draft, const struct member *member, struct draft_member *into)
{
    into->state = member->state;
    into->links.ordinal = member->ordinal;
    into->links.last = member->last_sequence;
    if (member->chain != BOOK_NONE)
        into->links.rest = member->chain | LINK_BELOW;
    into->name = slice_of(member->name, member->name_len);
    return copy_grants(draft, member, into);
}

/* `member` NULL: one who never was. */
static struct draft_member *add_member(struct draft *draft, uint32_t organisation, struct uin uin,
                                       const struct member *member)
{
    uint32_t index = pool_take(&draft->members);
    if (index == POOL_NONE)
        return NULL;
    struct draft_member *drafted = pool_at(&draft->members, index);
    drafted->uin = uin;
    drafted->organisation = organisation;
    drafted->state.flags = MEMBER_LEFT;
    drafted->links.rest = POOL_NONE;
    drafted->grants = BOOK_NONE;
    if (member && !copy_member(draft, member, drafted))
        return NULL;
    if (!table_add(&draft->member_by_uin, book_uin_hash(draft->book, uin), index))
        return NULL;
    return drafted;
}

struct draft_member *draft_member_add(struct draft *draft, uint32_t organisation, struct uin uin)
{
    return add_member(draft, organisation, uin, book_find_member(draft->book, organisation, uin));
}

enum refusal draft_member_get(struct draft *draft, uint32_t organisation, struct uin uin,
                              struct draft_member **ret_member)
{
    struct draft_member *drafted = draft_find_member(draft, organisation, uin);
    if (!drafted) {
        const struct member *member = book_find_member(draft->book, organisation, uin);
        if (!member)
            return REFUSAL_MEMBER_UNKNOWN;
        drafted = add_member(draft, organisation, uin, member);
    }
    if (drafted && (drafted->state.flags & MEMBER_LEFT))
        return REFUSAL_MEMBER_UNKNOWN;
    *ret_member = drafted;
    return REFUSAL_NONE;
}

/* Holds and grants */

static uint64_t id_hash(const struct draft *draft, uint64_t id)
{
    return book_uin_hash(draft->book, (struct uin){0, id});
}

static uint64_t hold_hash(const void *owner, uint32_t item)
{
    const struct draft *draft = owner;
    const struct draft_hold *hold = pool_at(&draft->holds, item);
    return id_hash(draft, hold->id);
}

static struct draft_hold *find_hold(const struct draft *draft, uint64_t id)
{
    struct table_probe probe;
    for (uint32_t i = table_first(&draft->hold_by_id, id_hash(draft, id), &probe); i != TABLE_NONE;
         i = table_next(&draft->hold_by_id, &probe)) {
        struct draft_hold *hold = pool_at(&draft->holds, i);
        if (hold->id == id)
            return hold;
    }
    return NULL;
}

struct amount draft_hold_left(const struct draft *draft, const struct draft_member *member,
                              uint64_t id)
{
    const struct draft_hold *drafted = find_hold(draft, id);
    if (drafted) {
        bool is_theirs =
            drafted->organisation == member->organisation && uin_equal(drafted->uin, member->uin);
        return is_theirs ? drafted->amount : AMOUNT_ZERO;
    }
    const struct hold *hold = book_find_hold(draft->book, id);
    if (!hold)
        return AMOUNT_ZERO;
    const struct member *holder = book_member(draft->book, hold->member);
    bool is_theirs =
        holder->organisation == member->organisation && uin_equal(holder->uin, member->uin);
    return is_theirs ? hold->amount : AMOUNT_ZERO;
}

bool draft_hold_put(struct draft *draft, const struct draft_member *member, uint64_t id,
                    struct amount left)
{
    struct draft_hold *hold = find_hold(draft, id);
    if (hold) {
        hold->amount = left;
        return true;
    }
    uint32_t index = pool_take(&draft->holds);
    if (index == POOL_NONE)
        return false;
    hold = pool_at(&draft->holds, index);
    *hold = (struct draft_hold){id, member->organisation, member->uin, left};
    return table_add(&draft->hold_by_id, id_hash(draft, id), index);
}

struct grant *draft_find_grant(const struct draft *draft, const struct draft_member *member,
                               uint64_t id)
{
    for (uint32_t i = member->grants; i != BOOK_NONE;) {
        struct grant *grant = pool_at(&draft->grants, i);
        if (grant->id == id)
            return grant;
        i = grant->next;
    }
    return NULL;
}

bool draft_grant_put(struct draft *draft, struct draft_member *member, const struct grant *grant)
{
    uint32_t index = pool_take(&draft->grants);
    if (index == POOL_NONE)
        return false;
    struct grant *placed = pool_at(&draft->grants, index);
    *placed = *grant;
    placed->next = member->grants;
    member->grants = index;
    return true;
}

void draft_grant_drop(struct draft *draft, struct draft_member *member, uint64_t id)
{
    uint32_t *link = &member->grants;
    for (;;) {
        struct grant *grant = pool_at(&draft->grants, *link);
        if (grant->id == id) {
            *link = grant->next;
            return;
        }
        link = &grant->next;
    }
}

bool draft_touch(struct draft *draft, struct draft_member *member, const struct member_state *after,
                 struct entry *entry)
{
    const struct link_pools pools = {&draft->links, &draft->book->links};
    struct touch *touched = &entry->touches[entry->touch_count++];
    touched->uin = member->uin;
    touched->after = *after;
    touched->ordinal = member->links.ordinal + 1;
    links_next(&pools, &member->links, &touched->previous, &touched->jump);
    if (!links_push(&pools, &member->links, entry->sequence))
        return false;
    member->state = *after;
    return true;
}

/* Requests */

static uint64_t token_hash(const void *owner, uint32_t item)
{
    const struct draft *draft = owner;
    const struct draft_request *request = pool_at(&draft->requests, item);
    return id_hash(draft, request_prefix(slice_of((const char *)request->token, DIGEST_BYTES)));
}

const struct entry *draft_find_request(const struct draft *draft, const unsigned char *token)
{
    struct table_probe probe;
    uint64_t prefix = request_prefix(slice_of((const char *)token, DIGEST_BYTES));
    for (uint32_t i = table_first(&draft->request_by_token, id_hash(draft, prefix), &probe);
         i != TABLE_NONE; i = table_next(&draft->request_by_token, &probe)) {
        const struct draft_request *request = pool_at(&draft->requests, i);
        if (request_prefix(slice_of((const char *)request->token, DIGEST_BYTES)) == prefix)
            return draft_entry(draft, request->entry);
    }
    return NULL;
}

static void put_asker(const struct request *request, struct entry *entry)
{
    entry->door = request->door;
    entry->mark = request->mark;
    entry->principal = request->principal;
    entry->account = request->account;
    entry->user = request->user;
    entry->subject = request->key;
    entry->unix_user = request->unix_user;
    entry->name = request->unix_name;
    entry->received_us = request->received_us;
    entry->request_id = slice_of((const char *)request->id, REQUEST_ID_BYTES);
    if (request->mark != MARK_NONE)
        entry->token_digest = slice_of((const char *)request->token, DIGEST_BYTES);
    if (request->mark == MARK_TOKEN)
        entry->body_digest = slice_of((const char *)request->body, DIGEST_BYTES);
}

struct status draft_request_add(struct draft *draft, const struct command *command, uint32_t made,
                                struct slice outcomes, struct fault *fault)
{
    const struct request *request = &command->request;
    uint32_t place = draft->entries.count;
    uint32_t organisation =
        made > 0 ? draft_entry(draft, place - 1)->organisation : command->organisation;
    struct entry *entry = draft_entry_add(draft, ENTRY_REQUEST, organisation);
    if (!entry)
        return fault_no_memory(fault);
    put_asker(request, entry);
    entry->made = made;
    entry->outcomes = outcomes;
    CHECK(entry_is_valid(entry));
    if (request->mark == MARK_NONE)
        return STATUS_DONE;
    uint32_t index = pool_take(&draft->requests);
    if (index == POOL_NONE)
        return fault_no_memory(fault);
    struct draft_request *drafted = pool_at(&draft->requests, index);
    *drafted = (struct draft_request){request->token, place};
    return table_add(&draft->request_by_token, token_hash(draft, index), index)
               ? STATUS_DONE
               : fault_no_memory(fault);
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
        table_clear(&draft->seen);
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
