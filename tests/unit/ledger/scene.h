/* Scene: a small independent model of organisations, members and registry for the tests of the
 * ledger. It makes random entries that may lawfully follow, keeps its own plain record of what they
 * mean, and holds a book against it. It shares no code with the ledger's insides. */
#ifndef TESTS_LEDGER_SCENE_H
#define TESTS_LEDGER_SCENE_H

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "ledger/book.h"
#include "ledger/entry.h"

enum {
    SCENE_ORGANISATIONS = 4,
    SCENE_UINS = 24,
    SCENE_SEATS = SCENE_ORGANISATIONS * (SCENE_UINS + 1),
    SCENE_LIST = 8,
    SCENE_ENTRIES = 4096,
    SCENE_KEYS = 32,
};

struct scene_grant {
    uint64_t id;
    int64_t amount, start, end;
    bool started; /* grants */
};

struct scene_member {
    bool there; /* joined at least once */
    uint32_t organisation;
    uint64_t uin;
    int64_t cash, income, gift, frozen, basic;
    unsigned flags;
    char name[32];
    int64_t joined;
    uint64_t entries[SCENE_ENTRIES]; /* its entries' sequences; entries[0] is ordinal 1 */
    uint32_t entry_count;
    struct scene_grant grants[SCENE_LIST]; /* in the order they were made */
    uint32_t grant_count;
    struct scene_grant holds[SCENE_LIST];
    uint32_t hold_count;
};

struct scene_organisation {
    uint64_t owner;
    int64_t funding, revenue, promotion, suspense;
};

struct scene {
    uint64_t random;
    uint64_t sequence;
    int64_t time;
    uint32_t organisation_count;
    struct scene_organisation organisations[SCENE_ORGANISATIONS + 1];
    struct scene_member members[SCENE_SEATS];
    uint32_t key_count;
    bool key_enabled[SCENE_KEYS];
    uint32_t key_organisation[SCENE_KEYS];
    char text[64]; /* of the entry made last */
    char secret[32];
};

static inline uint64_t scene_random(struct scene *scene, uint64_t below)
{
    scene->random ^= scene->random << 13;
    scene->random ^= scene->random >> 7;
    scene->random ^= scene->random << 17;
    return (scene->random >> 11) % below;
}

static inline struct scene *scene_new(uint64_t seed)
{
    struct scene *scene = calloc(1, sizeof *scene);
    assert_non_null(scene);
    scene->random = seed * UINT64_C(0x9E3779B97F4A7C15) + 1;
    scene->time = 1795400000000000;
    return scene;
}

static inline struct uin scene_uin(uint64_t number)
{
    return (struct uin){number / UINT64_C(10000000000), number % UINT64_C(10000000000)};
}

/* Seat 0 of an organisation is its owner's. */
static inline struct scene_member *scene_seat(struct scene *scene, uint32_t organisation,
                                              uint32_t seat)
{
    struct scene_member *member = &scene->members[(organisation - 1) * (SCENE_UINS + 1) + seat];
    member->organisation = organisation;
    if (seat > 0)
        member->uin = UINT64_C(700001941600) + seat * 7;
    return member;
}

static inline bool scene_is_home(const struct scene_member *member)
{
    return member->there && !(member->flags & MEMBER_LEFT);
}

static inline bool scene_has_home(struct scene *scene, uint64_t uin)
{
    for (uint32_t i = 0; i < SCENE_SEATS; i++)
        if (scene->members[i].uin == uin && scene_is_home(&scene->members[i]))
            return true;
    return false;
}

/* Myers 1983: where the jump of ordinal n leads to. */
static inline uint64_t scene_jump(uint64_t n)
{
    static uint64_t jumps[SCENE_ENTRIES + 2]; /* of 0 and 1: nowhere */
    static uint64_t known = 1;
    for (; known < n; known++) {
        uint64_t jump = jumps[known];
        jumps[known + 1] = known - jump == jump - jumps[jump] ? jumps[jump] : known;
    }
    return jumps[n];
}

static inline uint64_t scene_sequence_of(const struct scene_member *member, uint64_t ordinal)
{
    return ordinal ? member->entries[ordinal - 1] : 0;
}

