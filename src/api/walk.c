/* A page of entries; see walk.h.
 *
 * Back-links lead to older entries only. Going up, a few entries are found from their newest by
 * back-links and then read in order. A cursor is a position that never changes: an account's n-th
 * entry, or a sequence.
 *
 * 1. Entries that come meanwhile change no position: pages have neither gaps nor repeats.
 * Owns nothing. Thread: the historian's. */
#include "api/walk.h"

enum { CHUNK = 256 };

void walk_begin(struct walk *walk, bool has_cursor, uint64_t cursor)
{
    walk->next = walk->ascending ? walk->first : walk->last;
    if (has_cursor && (walk->ascending ? cursor > walk->next : cursor < walk->next))
        walk->next = cursor;
}

static bool is_over(const struct walk *walk)
{
    return walk->next < walk->first || walk->next > walk->last;
}

static bool goes_on(const struct walk *walk)
{
    return !is_over(walk) && walk->written < walk->limit &&
           history_reads(walk->history) - walk->reads_before < WALK_READS_MAX;
}

/* ---- which entries ---- */

static bool is_of_hold(const struct entry *entry, uint64_t hold)
{
    if (entry->kind == ENTRY_HOLD)
        return entry->sequence == hold;
    return (entry->kind == ENTRY_CAPTURE || entry->kind == ENTRY_RELEASE ||
            entry->kind == ENTRY_EXPIRE) &&
           entry->subject == hold;
}

static bool is_wanted(const struct walk *walk, const struct entry *entry)
{
    uint32_t organisation = walk->pending->exchange.organisation;
    if (entry->organisation != organisation || entry->kind == ENTRY_REQUEST)
        return false;
    if (walk->has_kinds && !walk->kinds[entry->kind])
        return false;
    if (walk->only_uin && !entry_touch(entry, organisation, walk->uin))
        return false;
    return walk->hold == 0 || is_of_hold(entry, walk->hold);
}

/* What time made, nobody asked for. Reading the request takes the entry's slices away. */
static struct status find_asked(struct walk *walk, struct entry *entry, struct fault *fault)
{
    uint64_t sequence = entry->sequence;
    if (asked_is_about(&walk->asked, sequence))
        return STATUS_DONE;
    if (entry_kind_is_timed(entry->kind)) {
        walk->asked.first = walk->asked.last = sequence;
        walk->asked.len = 0;
        return STATUS_DONE;
    }
    TRY(asked_find(walk->pending, walk->history, sequence, fault, &walk->asked));
    return history_entry(walk->history, sequence, fault, entry);
}

static struct status offer(struct walk *walk, struct entry *entry, struct fault *fault)
{
    struct buffer *out = &walk->pending->answer;
    if (!is_wanted(walk, entry))
        return STATUS_DONE;
    TRY(find_asked(walk, entry, fault));
    if (walk->written++ > 0)
        buffer_char(out, ',');
    bool sees_everyone = walk->pending->exchange.sees_everyone;
    entry_render(walk->pending, entry, sees_everyone ? NULL : &walk->uin, &walk->asked, out);
    return STATUS_DONE;
}

/* ---- by back-links ---- */

static struct status read_own(struct walk *walk, uint64_t sequence, struct fault *fault,
                              struct entry *ret_entry, struct touch *ret_touch)
{
    TRY(history_entry(walk->history, sequence, fault, ret_entry));
    const struct touch *touch =
        entry_touch(ret_entry, walk->pending->exchange.organisation, walk->uin);
    if (!touch)
        return fault_raise(fault, STATUS_CORRUPT,
                           "entry %llu is linked as an account's, and is not",
                           (unsigned long long)sequence);
    *ret_touch = *touch;
    return STATUS_DONE;
}

/* The account's entry of that ordinal: by the longest links that do not go past it. */
static struct status seek(struct walk *walk, uint64_t ordinal, struct fault *fault,
                          uint64_t *ret_sequence)
{
    uint64_t sequence = walk->last_sequence;
    struct entry entry;
    struct touch touch = {.ordinal = 0};
    for (;;) {
        TRY(read_own(walk, sequence, fault, &entry, &touch));
        if (touch.ordinal <= ordinal)
            break;
        sequence = entry_jump_ordinal(touch.ordinal) >= ordinal ? touch.jump : touch.previous;
    }
    *ret_sequence = sequence;
    return STATUS_DONE;
}

