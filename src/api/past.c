/* Members as they were; see past.h.
 *
 * A member's newest entry by the moment tells its state. When it has none later, the book tells it,
 * since time may have changed it meanwhile: a hold that has expired or credit that has ended counts
 * from its moment on, whether or not its entry has been written.
 *
 * 1. The book is looked at before the snapshot is taken, so that what it names is in the snapshot.
 * Owns nothing; memory is the call's. Thread: the historian's. */
#include "api/past.h"

/* Inside the gate. */
static void look_up(struct api_pending *pending, const struct book *book, struct past *past)
{
    const struct member *member = book_find_member(book, pending->exchange.organisation, past->uin);
    past->found = false;
    past->last_sequence = 0;
    if (!member)
        return;
    past->last_sequence = member->last_sequence;
    past->latest = member->state;
    past->latest.frozen = book_frozen(book, member, past->t_us);
    past->latest.temporary = book_temporary_credit(book, member, past->t_us);
}

/* Inside the gate; before its first entry an account has its first name. False: memory is short. */
static bool name_it(struct api_pending *pending, const struct book *book, struct past *past)
{
    const struct member *member = book_find_member(book, pending->exchange.organisation, past->uin);
    if (!member)
        return true;
    struct slice name = book_name_at(book, member, past->found ? past->entry : 0);
    past->name = arena_copy(pending->exchange.arena, name);
    return past->name.len == name.len;
}

static struct status find(struct api_pending *pending, struct history *history, struct past *past,
                          struct fault *fault)
{
    struct moment moment;
    if (past->last_sequence == 0)
        return STATUS_DONE;
    TRY(history_at(history, past->last_sequence, pending->exchange.organisation, past->uin,
                   past->t_us, fault, &past->found, &moment));
    if (!past->found)
        return STATUS_DONE;
    past->entry = moment.sequence;
    past->ordinal = moment.touch.ordinal;
    past->state = moment.sequence == past->last_sequence ? past->latest : moment.touch.after;
    return STATUS_DONE;
}

struct status past_read(struct api_pending *pending, struct history *history, struct past *members,
                        size_t count, struct fault *fault)
{
    bool has_memory = true;
    const struct book *book = pending_book_begin(pending);
    for (size_t i = 0; i < count; i++)
        look_up(pending, book, &members[i]);
    pending_book_end(pending);
    TRY(history_begin(history, fault));
    for (size_t i = 0; i < count; i++)
        TRY(find(pending, history, &members[i], fault));
    book = pending_book_begin(pending);
    for (size_t i = 0; i < count && has_memory; i++)
        has_memory = name_it(pending, book, &members[i]);
    pending_book_end(pending);
    return has_memory ? STATUS_DONE
                      : fault_raise(fault, STATUS_MEMORY, "no memory for the names of members");
}

bool past_is_listed(const struct past *member)
{
    return member->found && !(member->state.flags & (MEMBER_LEFT | MEMBER_OWNER));
}

bool past_belongs(const struct past *member)
{
    return member->found && !(member->state.flags & MEMBER_LEFT);
}

bool past_check_moment(struct exchange *exchange, int64_t t_us, struct slice name)
{
    const struct book *book = exchange_book_begin(exchange);
    int64_t created_us = book_organisation(book, exchange->organisation)->created_us;
    exchange_book_end(exchange);
    return (t_us >= created_us && t_us <= exchange->book_us) ||
           exchange_refuse_word(exchange, ERROR_VALUE_AS_OF, name);
}

const struct touch *entry_touch(const struct entry *entry, uint32_t organisation, struct uin uin)
{
    if (entry->organisation != organisation)
        return NULL;
    for (uint32_t i = 0; i < entry->touch_count; i++)
        if (uin_equal(entry->touches[i].uin, uin))
            return &entry->touches[i];
    return NULL;
}