/* Writes down that the entry touches the member, whose record is already the new one. */
static inline void scene_touch(struct entry *entry, struct scene_member *member)
{
    struct touch *touch = &entry->touches[entry->touch_count++];
    uint64_t ordinal = member->entry_count + 1u;
    assert_true(member->entry_count < SCENE_ENTRIES);
    touch->uin = scene_uin(member->uin);
    touch->after.cash.micros = member->cash;
    touch->after.income.micros = member->income;
    touch->after.gift.micros = member->gift;
    touch->after.frozen.micros = member->frozen;
    touch->after.basic_credit.micros = member->basic;
    touch->after.flags = (uint8_t)member->flags;
    for (uint32_t i = 0; i < member->grant_count; i++)
        touch->after.temporary.micros += member->grants[i].started ? member->grants[i].amount : 0;
    touch->ordinal = ordinal;
    touch->previous = scene_sequence_of(member, ordinal - 1);
    touch->jump = scene_sequence_of(member, scene_jump(ordinal));
    member->entries[member->entry_count++] = entry->sequence;
}

static inline int64_t scene_money(struct scene *scene)
{
    return (int64_t)scene_random(scene, scene_random(scene, 2) ? 100 : 5000000000) + 1;
}

static inline void scene_drop(struct scene_grant *list, uint32_t *count, uint32_t at)
{
    memmove(list + at, list + at + 1, (*count - at - 1) * sizeof *list);
    (*count)--;
}

/* Gift first, then income, then cash. */
static inline void scene_spend(struct scene_member *member, int64_t amount)
{
    int64_t gift = member->gift < amount ? member->gift : amount;
    int64_t income = member->income < amount - gift ? member->income : amount - gift;
    member->gift -= gift;
    member->income -= income;
    member->cash -= amount - gift - income;
}

static inline bool scene_make_organisation(struct scene *scene, struct entry *entry)
{
    if (scene->organisation_count == SCENE_ORGANISATIONS)
        return false;
    uint32_t id = ++scene->organisation_count;
    struct scene_member *owner = scene_seat(scene, id, 0);
    owner->uin = UINT64_C(100000000000) + id;
    owner->there = true;
    owner->flags = MEMBER_OWNER;
    owner->joined = scene->time;
    snprintf(owner->name, sizeof owner->name, "organisation %" PRIu32, id);
    scene->organisations[id].owner = owner->uin;
    entry->kind = ENTRY_ORGANISATION;
    entry->organisation = id;
    entry->name = slice_text(owner->name);
    entry->text = SLICE("USD");
    entry->account = scene_uin(owner->uin);
    scene_touch(entry, owner);
    return true;
}

static inline bool scene_make_key(struct scene *scene, struct entry *entry)
{
    if (scene->key_count > 0 && scene_random(scene, 2)) {
        uint32_t key = (uint32_t)scene_random(scene, scene->key_count);
        scene->key_enabled[key] = !scene->key_enabled[key];
        snprintf(scene->secret, sizeof scene->secret, "AKID%" PRIu32, key);
        entry->kind = ENTRY_SET_KEY;
        entry->organisation = scene->key_organisation[key];
        entry->enabled = scene->key_enabled[key];
    } else if (scene->key_count < SCENE_KEYS) {
        snprintf(scene->secret, sizeof scene->secret, "AKID%" PRIu32, scene->key_count);
        scene->key_organisation[scene->key_count] = entry->organisation;
        scene->key_enabled[scene->key_count++] = true;
        entry->kind = ENTRY_ADD_KEY;
        entry->sealed_secret = SLICE("sealed");
        entry->principal = PRINCIPAL_SUB;
        entry->account = scene_uin(100000000001);
        entry->user = scene_uin(100000000099);
    } else {
        return false;
    }
    entry->secret_id = slice_text(scene->secret);
    return true;
}

static inline bool scene_make_policy(struct scene *scene, struct entry *entry)
{
    snprintf(scene->text, sizeof scene->text, "policy %" PRIu64, scene_random(scene, 3));
    entry->kind = ENTRY_PUT_POLICY;
    entry->user = scene_uin(100000000090 + scene_random(scene, 3));
    entry->name = slice_text(scene->text);
    entry->text = scene_random(scene, 2) ? SLICE("{}") : SLICE("{\"version\":\"2.0\"}");
    return true;
}

