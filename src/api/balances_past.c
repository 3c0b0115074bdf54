/* The billing actions at a past moment (X-Bursar-As-Of): the listing as it was then, who has joined
 * since left out, who has left since in it, balances and names of then.
 *
 * Who was listed is found once and kept as a selection; a page of it costs a few reads a row.
 *
 * Owns nothing; memory is the call's. Thread: the worker's for *_ask, the historian's for the rest.
 */
#include "api/balance_row.h"
#include "api/balances.h"
#include "api/pick.h"
#include "api/selections.h"
#include "api/walk.h"
#include "base/check.h"

#include <stdlib.h>

bool is_as_of(const struct exchange *exchange)
{
    return exchange->is_as_of;
}

/* ---- the listing ---- */

/* What the walks over the members need to know. `since`: the first entry after the moment. */
struct listing_query {
    int64_t t_us;
    uint64_t since;
};

struct balances_work {
    unsigned char key[SELECTION_KEY_BYTES];
    struct page page;
    struct uin uins[MEMBER_UINS_MAX]; /* asked for, ascending */
    size_t uin_count;                 /* 0 = all */
    bool has_scope;
    const struct uin *scope; /* of the caller's delegation, ascending */
    uint32_t scope_count;
    struct listing_query query;
};

/* A selection is of an organisation and a moment, and of a scope. */
static void make_key(struct exchange *exchange, struct balances_work *work)
{
    char memory[96];
    unsigned char hash[SHA256_SIZE];
    struct buffer question;
    buffer_init_fixed(&question, memory, sizeof memory);
    buffer_printf(&question, "as of %u %lld %d", exchange->organisation,
                  (long long)exchange->as_of_us, work->has_scope);
    const struct slice parts[] = {
        buffer_slice(&question), slice_of("", 1),
        slice_of((const char *)work->scope, work->scope_count * sizeof work->scope[0])};
    sha256_parts(exchange->worker->crypto, parts, sizeof parts / sizeof parts[0], hash);
    memcpy(work->key, hash, sizeof work->key);
}

/* Whom a delegation names, without those who have left and come back since. */
static bool copy_reached(struct exchange *exchange, const struct book *book,
                         const struct delegation *delegation, struct balances_work *work)
{
    struct uin *scope =
        arena_take_array(exchange->arena, delegation->scope_count + 1, sizeof *scope);
    if (!scope)
        return false;
    for (uint32_t i = 0; i < delegation->scope_count; i++) {
        const struct member *member =
            book_find_member(book, exchange->organisation, delegation->scope[i]);
        if (member && delegation_reaches(delegation, member))
            scope[work->scope_count++] = delegation->scope[i];
    }
    work->scope = scope;
    return true;
}

/* The delegation of today says whom the caller may see. */
static bool copy_scope(struct exchange *exchange, struct balances_work *work)
{
    bool copied = true;
    if (exchange->sees_everyone)
        return true;
    const struct book *book = exchange_book_begin(exchange);
    const struct delegation *delegation =
        book_find_delegation(book, exchange->organisation, exchange->principal.account);
    work->has_scope = delegation && !delegation->everyone;
    if (work->has_scope)
        copied = copy_reached(exchange, book, delegation, work);
    exchange_book_end(exchange);
    if (!copied)
        return exchange_refuse(exchange, ERROR_INTERNAL);
    return delegation || exchange_refuse_cam(exchange);
}

bool balances_past_ask(struct exchange *exchange, struct api_pending *pending)
{
    const struct balances_input *input = exchange->input;
    struct balances_work *work = arena_take_array(exchange->arena, 1, sizeof *work);
    pending->work = work;
    if (!work)
        return exchange_refuse(exchange, ERROR_INTERNAL);
    work->page = page_asked(input);
    if (!uins_asked(exchange, &input->member_uins, work->uins, &work->uin_count) ||
        !exchange_choose_organisation(exchange, NULL) || !copy_scope(exchange, work) ||
        !past_check_moment(exchange, exchange->as_of_us, SLICE("X-Bursar-As-Of")))
        return false;
    make_key(exchange, work);
    return true;
}

static struct past *past_of(struct api_pending *pending, size_t count)
{
    return arena_take_array(pending->exchange.arena, count + 1, sizeof(struct past));
}

static struct past past_at(const struct api_pending *pending, struct uin uin)
{
    return (struct past){.uin = uin, .t_us = pending->exchange.as_of_us};
}

/* Members of the book as those to be asked about. */
static void name_members(struct api_pending *pending, const uint32_t *indexes, size_t count,
                         struct past *members)
{
    const struct book *book = pending_book_begin(pending);
    for (size_t i = 0; i < count; i++)
        members[i] = past_at(pending, book_member(book, indexes[i])->uin);
    pending_book_end(pending);
}