static struct status walk_down(struct walk *walk, struct fault *fault)
{
    uint64_t sequence = 0;
    struct entry entry;
    struct touch touch = {.ordinal = 0};
    if (goes_on(walk))
        TRY(seek(walk, walk->next, fault, &sequence));
    while (goes_on(walk)) {
        TRY(read_own(walk, sequence, fault, &entry, &touch));
        TRY(offer(walk, &entry, fault));
        sequence = touch.previous;
        walk->next--;
    }
    return STATUS_DONE;
}

/* The sequences of `count` entries from the ordinal walk->next on. */
static struct status find_chunk(struct walk *walk, uint64_t count, struct fault *fault,
                                uint64_t sequences[CHUNK])
{
    struct entry entry;
    struct touch touch = {.ordinal = 0};
    uint64_t sequence = 0;
    TRY(seek(walk, walk->next + count - 1, fault, &sequence));
    for (uint64_t i = count; i > 0; i--) {
        sequences[i - 1] = sequence;
        TRY(read_own(walk, sequence, fault, &entry, &touch));
        sequence = touch.previous;
    }
    return STATUS_DONE;
}

static struct status walk_up(struct walk *walk, struct fault *fault)
{
    uint64_t sequences[CHUNK];
    struct entry entry;
    while (goes_on(walk)) {
        uint64_t left = walk->last - walk->next + 1;
        uint64_t count = left < CHUNK ? left : CHUNK;
        TRY(find_chunk(walk, count, fault, sequences));
        for (uint64_t i = 0; i < count && walk->written < walk->limit; i++) {
            TRY(history_entry(walk->history, sequences[i], fault, &entry));
            TRY(offer(walk, &entry, fault));
            walk->next++;
        }
    }
    return STATUS_DONE;
}

/* ---- by sequence ---- */

static struct status walk_stretch(struct walk *walk, struct fault *fault)
{
    struct entry entry;
    while (goes_on(walk)) {
        TRY(history_entry(walk->history, walk->next, fault, &entry));
        TRY(offer(walk, &entry, fault));
        walk->next = walk->ascending ? walk->next + 1 : walk->next - 1;
    }
    return STATUS_DONE;
}

struct status walk_find_time(struct history *history, int64_t t_us, struct fault *fault,
                             uint64_t *ret_sequence)
{
    struct journal_head head;
    struct entry entry;
    history_head(history, &head);
    uint64_t low = 1, high = head.sequence + 1;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        TRY(history_entry(history, middle, fault, &entry));
        if (entry.time_us < t_us)
            low = middle + 1;
        else
            high = middle;
    }
    *ret_sequence = low;
    return STATUS_DONE;
}

/* ---- the page ---- */

static void render_cursor(const struct walk *walk, struct buffer *out)
{
    BUFFER_LITERAL(out, "],\"NextCursor\":\"");
    if (!is_over(walk)) {
        buffer_char(out, walk->by_member ? 'm' : 's');
        buffer_u64(out, walk->next);
    }
    buffer_char(out, '"');
}

bool walk_read_cursor(struct slice text, bool by_member, uint64_t *ret_position)
{
    return text.len > 1 && text.at[0] == (by_member ? 'm' : 's') &&
           slice_to_u64(slice_of(text.at + 1, text.len - 1), ret_position) && *ret_position > 0;
}

struct status walk_run(struct walk *walk, struct fault *fault)
{
    struct buffer *out = &walk->pending->answer;
    walk->reads_before = history_reads(walk->history);
    BUFFER_LITERAL(out, "\"Data\":[");
    if (!walk->by_member)
        TRY(walk_stretch(walk, fault));
    else if (walk->ascending)
        TRY(walk_up(walk, fault));
    else
        TRY(walk_down(walk, fault));
    render_cursor(walk, out);
    return STATUS_DONE;
}