static inline bool scene_make_join(struct scene *scene, struct entry *entry,
                                   struct scene_member *member)
{
    if (member->uin == scene->organisations[member->organisation].owner ||
        scene_has_home(scene, member->uin))
        return false;
    member->there = true;
    member->flags = (unsigned)scene_random(scene, 4);
    member->basic = (int64_t)scene_random(scene, 3) * 1000000;
    member->joined = entry->time_us;
    snprintf(member->name, sizeof member->name, "member %" PRIu64, scene_random(scene, 100000));
    entry->kind = ENTRY_JOIN;
    entry->name = slice_text(member->name);
    return true;
}

static inline bool scene_make_leave(struct entry *entry, struct scene_member *member)
{
    if ((member->flags & (MEMBER_LEFT | MEMBER_OWNER)) || member->hold_count > 0)
        return false;
    member->flags |= MEMBER_LEFT;
    member->grant_count = 0;
    entry->kind = ENTRY_LEAVE;
    return true;
}

/* The kinds that move money of one member by one amount. */
static inline bool scene_make_money(struct scene *scene, struct entry *entry,
                                    struct scene_member *member)
{
    struct scene_organisation *own = &scene->organisations[member->organisation];
    int64_t amount = scene_money(scene);
    entry->cash.micros = amount;
    switch (scene_random(scene, 5)) {
    case 0:
        entry->kind = ENTRY_TOP_UP;
        member->cash += amount;
        own->funding -= amount;
        return true;
    case 1:
        entry->kind = ENTRY_WITHDRAW;
        member->cash -= amount;
        own->funding += amount;
        return true;
    case 2:
        entry->kind = ENTRY_CHARGE;
        scene_spend(member, amount);
        own->revenue += amount;
        return true;
    case 3:
        entry->kind = ENTRY_REFUND;
        member->income += amount / 2;
        member->cash += amount - amount / 2;
        own->revenue -= amount;
        return true;
    default:
        entry->kind = ENTRY_GRANT_GIFT;
        member->gift += amount;
        own->promotion -= amount;
        return true;
    }
}

static inline bool scene_make_parts(struct scene *scene, struct entry *entry,
                                    struct scene_member *member)
{
    struct scene_organisation *own = &scene->organisations[member->organisation];
    int64_t cash = scene_money(scene) - 1000, income = scene_money(scene),
            gift = scene_money(scene);
    entry->kind = scene_random(scene, 2) ? ENTRY_ADJUST : ENTRY_OPENING;
    if (entry->kind == ENTRY_ADJUST)
        own->suspense -= cash + income + gift;
    else {
        own->funding -= cash + income;
        own->promotion -= gift;
    }
    member->cash += cash;
    member->income += income;
    member->gift += gift;
    entry->cash.micros = cash;
    entry->income.micros = income;
    entry->gift.micros = gift;
    return true;
}

static inline bool scene_make_move(struct scene *scene, struct entry *entry,
                                   struct scene_member *member)
{
    struct scene_member *other =
        scene_seat(scene, member->organisation, (uint32_t)scene_random(scene, SCENE_UINS + 1));
    if (!other->there || other == member)
        return false;
    int64_t amount = scene_money(scene);
    entry->kind = ENTRY_MOVE;
    entry->cash.micros = amount;
    member->cash -= amount;
    other->cash += amount;
    scene_touch(entry, member);
    scene_touch(entry, other);
    return true;
}

static inline bool scene_make_hold(struct scene *scene, struct entry *entry,
                                   struct scene_member *member)
{
    if (member->hold_count == SCENE_LIST)
        return false;
    int64_t amount = scene_money(scene), end = scene_random(scene, 2) ? entry->time_us + 5 : 0;
    entry->kind = ENTRY_HOLD;
    entry->cash.micros = amount;
    entry->end_us = end;
    member->frozen += amount;
    member->holds[member->hold_count++] =
        (struct scene_grant){entry->sequence, amount, 0, end, false};
    return true;
}