/* Of those asked for, who were listed. */
static size_t keep_listed(struct past *members, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (past_is_listed(&members[i]))
            members[kept++] = members[i];
    return kept;
}

static bool is_in_scope(const struct balances_work *work, struct uin uin)
{
    const struct delegation delegation = {.scope = work->scope, .scope_count = work->scope_count};
    return !work->has_scope || delegation_includes(&delegation, uin);
}

static void render_rows(struct api_pending *pending, const struct past *members, size_t count)
{
    struct buffer *out = &pending->answer;
    BUFFER_LITERAL(out, "\"Data\":[");
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buffer_char(out, ',');
        balance_row_render(&members[i].state, members[i].uin, members[i].name, out);
    }
}

static struct status read_asked(struct api_pending *pending, struct history *history,
                                struct fault *fault)
{
    const struct balances_work *work = pending->work;
    const struct page *page = &work->page;
    struct past members[MEMBER_UINS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < work->uin_count; i++)
        if (is_in_scope(work, work->uins[i]))
            members[count++] = past_at(pending, work->uins[i]);
    TRY(past_read(pending, history, members, count, fault));
    count = keep_listed(members, count);
    size_t first = page->first < count ? (size_t)page->first : count;
    size_t rows = count - first < page->size ? count - first : (size_t)page->size;
    render_rows(pending, members + first, rows);
    page_render_end(page, rows, count, &pending->answer);
    return STATUS_DONE;
}

/* ---- who was listed ---- */

/* Listed now, and since before the moment. */
static bool takes_staying(struct pick *pick, const struct book *book, const struct member *member,
                          int64_t *ret_order)
{
    const struct listing_query *query = pick->query;
    (void)book;
    *ret_order = 0; /* they come in their order */
    return member->joined_us <= query->t_us;
}

/* Left since then (leaving is the last entry of who has left), or back since then: who may have
 * been listed and was not met among those staying. */
static bool takes_others(struct pick *pick, const struct book *book, const struct member *member,
                         int64_t *ret_order)
{
    const struct listing_query *query = pick->query;
    (void)book;
    *ret_order = 0;
    if (member->state.flags & MEMBER_OWNER)
        return false;
    bool has_left = member->state.flags & MEMBER_LEFT;
    if (has_left && member->last_sequence < query->since)
        return false;
    return member->joined_us > query->t_us ? member->rejoined : has_left;
}

/* So many are named in one section of the gate. */
enum { AT_A_TIME = 256 };

static uint32_t at_a_time(uint32_t left)
{
    return left < AT_A_TIME ? left : AT_A_TIME;
}

/* One of the others who was listed. */
struct found {
    struct uin uin;
    uint32_t index;
};

static int found_compare(const void *left, const void *right)
{
    return uin_compare(((const struct found *)left)->uin, ((const struct found *)right)->uin);
}

/* Asks the journal about the others, some at a time. */
static struct status judge_others(struct api_pending *pending, struct history *history,
                                  const struct pick *others, struct found *found, size_t *ret_count,
                                  struct fault *fault)
{
    struct past members[AT_A_TIME];
    size_t count = 0;
    for (uint32_t i = 0; i < others->count;) {
        uint32_t size = at_a_time(others->count - i);
        name_members(pending, others->members + i, size, members);
        TRY(past_read(pending, history, members, size, fault));
        for (uint32_t j = 0; j < size; j++)
            if (past_is_listed(&members[j]))
                found[count++] = (struct found){members[j].uin, others->members[i + j]};
        i += size;
    }
    qsort(found, count, sizeof found[0], found_compare);
    *ret_count = count;
    return STATUS_DONE;
}

/* Those staying, ascending, with the others put between; who left during the walk is in both. */
static bool merge(struct api_pending *pending, struct pick *staying, const struct found *found,
                  size_t found_count)
{
    struct pick all = {.pending = pending};
    struct past members[AT_A_TIME];
    size_t at = 0;
    bool good = true;
    for (uint32_t i = 0; i < staying->count && good; i++) {
        const uint32_t *index = &staying->members[i];
        if (i % AT_A_TIME == 0)
            name_members(pending, index, at_a_time(staying->count - i), members);
        struct uin uin = members[i % AT_A_TIME].uin;
        for (; at < found_count && uin_compare(found[at].uin, uin) < 0 && good; at++)
            good = pick_add(&all, found[at].index, 0);
        at += at < found_count && uin_equal(found[at].uin, uin);
        good = good && pick_add(&all, *index, 0);
    }
    for (; at < found_count && good; at++)
        good = pick_add(&all, found[at].index, 0);
    pick_done(staying);
    *staying = all;
    return good;
}

