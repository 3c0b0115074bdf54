/* Walking over members; see pick.h.
 *
 * The gate is left after each slice, so that the committer need not wait: who joins or leaves
 * meanwhile may or may not be met.
 *
 * Owns what it picks until the caller takes it. Thread: the historian's. */
#include "api/pick.h"

#include <stdlib.h>

enum { SLICE_MEMBERS = 2048, FIRST_CAP = 256 };

static bool grow(struct pick *pick)
{
    uint32_t cap = pick->cap ? pick->cap * 2 : FIRST_CAP;
    uint32_t *members = realloc(pick->members, cap * sizeof *members);
    if (!members)
        return false;
    pick->members = members;
    if (pick->sorts) {
        int64_t *orders = realloc(pick->orders, cap * sizeof *orders);
        if (!orders)
            return false;
        pick->orders = orders;
    }
    pick->cap = cap;
    return true;
}

bool pick_add(struct pick *pick, uint32_t index, int64_t order)
{
    if (pick->count == pick->cap && !grow(pick))
        return false;
    pick->members[pick->count] = index;
    if (pick->sorts)
        pick->orders[pick->count] = order;
    pick->count++;
    return true;
}

void pick_done(struct pick *pick)
{
    free(pick->members);
    free(pick->orders);
    pick->members = NULL;
    pick->orders = NULL;
}

static bool offer(struct pick *pick, const struct book *book, const struct member *member)
{
    int64_t order = 0;
    return !pick->takes(pick, book, member, &order) ||
           pick_add(pick, book_member_index(book, member), order);
}

/* ---- order ---- */

struct ordered {
    int64_t order;
    uint32_t place;
    uint32_t index;
};

/* Equal ones stay ascending by uin. */
static int compare_up(const void *left, const void *right)
{
    const struct ordered *a = left, *b = right;
    if (a->order != b->order)
        return a->order < b->order ? -1 : 1;
    return (a->place > b->place) - (a->place < b->place);
}

static int compare_down(const void *left, const void *right)
{
    const struct ordered *a = left, *b = right;
    if (a->order != b->order)
        return a->order > b->order ? -1 : 1;
    return (a->place > b->place) - (a->place < b->place);
}

static bool sort(struct pick *pick)
{
    struct ordered *ordered = malloc((pick->count + (size_t)1) * sizeof *ordered);
    if (!ordered)
        return false;
    for (uint32_t i = 0; i < pick->count; i++)
        ordered[i] = (struct ordered){pick->orders[i], i, pick->members[i]};
    qsort(ordered, pick->count, sizeof *ordered, pick->descending ? compare_down : compare_up);
    for (uint32_t i = 0; i < pick->count; i++)
        pick->members[i] = ordered[i].index;
    free(ordered);
    return true;
}

static void reverse(struct pick *pick)
{
    for (uint32_t i = 0; i < pick->count / 2; i++) {
        uint32_t other = pick->members[i];
        pick->members[i] = pick->members[pick->count - 1 - i];
        pick->members[pick->count - 1 - i] = other;
    }
}

/* ---- walks ---- */

/* Those listed behind *cursor, which is moved on. Inside the gate. */
static size_t list_slice(const struct book *book, uint32_t organisation, struct uin *cursor,
                         const struct member **members)
{
    uint64_t rank = uin_is_none(*cursor) ? 0 : book_rank(book, organisation, *cursor);
    size_t count = book_list(book, organisation, rank, SLICE_MEMBERS, members);
    size_t skipped = count > 0 && uin_equal(members[0]->uin, *cursor);
    if (count > 0)
        *cursor = members[count - 1]->uin;
    if (skipped)
        memmove(members, members + 1, (count - 1) * sizeof members[0]);
    return count - skipped;
}

bool pick_listed(struct pick *pick)
{
    const struct member *members[SLICE_MEMBERS];
    uint32_t organisation = pick->pending->exchange.organisation;
    struct uin cursor = {0, 0};
    bool good = grow(pick);
    for (size_t count = 1; good && count > 0;) {
        const struct book *book = pending_book_begin(pick->pending);
        if (uin_is_none(cursor))
            pick->sequence = book_sequence(book);
        count = list_slice(book, organisation, &cursor, members);
        for (size_t i = 0; i < count && good; i++)
            good = offer(pick, book, members[i]);
        pending_book_end(pick->pending);
    }
    if (good && pick->sorts)
        good = sort(pick);
    else if (good && pick->descending)
        reverse(pick);
    return good;
}

bool pick_all(struct pick *pick)
{
    uint32_t organisation = pick->pending->exchange.organisation;
    uint32_t next = 0, end = 1;
    bool good = grow(pick);
    while (good && next < end) {
        const struct book *book = pending_book_begin(pick->pending);
        end = book_member_count(book);
        uint32_t stop = end - next > SLICE_MEMBERS ? next + SLICE_MEMBERS : end;
        for (; next < stop && good; next++) {
            const struct member *member = book_member(book, next);
            good = member->organisation != organisation || offer(pick, book, member);
        }
        pending_book_end(pick->pending);
    }
    return good;
}