static inline bool scene_make_unhold(struct scene *scene, struct entry *entry,
                                     struct scene_member *member)
{
    if (member->hold_count == 0)
        return false;
    uint32_t at = (uint32_t)scene_random(scene, member->hold_count);
    struct scene_grant *hold = &member->holds[at];
    entry->kind = scene_random(scene, 2) ? ENTRY_CAPTURE : ENTRY_RELEASE;
    bool part = hold->amount > 1 && scene_random(scene, 2);
    int64_t amount = part ? hold->amount / 2 : hold->amount;
    entry->cash.micros = amount;
    entry->subject = hold->id;
    member->frozen -= amount;
    hold->amount -= amount;
    if (hold->amount == 0)
        scene_drop(member->holds, &member->hold_count, at);
    if (entry->kind == ENTRY_CAPTURE) {
        scene_spend(member, amount);
        scene->organisations[member->organisation].revenue += amount;
    }
    return true;
}

static inline bool scene_make_grant(struct scene *scene, struct entry *entry,
                                    struct scene_member *member)
{
    if (member->grant_count > 0 && scene_random(scene, 2)) {
        uint32_t at = (uint32_t)scene_random(scene, member->grant_count);
        entry->kind = ENTRY_REVOKE_TEMPORARY;
        entry->subject = member->grants[at].id;
        scene_drop(member->grants, &member->grant_count, at);
        return true;
    }
    if (member->grant_count == SCENE_LIST)
        return false;
    int64_t start = entry->time_us + (int64_t)scene_random(scene, 40) - 20;
    int64_t end = start + (int64_t)scene_random(scene, 40) + 1;
    if (end <= entry->time_us || scene_random(scene, 3) == 0)
        end = 0;
    struct scene_grant grant = {entry->sequence, scene_money(scene), start, end,
                                start <= entry->time_us};
    entry->kind = ENTRY_GRANT_TEMPORARY;
    entry->cash.micros = grant.amount;
    entry->start_us = grant.start;
    entry->end_us = grant.end;
    member->grants[member->grant_count++] = grant;
    return true;
}

static inline bool scene_make_setting(struct scene *scene, struct entry *entry,
                                      struct scene_member *member)
{
    switch (scene_random(scene, 3)) {
    case 0:
        snprintf(member->name, sizeof member->name, "renamed %" PRIu64,
                 scene_random(scene, 1000000000));
        entry->kind = ENTRY_RENAME;
        entry->name = slice_text(member->name);
        return true;
    case 1:
        member->basic = scene_money(scene);
        member->flags ^= scene_random(scene, 2) ? MEMBER_IS_CREDIT : 0;
        entry->kind = ENTRY_SET_CREDIT;
        return true;
    default:
        member->flags ^= MEMBER_ARREARS;
        entry->kind = ENTRY_SET_ARREARS;
        return true;
    }
}

static inline bool scene_make_for(struct scene *scene, struct entry *entry,
                                  struct scene_member *member)
{
    if (!member->there || (member->flags & MEMBER_LEFT))
        return scene_make_join(scene, entry, member);
    switch (scene_random(scene, 9)) {
    case 0:
        return scene_make_leave(entry, member);
    case 1:
    case 2:
        return scene_make_hold(scene, entry, member);
    case 3:
        return scene_make_unhold(scene, entry, member);
    case 4:
        return scene_make_grant(scene, entry, member);
    case 5:
        return scene_make_setting(scene, entry, member);
    case 6:
        return scene_make_parts(scene, entry, member);
    default:
        return scene_make_money(scene, entry, member);
    }
}

static inline bool scene_try(struct scene *scene, struct entry *entry)
{
    uint64_t what = scene_random(scene, 100);
    if (scene->organisation_count == 0 || what == 0)
        return scene_make_organisation(scene, entry);
    entry->organisation = (uint32_t)scene_random(scene, scene->organisation_count) + 1;
    if (what < 3)
        return scene_make_key(scene, entry);
    if (what < 5)
        return scene_make_policy(scene, entry);
    struct scene_member *member =
        scene_seat(scene, entry->organisation, (uint32_t)scene_random(scene, SCENE_UINS + 1));
    if (what < 15 && member->there)
        return scene_make_move(scene, entry, member);
    if (!scene_make_for(scene, entry, member))
        return false;
    scene_touch(entry, member);
    return true;
}