static struct status add_others(struct api_pending *pending, struct history *history,
                                const struct pick *others, struct pick *staying,
                                struct fault *fault)
{
    size_t count = 0;
    if (others->count == 0)
        return STATUS_DONE;
    struct found *found = calloc(others->count, sizeof *found);
    if (!found)
        return fault_raise(fault, STATUS_MEMORY, "no memory for a listing of the past");
    struct status status = judge_others(pending, history, others, found, &count, fault);
    if (status_ok(status) && count > 0 && !merge(pending, staying, found, count))
        status = fault_raise(fault, STATUS_MEMORY, "no memory for a listing of the past");
    free(found);
    return status;
}

static struct status pick_everyone(struct api_pending *pending, struct history *history,
                                   struct pick *staying, struct fault *fault)
{
    struct listing_query *query = &((struct balances_work *)pending->work)->query;
    query->t_us = pending->exchange.as_of_us;
    TRY(walk_find_time(history, query->t_us + 1, fault, &query->since));
    struct pick others = {.pending = pending, .takes = takes_others, .query = query};
    staying->takes = takes_staying;
    staying->query = query;
    struct status status = STATUS_DONE;
    if (!pick_listed(staying) || !pick_all(&others))
        status = fault_raise(fault, STATUS_MEMORY, "no memory for a listing of the past");
    if (status_ok(status))
        status = add_others(pending, history, &others, staying, fault);
    pick_done(&others);
    return status;
}

/* Of a scope every member is asked about. */
static struct status pick_scope(struct api_pending *pending, struct history *history,
                                struct pick *pick, struct fault *fault)
{
    const struct balances_work *work = pending->work;
    struct past *members = past_of(pending, work->scope_count);
    bool good = members != NULL;
    for (uint32_t i = 0; i < work->scope_count && good; i++)
        members[i] = past_at(pending, work->scope[i]);
    if (good)
        TRY(past_read(pending, history, members, work->scope_count, fault));
    for (uint32_t i = 0; i < work->scope_count && good;) {
        uint32_t end = i + at_a_time(work->scope_count - i);
        const struct book *book = pending_book_begin(pending);
        for (; i < end && good; i++) {
            if (!past_is_listed(&members[i]))
                continue;
            const struct member *member =
                book_find_member(book, pending->exchange.organisation, members[i].uin);
            good = pick_add(pick, book_member_index(book, member), 0);
        }
        pending_book_end(pending);
    }
    return good ? STATUS_DONE
                : fault_raise(fault, STATUS_MEMORY, "no memory for a listing of the past");
}

static struct status build(struct api_pending *pending, struct history *history,
                           struct fault *fault, const struct selection **ret_selection)
{
    struct exchange *exchange = &pending->exchange;
    const struct balances_work *work = pending->work;
    struct pick pick = {.pending = pending};
    struct status status = work->has_scope ? pick_scope(pending, history, &pick, fault)
                                           : pick_everyone(pending, history, &pick, fault);
    if (status_ok(status)) {
        *ret_selection = selections_add(exchange->worker->api->selections, work->key, 0,
                                        pick.members, pick.count, exchange->book_us);
        pick.members = NULL;
        if (!*ret_selection)
            status = fault_raise(fault, STATUS_MEMORY, "a listing of the past is too large");
    }
    pick_done(&pick);
    return status;
}

/* What was a moment ago may still be written. */
static bool is_settled(const struct exchange *exchange)
{
    enum { SETTLED_AFTER_US = 5000000 };
    return exchange->book_us - exchange->as_of_us >= SETTLED_AFTER_US;
}

static struct status read_page(struct api_pending *pending, struct history *history,
                               const struct selection *selection, struct fault *fault)
{
    const struct balances_work *work = pending->work;
    const struct page *page = &work->page;
    struct past members[PAGE_SIZE_MAX];
    uint64_t first = page->first < selection->count ? page->first : selection->count;
    size_t count =
        (size_t)(selection->count - first < page->size ? selection->count - first : page->size);
    if (count > 0)
        name_members(pending, selection->members + first, count, members);
    TRY(past_read(pending, history, members, count, fault));
    render_rows(pending, members, count);
    page_render_end(page, count, selection->count, &pending->answer);
    return STATUS_DONE;
}

struct status balances_past_read(struct api_pending *pending, struct history *history,
                                 struct fault *fault)
{
    struct exchange *exchange = &pending->exchange;
    const struct balances_work *work = pending->work;
    const struct selection *selection = NULL;
    if (work->uin_count > 0)
        return read_asked(pending, history, fault);
    if (is_settled(exchange))
        selection =
            selections_find(exchange->worker->api->selections, work->key, 0, exchange->book_us);
    if (!selection)
        TRY(build(pending, history, fault, &selection));
    return read_page(pending, history, selection, fault);
}

