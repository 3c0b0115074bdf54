/* Members' names, now and before: an answer that is given again, and a page of the past, show the
 * name of then.
 *
 * 1. A member's past names are listed newest first; each was in force until the entry `until`, not
 *    included. A member that never changed its name has none.
 * 2. A name that was in force is never overwritten.
 *
 * Owns nothing: pool and heap are the book's. A writer alone. */
#include "ledger/book_state.h"

#include "base/check.h"

struct slice member_name(const struct member *member)
{
    return slice_of(member->name, member->name_len);
}

bool book_member_name(struct book *book, struct member *member, struct slice name)
{
    struct slice place = member_name(member);
    CHECK(name.len <= UINT16_MAX);
    if (!heap_put(&book->heap, name, &place))
        return false;
    member->name = place.at;
    member->name_len = (uint16_t)place.len;
    return true;
}

uint32_t names_put_past(struct book *book, uint32_t *link, uint64_t until, struct slice name)
{
    uint32_t index = pool_take(&book->past_names);
    if (index == POOL_NONE)
        return BOOK_NONE;
    struct past_name *past = pool_at(&book->past_names, index);
    *past = (struct past_name){until, name.at, *link, (uint16_t)name.len};
    *link = index;
    return index;
}

bool book_member_rename(struct book *book, struct member *member, struct slice name,
                        uint64_t sequence)
{
    if (slice_equal(name, member_name(member)))
        return true;
    if (member->name_len > 0) {
        if (names_put_past(book, &member->past_names, sequence, member_name(member)) == BOOK_NONE)
            return false;
        member->name = NULL; /* invariant 2 */
        member->name_len = 0;
    }
    return book_member_name(book, member, name);
}

struct slice book_name_at(const struct book *book, const struct member *member, uint64_t sequence)
{
    struct slice name = member_name(member);
    for (uint32_t i = member->past_names; i != BOOK_NONE;) {
        const struct past_name *past = pool_at(&book->past_names, i);
        if (past->until <= sequence)
            break;
        name = slice_of(past->at, past->len);
        i = past->next;
    }
    return name;
}
