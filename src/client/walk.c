/* All members in ascending uin order, though pages go by rank and members come and go meanwhile.
 *
 * The method: windows that overlap. A page of s rows with number n shows the ranks [s(n-1), sn) of
 * one moment. Let `last` be the uin given last. If a window shows any uin up to `last`, or begins
 * at rank 0, then whoever is behind `last` at that moment and not behind the window's end is in the
 * window: nobody was skipped. So every next page is chosen to include a row known to be not behind
 * `last` (the anchor), and to reach as far beyond it as it can; sizes 1 to 10 give about 6 new rows
 * a call. Pages of ten side by side would give 10, but one member leaving and one joining between
 * two calls would hide a third, and neither TotalCount nor the order of rows would show it.
 *
 * Owns: copies of the rows it hands out. Invariants:
 * 1. `last` only grows, and only rows behind it are given: no uin is given twice.
 * 2. Rows are given from a window only if it overlaps, or begins at rank 0; else the walk steps
 * back until one does. A member that stays throughout is given.
 * 3. Ranks that are multiples of 2,520 (the least common multiple of 1 to 10) begin a page of every
 *    size, so no window reaches across them. There the page beyond is read between two readings of
 *    the page before, and used only if both and TotalCount were the same: 2 would fail only if
 *    members had left and joined, and the same undone, within three consecutive calls.
 * 4. The end is where a window's last row is the TotalCount-th.
 *
 * The client's thread. */
#include "base/uin.h"
#include "client/client.h"

#include <stdlib.h>

enum { ROWS_MAX = 10, TRIES_MAX = 3, CALLS_PER_SECOND = 20, SECOND_US = 1000000 };
enum { WINDOW_ARENA_FIRST = 4 << 10, WINDOW_ARENA_MAX = 64 << 20 };

struct window {
    struct arena arena; /* the rows' texts */
    struct bursar_member_balance rows[ROWS_MAX];
    struct uin uins[ROWS_MAX];
    size_t count;
    uint64_t size;
    uint64_t offset; /* rank of the first row */
    uint64_t total;
};

struct bursar_balance_walk {
    struct bursar_client *client;
    struct window windows[2];
    struct window *window; /* what rows are given from; the other one is for looking beyond */
    size_t next;           /* row to be given next */
    struct uin last;       /* given last; none at first */
    uint64_t anchor;       /* rank of a row that was not behind `last` when seen */
    bool steps_back;
    bool ended;
    int64_t interval_us; /* between the starts of two calls */
    int64_t start_us;    /* of the last call, steady clock */
    bool has_started;
};

enum bursar_result bursar_balance_walk_new(struct bursar_client *client, uint32_t calls_per_second,
                                           struct bursar_balance_walk **ret_walk)
{
    uint32_t rate = calls_per_second ? calls_per_second : CALLS_PER_SECOND;
    struct bursar_balance_walk *walk = calloc(1, sizeof *walk);
    *ret_walk = NULL;
    if (!walk || !arena_init(&walk->windows[0].arena, WINDOW_ARENA_FIRST, WINDOW_ARENA_MAX) ||
        !arena_init(&walk->windows[1].arena, WINDOW_ARENA_FIRST, WINDOW_ARENA_MAX)) {
        bursar_balance_walk_free(walk);
        return client_fail(client, BURSAR_MEMORY, "out of memory");
    }
    walk->client = client;
    walk->window = &walk->windows[0];
    walk->interval_us = (SECOND_US + (int64_t)rate - 1) / rate;
    *ret_walk = walk;
    return BURSAR_OK;
}

void bursar_balance_walk_free(struct bursar_balance_walk *walk)
{
    if (!walk)
        return;
    arena_done(&walk->windows[0].arena);
    arena_done(&walk->windows[1].arena);
    free(walk);
}

uint64_t bursar_balance_walk_total(const struct bursar_balance_walk *walk)
{
    return walk->window->total;
}

/* Evenly spaced starts: however the server's seconds are cut, none sees more than the budget. */
static void pace(struct bursar_balance_walk *walk)
{
    const struct sys *sys = walk->client->sys;
    int64_t now_us = sys_steady_us(sys);
    while (walk->has_started && now_us < walk->start_us + walk->interval_us) {
        walk->client->sleep_us(walk->start_us + walk->interval_us - now_us);
        now_us = sys_steady_us(sys);
    }
    walk->has_started = true;
    walk->start_us = now_us;
}

static bool copy_text(struct arena *arena, const char *text, const char **ret_copy)
{
    struct slice copy = arena_copy(arena, slice_of(text, strlen(text) + 1));
    *ret_copy = copy.at;
    return copy.at;
}

static bool copy_rows(const struct bursar_balance_page *page, struct window *window)
{
    arena_reset(&window->arena);
    for (size_t i = 0; i < page->member_count; i++) {
        struct bursar_member_balance *row = &window->rows[i];
        *row = page->members[i];
        if (!copy_text(&window->arena, row->member_uin, &row->member_uin) ||
            !copy_text(&window->arena, row->member_name, &row->member_name) ||
            !uin_parse(slice_text(row->member_uin), &window->uins[i]))
            return false;
    }
    window->count = page->member_count;
    return true;
}

/* What the method relies on: rows ascending, and as many as size and TotalCount promise. */
static enum bursar_result check_window(struct bursar_client *client, const struct window *window)
{
    uint64_t there = window->offset < window->total ? window->total - window->offset : 0;
    if (window->count != (there < window->size ? there : window->size))
        return client_fail(client, BURSAR_PROTOCOL,
                           "the answer is not what the API promises: a page of %zu members where "
                           "TotalCount leaves %llu",
                           window->count, (unsigned long long)there);
    for (size_t i = 1; i < window->count; i++)
        if (uin_compare(window->uins[i - 1], window->uins[i]) >= 0)
            return client_fail(client, BURSAR_PROTOCOL,
                               "the answer is not what the API promises: members are not in "
                               "ascending uin order");
    return BURSAR_OK;
}