/* ---- the caller's own account ---- */

bool own_past_ask(struct exchange *exchange, struct api_pending *pending)
{
    struct past *past = arena_take_array(exchange->arena, 1, sizeof *past);
    pending->work = past;
    if (!past)
        return exchange_refuse(exchange, ERROR_INTERNAL);
    if (exchange->principal.is_operator) /* has no account */
        return exchange_refuse(exchange, ERROR_NO_ORGANIZATION);
    past->uin = exchange->principal.account;
    past->t_us = exchange->as_of_us;
    return past_check_moment(exchange, past->t_us, SLICE("X-Bursar-As-Of"));
}

/* The account's grants then, from its entries: from the newest back to its joining. */
struct grants_then {
    struct grant *grants; /* newest first */
    uint32_t count;
    uint64_t *ended; /* their numbers */
    uint32_t ended_count;
};

static void note_grant(struct grants_then *then, const struct entry *entry)
{
    if (entry->kind == ENTRY_REVOKE_TEMPORARY || entry->kind == ENTRY_END_TEMPORARY)
        then->ended[then->ended_count++] = entry->subject;
    if (entry->kind != ENTRY_GRANT_TEMPORARY)
        return;
    then->grants[then->count++] = (struct grant){.id = entry->sequence,
                                                 .amount = entry->cash,
                                                 .start_us = entry->start_us,
                                                 .end_us = entry->end_us};
}

static bool then_init(struct grants_then *then, struct arena *arena)
{
    then->grants = arena_take(arena, WALK_READS_MAX * sizeof then->grants[0]);
    then->ended = arena_take(arena, WALK_READS_MAX * sizeof then->ended[0]);
    return then->grants && then->ended;
}

static struct status read_grants(struct api_pending *pending, struct history *history,
                                 const struct past *past, struct grants_then *then,
                                 struct fault *fault)
{
    uint64_t sequence = past->entry;
    for (int reads = 0; sequence != 0; reads++) {
        struct entry entry;
        if (reads == WALK_READS_MAX) {
            (void)exchange_refuse(&pending->exchange, ERROR_TOO_MUCH_TO_READ);
            return STATUS_DONE;
        }
        TRY(history_entry(history, sequence, fault, &entry));
        const struct touch *touch = entry_touch(&entry, pending->exchange.organisation, past->uin);
        if (!touch)
            return fault_raise(fault, STATUS_CORRUPT,
                               "entry %llu is linked as an account's, and is not",
                               (unsigned long long)sequence);
        note_grant(then, &entry);
        sequence = entry.kind == ENTRY_JOIN ? 0 : touch->previous;
    }
    return STATUS_DONE;
}

static int number_compare(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

static bool has_ended(const struct grants_then *then, const struct grant *grant, int64_t t_us)
{
    return (grant->end_us != 0 && grant->end_us <= t_us) ||
           bsearch(&grant->id, then->ended, then->ended_count, sizeof then->ended[0],
                   number_compare) != NULL;
}

static void add_grants(const struct past *past, struct grants_then *then, struct own_view *view)
{
    qsort(then->ended, then->ended_count, sizeof then->ended[0], number_compare);
    for (uint32_t i = then->count; i > 0; i--)
        if (!has_ended(then, &then->grants[i - 1], past->t_us))
            own_view_add(view, &then->grants[i - 1]);
}

struct status own_past_read(struct api_pending *pending, struct history *history,
                            struct fault *fault)
{
    const struct own_balance_input *input = pending->exchange.input;
    struct past *past = pending->work;
    struct grants_then then = {.count = 0};
    struct fields fields;
    TRY(past_read(pending, history, past, 1, fault));
    if (!past_belongs(past)) {
        (void)exchange_refuse(&pending->exchange, ERROR_MEMBER_NOT_THEN);
        return STATUS_DONE;
    }
    if (input->temp_credit.value) {
        if (!then_init(&then, pending->exchange.arena))
            return fault_raise(fault, STATUS_MEMORY, "no memory for grants of the past");
        TRY(read_grants(pending, history, past, &then, fault));
    }
    CHECK(fields_derive(&past->state, past->state.temporary, &fields));
    struct own_view *view =
        own_view_make(&pending->exchange, &fields, past->state.flags, past->uin, then.count);
    if (!view)
        return STATUS_DONE;
    if (input->temp_credit.value)
        add_grants(past, &then, view);
    answer_write(&pending->exchange, view, &pending->answer);
    return STATUS_DONE;
}