/* When time changes something about a grant next; INT64_MAX = never. */
static inline int64_t scene_grant_due(const struct scene_grant *grant)
{
    if (!grant->started)
        return grant->start;
    return grant->end ? grant->end : INT64_MAX;
}

/* What is due first, of all members: a hold (is_grant false) or a grant. */
struct scene_due {
    int64_t time;
    struct scene_member *member;
    uint32_t at;
    bool is_grant;
};

static inline struct scene_due scene_find_due(struct scene *scene)
{
    struct scene_due due = {.time = INT64_MAX};
    for (uint32_t i = 0; i < SCENE_SEATS; i++) {
        struct scene_member *member = &scene->members[i];
        for (uint32_t at = 0; at < member->grant_count; at++)
            if (scene_grant_due(&member->grants[at]) < due.time)
                due = (struct scene_due){scene_grant_due(&member->grants[at]), member, at, true};
        for (uint32_t at = 0; at < member->hold_count; at++)
            if (member->holds[at].end != 0 && member->holds[at].end < due.time)
                due = (struct scene_due){member->holds[at].end, member, at, false};
    }
    return due;
}

static inline struct entry scene_make_timed(struct scene *scene, const struct scene_due *due)
{
    struct scene_member *member = due->member;
    struct scene_grant *list = due->is_grant ? member->grants : member->holds;
    struct scene_grant what = list[due->at];
    struct entry entry = {.sequence = scene->sequence,
                          .time_us = scene->time,
                          .organisation = member->organisation,
                          .subject = what.id};
    if (due->is_grant && !what.started) {
        entry.kind = ENTRY_START_TEMPORARY;
        list[due->at].started = true;
    } else if (due->is_grant) {
        entry.kind = ENTRY_END_TEMPORARY;
        scene_drop(member->grants, &member->grant_count, due->at);
    } else {
        entry.kind = ENTRY_EXPIRE;
        entry.cash.micros = what.amount;
        member->frozen -= what.amount;
        scene_drop(member->holds, &member->hold_count, due->at);
    }
    scene_touch(&entry, member);
    return entry;
}

/* A random entry that may follow; its slices live until the next call. What is due comes first. */
static inline struct entry scene_next(struct scene *scene)
{
    int64_t time = scene->time + (int64_t)scene_random(scene, 3);
    struct scene_due due = scene_find_due(scene);
    scene->sequence++;
    if (due.time <= time) {
        scene->time = due.time > scene->time ? due.time : scene->time;
        return scene_make_timed(scene, &due);
    }
    scene->time = time;
    for (;;) {
        struct entry entry = {.sequence = scene->sequence, .time_us = scene->time};
        if (scene_try(scene, &entry))
            return entry;
    }
}

static inline void scene_encode(const struct entry *entry, struct buffer *bytes)
{
    buffer_clear(bytes);
    entry_encode(entry, bytes);
    assert_true(buffer_ok(bytes));
}

static inline void scene_apply_bytes(struct book *book, uint64_t sequence, struct slice bytes)
{
    static struct uin scope[ENTRY_SCOPE_MAX];
    struct fault fault = {{0}};
    struct entry entry;
    assert_true(entry_decode(sequence, bytes, scope, ENTRY_SCOPE_MAX, &entry));
    struct status status = book_apply(book, &entry, &fault);
    if (!status_ok(status))
        fail_msg("entry %" PRIu64 ": %s", sequence, fault.text);
}

static inline void scene_apply(struct book *book, const struct entry *entry)
{
    struct buffer bytes;
    buffer_init(&bytes, 1 << 20);
    scene_encode(entry, &bytes);
    scene_apply_bytes(book, entry->sequence, buffer_slice(&bytes));
    buffer_done(&bytes);
}