static enum bursar_result fetch_once(struct bursar_balance_walk *walk, uint64_t size,
                                     uint64_t number, struct window *window)
{
    const struct bursar_balance_page *page;
    pace(walk);
    enum bursar_result result =
        bursar_describe_org_member_account_balance(walk->client, number, size, NULL, 0, &page);
    if (result != BURSAR_OK)
        return result;
    if (!copy_rows(page, window))
        return client_fail(walk->client, BURSAR_MEMORY, "out of memory");
    window->size = size;
    window->offset = size * (number - 1);
    window->total = page->total_count;
    return check_window(walk->client, window);
}

/* A server that counts and lists in two steps may be caught between them: it is asked again. */
static enum bursar_result fetch(struct bursar_balance_walk *walk, uint64_t size, uint64_t number,
                                struct window *window)
{
    enum bursar_result result = BURSAR_PROTOCOL;
    for (int tries = 0; tries < TRIES_MAX && result == BURSAR_PROTOCOL; tries++)
        result = fetch_once(walk, size, number, window);
    if (result != BURSAR_OK)
        window->count = 0; /* nothing of it may be given */
    return result;
}

/* Rows of the window that are not behind `last`. */
static size_t known_rows(const struct bursar_balance_walk *walk)
{
    size_t count = 0;
    while (count < walk->window->count && uin_compare(walk->window->uins[count], walk->last) <= 0)
        count++;
    return count;
}

/* The rows behind `last` will be given; the window is known to leave none out. */
static void take_window(struct bursar_balance_walk *walk, size_t known)
{
    const struct window *window = walk->window;
    uint64_t end = window->offset + window->count;
    walk->next = known;
    walk->anchor = end > 0 ? end - 1 : 0;
    walk->steps_back = false;
    walk->ended = end >= window->total;
}

/* The window begins behind `last`, or behind the last member: whoever left has moved what comes
 * next to an earlier page. */
static void step_back(struct bursar_balance_walk *walk)
{
    const struct window *window = walk->window;
    uint64_t rank = window->offset < window->total ? window->offset : window->total;
    walk->next = window->count;
    walk->anchor = rank > 0 ? rank - 1 : 0;
    walk->steps_back = true;
}

static void settle(struct bursar_balance_walk *walk)
{
    size_t known = known_rows(walk);
    if (walk->window->offset > 0 && known == 0)
        step_back(walk);
    else
        take_window(walk, known);
}

/* The size whose page with the anchor reaches farthest beyond it; 0 if none does. */
static uint64_t farthest_size(uint64_t anchor)
{
    uint64_t best_size = 0;
    uint64_t best_reach = 0;
    for (uint64_t size = ROWS_MAX; size > 1; size--) {
        uint64_t reach = size - 1 - anchor % size;
        if (reach > best_reach) {
            best_reach = reach;
            best_size = size;
        }
    }
    return best_size;
}

static bool same_rows(const struct window *a, const struct window *b)
{
    bool same = a->count == b->count && a->total == b->total;
    for (size_t i = 0; same && i < a->count; i++)
        same = uin_equal(a->uins[i], b->uins[i]);
    return same;
}

/* Over a rank that begins a page of every size (invariant 3): before, beyond, before again. */
static enum bursar_result cross(struct bursar_balance_walk *walk)
{
    struct window *beyond = &walk->windows[walk->window == &walk->windows[0]];
    struct window before = {.count = 0};
    uint64_t number = (walk->anchor + 1) / ROWS_MAX;
    enum bursar_result result = fetch(walk, ROWS_MAX, number, walk->window);
    if (result != BURSAR_OK)
        return result;
    before.count = walk->window->count;
    before.total = walk->window->total;
    memcpy(before.uins, walk->window->uins, sizeof before.uins);
    settle(walk);
    if (walk->steps_back || walk->next < walk->window->count || walk->ended)
        return BURSAR_OK;

    result = fetch(walk, ROWS_MAX, number + 1, beyond);
    if (result == BURSAR_OK)
        result = fetch(walk, ROWS_MAX, number, walk->window);
    if (result != BURSAR_OK)
        return result;
    settle(walk);
    if (same_rows(walk->window, &before) && beyond->total == before.total) {
        walk->window = beyond;
        take_window(walk, known_rows(walk));
    }
    return BURSAR_OK;
}

static enum bursar_result advance(struct bursar_balance_walk *walk)
{
    uint64_t size = ROWS_MAX;
    if (!walk->steps_back && !uin_is_none(walk->last))
        size = farthest_size(walk->anchor);
    if (size == 0)
        return cross(walk);
    enum bursar_result result = fetch(walk, size, walk->anchor / size + 1, walk->window);
    if (result == BURSAR_OK)
        settle(walk);
    return result;
}

enum bursar_result bursar_balance_walk_next(struct bursar_balance_walk *walk,
                                            const struct bursar_member_balance **ret_member)
{
    while (walk->next >= walk->window->count) {
        if (walk->ended)
            return BURSAR_END;
        enum bursar_result result = advance(walk);
        if (result != BURSAR_OK)
            return result;
    }
    walk->last = walk->window->uins[walk->next];
    *ret_member = &walk->window->rows[walk->next++];
    return BURSAR_OK;
}