static inline void scene_compare_lists(const struct book *book, const struct member *member,
                                       const struct scene_member *expected)
{
    uint32_t left = expected->grant_count;
    for (uint32_t i = member->grants; i != BOOK_NONE; i = book_grant(book, i)->next) {
        assert_true(left-- > 0); /* newest first */
        assert_int_equal(book_grant(book, i)->id, expected->grants[left].id);
        assert_int_equal(book_grant(book, i)->amount.micros, expected->grants[left].amount);
        assert_int_equal(book_grant(book, i)->start_us, expected->grants[left].start);
        assert_int_equal(book_grant(book, i)->end_us, expected->grants[left].end);
        assert_int_equal(book_grant(book, i)->started, expected->grants[left].started);
    }
    assert_int_equal(left, 0);
    left = expected->hold_count;
    for (uint32_t i = member->holds; i != BOOK_NONE; i = book_hold(book, i)->next) {
        assert_true(left-- > 0);
        assert_int_equal(book_hold(book, i)->id, expected->holds[left].id);
        assert_int_equal(book_hold(book, i)->amount.micros, expected->holds[left].amount);
        assert_int_equal(book_hold(book, i)->expires_us, expected->holds[left].end);
    }
    assert_int_equal(left, 0);
}

static inline void scene_compare_member(const struct book *book,
                                        const struct scene_member *expected)
{
    const struct member *member =
        book_find_member(book, expected->organisation, scene_uin(expected->uin));
    assert_int_equal(member != NULL, expected->there);
    if (!member)
        return;
    assert_int_equal(member->state.cash.micros, expected->cash);
    assert_int_equal(member->state.income.micros, expected->income);
    assert_int_equal(member->state.gift.micros, expected->gift);
    assert_int_equal(member->state.frozen.micros, expected->frozen);
    assert_int_equal(member->state.basic_credit.micros, expected->basic);
    assert_int_equal(member->state.flags, expected->flags);
    assert_int_equal(member->joined_us, expected->joined);
    assert_int_equal(member->ordinal, expected->entry_count);
    assert_int_equal(member->last_sequence, expected->entries[expected->entry_count - 1]);
    assert_int_equal(member->name_len, strlen(expected->name));
    assert_memory_equal(member->name, expected->name, member->name_len);
    scene_compare_lists(book, member, expected);
}

static inline void scene_compare_organisation(struct scene *scene, const struct book *book,
                                              uint32_t id)
{
    const struct organisation *organisation = book_organisation(book, id);
    const struct scene_organisation *own = &scene->organisations[id];
    int64_t cash = 0, income = 0, gift = 0, frozen = 0;
    uint64_t listed = 0;
    for (uint32_t seat = 0; seat <= SCENE_UINS; seat++) {
        const struct scene_member *member = scene_seat(scene, id, seat);
        const struct member *found = NULL;
        cash += member->cash;
        income += member->income;
        gift += member->gift;
        frozen += member->frozen;
        if (!scene_is_home(member) || seat == 0)
            continue;
        assert_int_equal(book_rank(book, id, scene_uin(member->uin)), listed);
        assert_int_equal(book_list(book, id, listed++, 1, &found), 1); /* seats ascend */
        assert_true(uin_equal(found->uin, scene_uin(member->uin)));
        assert_int_equal(book_organisation_of(book, found->uin)->id, id);
    }
    assert_int_equal(book_listed_count(book, id), listed);
    assert_int_equal(organisation->cash.micros, cash);
    assert_int_equal(organisation->income.micros, income);
    assert_int_equal(organisation->gift.micros, gift);
    assert_int_equal(organisation->frozen.micros, frozen);
    assert_int_equal(organisation->funding.micros, own->funding);
    assert_int_equal(organisation->revenue.micros, own->revenue);
    assert_int_equal(organisation->promotion.micros, own->promotion);
    assert_int_equal(organisation->suspense.micros, own->suspense);
    assert_int_equal(
        cash + income + gift + own->funding + own->revenue + own->promotion + own->suspense, 0);
}

/* The book is what the model says. */
static inline void scene_compare(struct scene *scene, const struct book *book)
{
    struct fault fault = {{0}};
    assert_int_equal(book_organisation_count(book), scene->organisation_count);
    for (uint32_t i = 0; i < SCENE_SEATS; i++)
        if (scene->members[i].organisation)
            scene_compare_member(book, &scene->members[i]);
    for (uint32_t id = 1; id <= scene->organisation_count; id++)
        scene_compare_organisation(scene, book, id);
    for (uint32_t i = 0; i < scene->key_count; i++)
        assert_int_equal(book_key(book, i)->enabled, scene->key_enabled[i]);
    if (!status_ok(book_check(book, &fault)))
        fail_msg("%s", fault.text);
}

#endif
