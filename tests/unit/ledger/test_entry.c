/* Canonical encoding: fixed for ever, exact both ways, deaf to anything else. */
#include "scene.h"

#include "desk.h"

static struct uin scope_memory[ENTRY_SCOPE_MAX];

static bool decode(uint64_t sequence, struct slice bytes, struct entry *ret_entry)
{
    return entry_decode(sequence, bytes, scope_memory, ENTRY_SCOPE_MAX, ret_entry);
}

/* Written out by hand from the table at the head of entry.c; if this fails, every hash chain ever
 * written breaks. */
static void bytes_never_change(void **state)
{
    (void)state;
    /* clang-format off */
    static const unsigned char join[] = {
        32,                                             /* join */
        0x80, 0xc0, 0xd6, 0xb3, 0x84, 0xba, 0xb0, 0x06, /* 1795400000000000, zigzag */
        1,                                              /* organisation */
        70, 0xe8, 0xc0, 0x76,                           /* uin 70 0001941608 */
        1,                                              /* is_credit */
        0, 0, 0, 0, 0xc0, 0x84, 0x3d,                   /* basic credit 1000000 */
        1,                                              /* ordinal */
        4, 't', 'e', 's', 't',                          /* name */
    };
    static const unsigned char top_up[] = {
        1,                /* top_up */
        2,                /* 1 microsecond, zigzag */
        3,                /* organisation */
        0, 5,             /* uin 5 */
        0, 7, 0, 0, 0, 0, /* no flags; cash -4, zigzag */
        6,                /* ordinal: runs of 3 and 3 */
        10,               /* previous 990 */
        90,               /* jump 900 */
        20,               /* amount 10, zigzag */
        0,                /* no reason */
    };
    /* clang-format on */
    struct entry expected_join = {.sequence = 2,
                                  .time_us = 1795400000000000,
                                  .kind = ENTRY_JOIN,
                                  .organisation = 1,
                                  .touch_count = 1,
                                  .name = SLICE("test")};
    expected_join.touches[0] =
        (struct touch){.uin = desk_uin("700001941608"),
                       .after = {.basic_credit = {1000000}, .flags = MEMBER_IS_CREDIT},
                       .ordinal = 1};
    struct entry expected_top_up = {.sequence = 1000,
                                    .time_us = 1,
                                    .kind = ENTRY_TOP_UP,
                                    .organisation = 3,
                                    .touch_count = 1,
                                    .cash = {10}};
    expected_top_up.touches[0] = (struct touch){
        .uin = {0, 5}, .after = {.cash = {-4}}, .ordinal = 6, .previous = 990, .jump = 900};
    struct buffer bytes;
    buffer_init(&bytes, 1 << 16);
    scene_encode(&expected_join, &bytes);
    assert_int_equal(bytes.len, sizeof join);
    assert_memory_equal(bytes.at, join, sizeof join);
    scene_encode(&expected_top_up, &bytes);
    assert_int_equal(bytes.len, sizeof top_up);
    assert_memory_equal(bytes.at, top_up, sizeof top_up);
    buffer_done(&bytes);
}

static void assert_same_slice(struct slice a, struct slice b)
{
    assert_true(slice_equal(a, b));
}

static void assert_same_touch(const struct touch *a, const struct touch *b)
{
    assert_true(uin_equal(a->uin, b->uin));
    assert_int_equal(a->after.cash.micros, b->after.cash.micros);
    assert_int_equal(a->after.income.micros, b->after.income.micros);
    assert_int_equal(a->after.gift.micros, b->after.gift.micros);
    assert_int_equal(a->after.frozen.micros, b->after.frozen.micros);
    assert_int_equal(a->after.basic_credit.micros, b->after.basic_credit.micros);
    assert_int_equal(a->after.temporary.micros, b->after.temporary.micros);
    assert_int_equal(a->after.flags, b->after.flags);
    assert_int_equal(a->ordinal, b->ordinal);
    assert_int_equal(a->previous, b->previous);
    assert_int_equal(a->jump, b->jump);
}

static void assert_same_entry(const struct entry *a, const struct entry *b)
{
    assert_int_equal(a->sequence, b->sequence);
    assert_int_equal(a->time_us, b->time_us);
    assert_int_equal(a->kind, b->kind);
    assert_int_equal(a->organisation, b->organisation);
    assert_int_equal(a->touch_count, b->touch_count);
    for (uint32_t i = 0; i < a->touch_count; i++)
        assert_same_touch(&a->touches[i], &b->touches[i]);
    assert_int_equal(a->cash.micros, b->cash.micros);
    assert_int_equal(a->income.micros, b->income.micros);
    assert_int_equal(a->gift.micros, b->gift.micros);
    assert_int_equal(a->subject, b->subject);
    assert_int_equal(a->start_us, b->start_us);
    assert_int_equal(a->end_us, b->end_us);
    assert_same_slice(a->name, b->name);
    assert_same_slice(a->text, b->text);
    assert_same_slice(a->secret_id, b->secret_id);
    assert_same_slice(a->sealed_secret, b->sealed_secret);
    assert_same_slice(a->token_hash, b->token_hash);
    assert_true(uin_equal(a->account, b->account));
    assert_true(uin_equal(a->user, b->user));
    assert_int_equal(a->principal, b->principal);
    assert_int_equal(a->enabled, b->enabled);
    assert_int_equal(a->scope_count, b->scope_count);
    for (uint32_t i = 0; i < a->scope_count; i++)
        assert_true(uin_equal(a->scope[i], b->scope[i]));
    assert_int_equal(a->door, b->door);
    assert_int_equal(a->mark, b->mark);
    assert_int_equal(a->unix_user, b->unix_user);
    assert_int_equal(a->received_us, b->received_us);
    assert_same_slice(a->request_id, b->request_id);
    assert_same_slice(a->token_digest, b->token_digest);
    assert_same_slice(a->body_digest, b->body_digest);
    assert_int_equal(a->made, b->made);
    assert_same_slice(a->outcomes, b->outcomes);
}

/* Bytes that decode at all are exactly what encoding gives back. */
static void assert_canonical(uint64_t sequence, struct slice bytes)
{
    struct entry entry;
    if (!decode(sequence, bytes, &entry))
        return;
    struct buffer again;
    buffer_init(&again, 1 << 20);
    scene_encode(&entry, &again);
    assert_int_equal(again.len, bytes.len);
    assert_memory_equal(again.at, bytes.at, bytes.len);
    buffer_done(&again);
}

/* Every byte in turn becomes something else; every length is cut; one byte is added. */
static void torment(uint64_t sequence, struct buffer *bytes, bool every_value)
{
    struct entry entry;
    for (size_t i = 0; i < bytes->len; i++) {
        char kept = bytes->at[i];
        for (int value = 1; value < 256; value += every_value ? 1 : 37) {
            bytes->at[i] = (char)(kept ^ value);
            assert_canonical(sequence, buffer_slice(bytes));
        }
        bytes->at[i] = kept;
        assert_false(decode(sequence, slice_of(bytes->at, i), &entry));
    }
    buffer_char(bytes, 0);
    assert_false(decode(sequence, buffer_slice(bytes), &entry));
}

static void round_trip(const struct entry *entry, bool every_value)
{
    struct buffer bytes;
    struct entry back;
    buffer_init(&bytes, 1 << 20);
    scene_encode(entry, &bytes);
    assert_true(decode(entry->sequence, buffer_slice(&bytes), &back));
    assert_same_entry(entry, &back);
    torment(entry->sequence, &bytes, every_value);
    buffer_done(&bytes);
}

static void random_entries_round_trip(void **state)
{
    (void)state;
    struct scene *scene = scene_new(21);
    for (int i = 0; i < 4000; i++) {
        struct entry entry = scene_next(scene);
        round_trip(&entry, i % 100 == 0);
    }
    free(scene);
}

static void registry_entries_round_trip(void **state)
{
    (void)state;
    struct uin scope[3] = {{0, 1}, {70, 1941608}, {9999999999, 9999999999}};
    struct entry delegate = {.sequence = 9,
                             .kind = ENTRY_DELEGATE,
                             .organisation = 1,
                             .account = scope[1],
                             .scope = scope,
                             .scope_count = 3};
    round_trip(&delegate, true);
    delegate.scope_count = 0;
    delegate.scope = NULL;
    delegate.enabled = true;
    round_trip(&delegate, true);
    struct entry remove = {
        .sequence = 9, .kind = ENTRY_REMOVE_DELEGATE, .organisation = 1, .account = scope[0]};
    round_trip(&remove, true);
    struct entry policy = {.sequence = 9,
                           .kind = ENTRY_REMOVE_POLICY,
                           .organisation = 1,
                           .user = scope[0],
                           .name = SLICE("p")};
    round_trip(&policy, true);
    struct entry token = {.sequence = 9,
                          .time_us = 1795400000000000,
                          .kind = ENTRY_ISSUE_TOKEN,
                          .organisation = UINT32_MAX,
                          .secret_id = SLICE("AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE"),
                          .sealed_secret = SLICE("\x01\xFF\x00sealed"),
                          .token_hash = SLICE("0123456789abcdef0123456789abcdef"),
                          .name = SLICE("session"),
                          .account = scope[1],
                          .user = scope[0],
                          .principal = PRINCIPAL_ROLE,
                          .end_us = 1795407200000000};
    round_trip(&token, true);
}

static void requests_round_trip(void **state)
{
    (void)state;
    struct entry request = {.sequence = 1000,
                            .time_us = 1795400000000000,
                            .kind = ENTRY_REQUEST,
                            .organisation = 1,
                            .door = DOOR_NETWORK,
                            .mark = MARK_TOKEN,
                            .account = {0, 5},
                            .user = {0, 5},
                            .subject = 3,
                            .received_us = 1795399999999000,
                            .request_id = SLICE("\xFF\x00id of 16 byt\x00."),
                            .token_digest = SLICE("\x00token of 16 b.."),
                            .body_digest = SLICE("body of 16 b\xFF\xFE\x00."),
                            .made = 999,
                            .outcomes = SLICE("\x01\x00\x05\x06")};
    round_trip(&request, true);
    request.outcomes = SLICE_NONE;
    request.made = 1;
    round_trip(&request, true);
    request.principal = PRINCIPAL_ROLE;
    request.user = (struct uin){0, 6};
    request.mark = MARK_SIGNATURE;
    request.body_digest = SLICE_NONE;
    round_trip(&request, true);
    struct entry local = request;
    local.account = local.user = (struct uin){0, 0};
    local.principal = 0;
    local.subject = 0;
    local.door = DOOR_SOCKET;
    local.mark = MARK_NONE;
    local.token_digest = SLICE_NONE;
    local.unix_user = UINT32_MAX;
    local.name = SLICE("root");
    local.received_us = INT64_MIN; /* a clock that was far behind */
    round_trip(&local, true);
    local.door = DOOR_FOLDER;
    local.name = SLICE_NONE;
    local.received_us = INT64_MAX;
    round_trip(&local, true);
}

/* By hand, as above: temporary credit behind a flag of its own, a subject, a start and an end, a
 * request. */
static void bytes_of_new_kinds_never_change(void **state)
{
    (void)state;
    /* clang-format off */
    static const unsigned char grant[] = {
        36, 2, 1,               /* grant_temporary, 1 microsecond, organisation 1 */
        0, 5,                   /* uin 5 */
        0x80,                   /* no flags, but temporary credit */
        0, 0, 0, 0, 0,          /* nothing else */
        0xac, 2,                /* temporary 300 */
        1,                      /* ordinal */
        0xd8, 4,                /* amount 300, zigzag */
        1, 20,                  /* start -1, end 10, zigzag */
        1, 'r',                 /* reason */
    };
    static const unsigned char start[] = {
        39, 2, 1, 0, 5, 0x80, 0, 0, 0, 0, 0, 0xac, 2,
        2, 4,                   /* ordinal 2, previous 6, which is the jump too */
        3,                      /* subject 7 */
    };
    static const unsigned char request[] = {
        97, 2, 1,               /* request */
        0x15,                   /* network, by a token, sub-account */
        'i', 'd', ' ', 'o', 'f', ' ', '1', '6', ' ', 'b', 'y', 't', 'e', 's', '.', '.',
        6,                      /* received 3 microseconds before, zigzag */
        0, 5, 0, 6,             /* account 5, user 6 */
        3,                      /* key made by entry 7 */
        't', 'o', 'k', 'e', 'n', ' ', 'o', 'f', ' ', '1', '6', ' ', 'b', '.', '.', '.',
        'b', 'o', 'd', 'y', ' ', 'o', 'f', ' ', '1', '6', ' ', 'b', 'y', 't', 'e', 's',
        2,                      /* made */
        2, 1, 0,                /* outcomes */
    };
    /* clang-format on */
    struct entry granted = {.sequence = 10,
                            .time_us = 1,
                            .kind = ENTRY_GRANT_TEMPORARY,
                            .organisation = 1,
                            .touch_count = 1,
                            .cash = {300},
                            .start_us = -1,
                            .end_us = 10,
                            .text = SLICE("r")};
    granted.touches[0] = (struct touch){.uin = {0, 5}, .after = {.temporary = {300}}, .ordinal = 1};
    struct entry started = {.sequence = 10,
                            .time_us = 1,
                            .kind = ENTRY_START_TEMPORARY,
                            .organisation = 1,
                            .touch_count = 1,
                            .subject = 7};
    started.touches[0] = (struct touch){
        .uin = {0, 5}, .after = {.temporary = {300}}, .ordinal = 2, .previous = 6, .jump = 6};
    struct entry asked = {.sequence = 10,
                          .time_us = 1,
                          .kind = ENTRY_REQUEST,
                          .organisation = 1,
                          .door = DOOR_NETWORK,
                          .mark = MARK_TOKEN,
                          .principal = PRINCIPAL_SUB,
                          .account = {0, 5},
                          .user = {0, 6},
                          .subject = 7,
                          .received_us = -2,
                          .request_id = SLICE("id of 16 bytes.."),
                          .token_digest = SLICE("token of 16 b..."),
                          .body_digest = SLICE("body of 16 bytes"),
                          .made = 2,
                          .outcomes = SLICE("\x01\x00")};
    const struct {
        const struct entry *entry;
        struct slice bytes;
    } cases[] = {{&granted, slice_of((const char *)grant, sizeof grant)},
                 {&started, slice_of((const char *)start, sizeof start)},
                 {&asked, slice_of((const char *)request, sizeof request)}};
    struct buffer bytes;
    buffer_init(&bytes, 1 << 16);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        scene_encode(cases[i].entry, &bytes);
        assert_int_equal(bytes.len, cases[i].bytes.len);
        assert_memory_equal(bytes.at, cases[i].bytes.at, bytes.len);
        round_trip(cases[i].entry, true);
    }
    buffer_done(&bytes);
}

static void scopes_are_bounded(void **state)
{
    (void)state;
    struct uin scope[3] = {{0, 1}, {0, 2}, {0, 3}};
    struct entry delegate = {.sequence = 9,
                             .kind = ENTRY_DELEGATE,
                             .organisation = 1,
                             .account = scope[0],
                             .scope = scope,
                             .scope_count = 3};
    struct buffer bytes;
    struct entry back;
    buffer_init(&bytes, 1 << 16);
    scene_encode(&delegate, &bytes);
    assert_true(entry_decode(9, buffer_slice(&bytes), scope_memory, 3, &back));
    assert_false(entry_decode(9, buffer_slice(&bytes), scope_memory, 2, &back));
    scope[2] = scope[1]; /* not ascending */
    scene_encode(&delegate, &bytes);
    assert_false(decode(9, buffer_slice(&bytes), &back));
    buffer_done(&bytes);
}

/* A member of twelve digits with five amounts of up to a million units, in the middle of a long
 * journal: what one transfer costs on disk. */
static void money_entries_are_small(void **state)
{
    (void)state;
    struct entry entry = {.sequence = 1000000000,
                          .time_us = 1795400000000000,
                          .kind = ENTRY_CHARGE,
                          .organisation = 7,
                          .touch_count = 1,
                          .cash = {123456780000}};
    entry.touches[0] = (struct touch){.uin = desk_uin("700001941608"),
                                      .after = {.cash = {-999999990000},
                                                .income = {999999990000},
                                                .gift = {999999990000},
                                                .frozen = {999999990000},
                                                .basic_credit = {999999990000},
                                                .flags = 3},
                                      .ordinal = 1000002,
                                      .previous = 999000000,
                                      .jump = 0};
    struct buffer bytes;
    struct entry back;
    buffer_init(&bytes, 1 << 16);
    while (entry_jump_ordinal(entry.touches[0].ordinal) == entry.touches[0].ordinal - 1)
        entry.touches[0].ordinal++;
    entry.touches[0].jump = 500000000;
    scene_encode(&entry, &bytes);
    assert_true(decode(entry.sequence, buffer_slice(&bytes), &back));
    print_message("a charge with everything set: %zu bytes\n", bytes.len);
    assert_true(bytes.len < 75);
    buffer_done(&bytes);
}

static void kinds_have_names(void **state)
{
    (void)state;
    assert_string_equal(entry_kind_name(ENTRY_TOP_UP), "top_up");
    assert_string_equal(entry_kind_name(ENTRY_REMOVE_DELEGATE), "remove_delegate");
    assert_string_equal(entry_kind_name(ENTRY_OBSERVE), "observe");
    assert_null(entry_kind_name((enum entry_kind)0));
    assert_null(entry_kind_name((enum entry_kind)13));
    assert_string_equal(entry_kind_name(ENTRY_REQUEST), "request");
    assert_null(entry_kind_name((enum entry_kind)98));
    assert_int_equal(entry_kind_find(SLICE("top_up")), ENTRY_TOP_UP);
    assert_int_equal(entry_kind_find(SLICE("end_temporary")), ENTRY_END_TEMPORARY);
    assert_int_equal(entry_kind_find(SLICE("observe")), 0); /* has no parts in this version */
    assert_int_equal(entry_kind_find(SLICE("")), 0);
    assert_null(entry_kind_name((enum entry_kind)255));
}

/* What decode must refuse although its bytes are well formed: each case spoils one thing. */
static void spoil(struct entry *entry, int which)
{
    struct touch *touch = &entry->touches[0];
    switch (which) {
    case 0:
        touch->after.flags = 16;
        break;
    case 1:
        touch->after.income.micros = (INT64_C(1) << 60) + 1;
        break;
    case 2:
        touch->after.cash.micros = -(INT64_C(1) << 60) - 1;
        break;
    case 3:
        entry->cash.micros = 0;
        break;
    case 4:
        entry->cash.micros = -5;
        break;
    case 5:
        entry->organisation = 0;
        break;
    case 6:
        touch->uin = (struct uin){0, 0};
        break;
    case 7:
        touch->uin.low = 10000000000;
        break;
    case 8:
        entry->text = SLICE("\xC0\x80");
        break;
    default:
        entry->kind = ENTRY_JOIN; /* with an empty name */
        break;
    }
}

static void senseless_entries_are_refused(void **state)
{
    (void)state;
    for (int which = -1; which < 10; which++) {
        struct entry entry = {.sequence = 10,
                              .kind = ENTRY_TOP_UP,
                              .organisation = 1,
                              .touch_count = 1,
                              .cash = {10}};
        entry.touches[0] = (struct touch){.uin = {0, 5}, .ordinal = 2, .previous = 3, .jump = 3};
        if (which >= 0)
            spoil(&entry, which);
        struct buffer bytes;
        struct entry back;
        buffer_init(&bytes, 1 << 16);
        scene_encode(&entry, &bytes);
        assert_int_equal(decode(10, buffer_slice(&bytes), &back), which < 0);
        buffer_done(&bytes);
    }
}

/* Each kind of entry, sound, that is spoilt in turn. */
static struct entry sound_entry(enum entry_kind kind)
{
    static const struct uin scope[2] = {{0, 1}, {0, 2}};
    static const char one_hash[] = "0123456789abcdef0123456789abcdef";
    struct entry entry = {.sequence = 20, .kind = kind, .organisation = 1};
    bool is_key = kind == ENTRY_ADD_KEY || kind == ENTRY_ISSUE_TOKEN;
    entry.touch_count = kind < ENTRY_ADD_KEY ? (kind == ENTRY_MOVE ? 2 : 1) : 0;
    entry.touches[0] = (struct touch){.uin = {0, 5}, .ordinal = 6, .previous = 9, .jump = 4};
    entry.touches[1] = (struct touch){.uin = {0, 6}, .ordinal = 2, .previous = 9, .jump = 9};
    entry.cash.micros = kind < ENTRY_JOIN || kind == ENTRY_GRANT_TEMPORARY ? 1 : 0;
    entry.subject = 3;
    entry.name = SLICE("name");
    entry.user = scope[1];
    if (kind == ENTRY_ORGANISATION) {
        entry.text = SLICE("USD");
        entry.account = scope[0];
        entry.touches[0] =
            (struct touch){.uin = scope[0], .after = {.flags = MEMBER_OWNER}, .ordinal = 1};
    }
    if (is_key || kind == ENTRY_SET_KEY)
        entry.secret_id = SLICE("AKID");
    if (is_key) {
        entry.sealed_secret = SLICE("sealed");
        entry.token_hash = kind == ENTRY_ISSUE_TOKEN ? slice_of(one_hash, 32) : SLICE_NONE;
        entry.principal = PRINCIPAL_SUB;
    }
    if (is_key || kind == ENTRY_DELEGATE || kind == ENTRY_REMOVE_DELEGATE)
        entry.account = scope[0];
    if (kind == ENTRY_DELEGATE) {
        entry.scope = scope;
        entry.scope_count = 2;
    }
    if (kind == ENTRY_REQUEST) {
        entry.door = DOOR_NETWORK;
        entry.mark = MARK_TOKEN;
        entry.account = entry.user = scope[0];
        entry.subject = 1;
        entry.name = SLICE_NONE;
        entry.request_id = SLICE("0123456789abcdef");
        entry.token_digest = entry.body_digest = SLICE("0123456789abcdef");
        entry.made = 1;
    }
    return entry;
}

static void sound_entries_are_valid(void **state)
{
    (void)state;
    for (unsigned kind = 1; kind < 256; kind++) {
        struct entry entry = sound_entry((enum entry_kind)kind);
        bool is_known = entry_kind_name(entry.kind) && kind != ENTRY_OBSERVE;
        assert_int_equal(entry_is_valid(&entry), is_known);
    }
}

#define SPOILT(kind, ...)                                                                          \
    do {                                                                                           \
        struct entry e = sound_entry(kind);                                                        \
        struct touch *t = e.touches;                                                               \
        (void)t;                                                                                   \
        assert_true(entry_is_valid(&e));                                                           \
        __VA_ARGS__;                                                                               \
        assert_false(entry_is_valid(&e));                                                          \
    } while (0)

static void back_links_must_make_sense(void **state)
{
    (void)state;
    SPOILT(ENTRY_TOP_UP, t->ordinal = 0);
    SPOILT(ENTRY_TOP_UP, t->ordinal = 1);
    SPOILT(ENTRY_TOP_UP, *t = (struct touch){.uin = {0, 5}, .ordinal = 1, .previous = 1});
    SPOILT(ENTRY_TOP_UP, *t = (struct touch){.uin = {0, 5}, .ordinal = 1, .jump = 1});
    SPOILT(ENTRY_TOP_UP, t->previous = 0);
    SPOILT(ENTRY_TOP_UP, t->previous = 20);
    SPOILT(ENTRY_TOP_UP, t->jump = 0);
    SPOILT(ENTRY_TOP_UP, t->jump = 9);    /* the sixth does not jump to the fifth */
    SPOILT(ENTRY_TOP_UP, t->ordinal = 5); /* the fifth jumps to the fourth */
    SPOILT(ENTRY_TOP_UP, t->ordinal = 3); /* the third jumps to nothing */
    SPOILT(ENTRY_TOP_UP, e.touch_count = 0);
    SPOILT(ENTRY_TOP_UP, e.touch_count = 2);
    SPOILT(ENTRY_MOVE, e.touch_count = 1);
    SPOILT(ENTRY_MOVE, t[1].uin = t[0].uin);
    SPOILT(ENTRY_MOVE, t[1].uin = (struct uin){0});
    SPOILT(ENTRY_MOVE, t[1].after.income.micros = -1);
}

static void parts_must_make_sense(void **state)
{
    (void)state;
    const int64_t beyond = MEMBER_AMOUNT_MAX.micros + 1;
    SPOILT(ENTRY_TOP_UP, e.sequence = 0);
    SPOILT(ENTRY_TOP_UP, e.kind = ENTRY_OBSERVE);
    SPOILT(ENTRY_TOP_UP, e.cash.micros = beyond);
    SPOILT(ENTRY_TOP_UP, t->after.basic_credit.micros = -1);
    SPOILT(ENTRY_TOP_UP, t->after.temporary.micros = beyond);
    SPOILT(ENTRY_ADJUST, e.cash.micros = beyond);
    SPOILT(ENTRY_ADJUST, e.income.micros = -beyond);
    SPOILT(ENTRY_OPENING, e.gift.micros = beyond);
    SPOILT(ENTRY_GRANT_TEMPORARY, e.cash.micros = -1);
    SPOILT(ENTRY_GRANT_TEMPORARY, e.start_us = e.end_us = 7);
    SPOILT(ENTRY_HOLD, e.cash.micros = 0);
    SPOILT(ENTRY_HOLD, e.end_us = -1);
    SPOILT(ENTRY_CAPTURE, e.subject = 0);
    SPOILT(ENTRY_EXPIRE, e.subject = 20);
    SPOILT(ENTRY_RENAME, e.name = SLICE("\x7f"));
    SPOILT(ENTRY_RENAME, e.name = SLICE("\xc2\x80"));
    SPOILT(ENTRY_LEAVE, e.text = SLICE("\xff"));
    static char long_text[ENTRY_TEXT_BYTES_MAX + 1];
    memset(long_text, 'x', sizeof long_text);
    SPOILT(ENTRY_LEAVE, e.text = slice_of(long_text, sizeof long_text));
    SPOILT(ENTRY_RENAME, e.name = slice_of(long_text, 300));
    SPOILT(ENTRY_REQUEST, e.outcomes = slice_of(long_text, sizeof long_text));
    SPOILT(ENTRY_REQUEST, e.token_digest.len = 15);
    SPOILT(ENTRY_REQUEST, e.body_digest.len = 0);
    SPOILT(ENTRY_REQUEST, e.door = 0);
    SPOILT(ENTRY_REQUEST, e.door = DOOR_SOCKET);
    SPOILT(ENTRY_REQUEST, e.mark = MARK_NONE);
    SPOILT(ENTRY_REQUEST, e.mark = MARK_SIGNATURE);
    SPOILT(ENTRY_REQUEST, e.request_id.len = 15);
    SPOILT(ENTRY_REQUEST, e.principal = PRINCIPAL_SUB);
    SPOILT(ENTRY_REQUEST, e.subject = 0);
    SPOILT(ENTRY_REQUEST, e.subject = e.sequence);
    SPOILT(ENTRY_REQUEST, e.name = SLICE("root"));
    SPOILT(ENTRY_REQUEST, e.unix_user = 1);
    SPOILT(ENTRY_REQUEST, e.made = 0);
    SPOILT(ENTRY_REQUEST, e.made = 20);
}

static void the_registry_must_make_sense(void **state)
{
    (void)state;
    static char long_text[1025];
    static const struct uin repeated[2] = {{0, 1}, {0, 1}}, nobody[1] = {{0, 0}};
    SPOILT(ENTRY_ORGANISATION, e.text = SLICE("usd"));
    SPOILT(ENTRY_ORGANISATION, e.account = t[1].uin);
    SPOILT(ENTRY_ORGANISATION, t->after.flags = 0);
    SPOILT(ENTRY_ORGANISATION, t->ordinal = 2; t->previous = t->jump = 3);
    SPOILT(ENTRY_ORGANISATION, t->after.cash.micros = 1);
    SPOILT(ENTRY_ORGANISATION, t->after.income.micros = 1);
    SPOILT(ENTRY_ORGANISATION, t->after.gift.micros = 1);
    SPOILT(ENTRY_ORGANISATION, t->after.frozen.micros = 1);
    SPOILT(ENTRY_ORGANISATION, t->after.basic_credit.micros = 1);
    SPOILT(ENTRY_ORGANISATION, t->after.temporary.micros = 1);
    SPOILT(ENTRY_ADD_KEY, e.secret_id = SLICE_NONE);
    SPOILT(ENTRY_ADD_KEY, e.secret_id = slice_of(long_text, 129));
    SPOILT(ENTRY_ADD_KEY, e.sealed_secret = SLICE_NONE);
    SPOILT(ENTRY_ADD_KEY, e.sealed_secret = slice_of(long_text, 1025));
    SPOILT(ENTRY_ADD_KEY, e.token_hash = SLICE("0123456789abcdef0123456789abcdef"));
    SPOILT(ENTRY_ISSUE_TOKEN, e.token_hash = SLICE_NONE);
    SPOILT(ENTRY_ISSUE_TOKEN, e.end_us = -1);
    SPOILT(ENTRY_ADD_KEY, e.account = (struct uin){0});
    SPOILT(ENTRY_ADD_KEY, e.user = (struct uin){0});
    SPOILT(ENTRY_ADD_KEY, e.principal = PRINCIPAL_ROLE + 1);
    SPOILT(ENTRY_ADD_KEY, e.principal = PRINCIPAL_MAIN); /* but the user is another */
    SPOILT(ENTRY_ADD_KEY, e.user = e.account);
    SPOILT(ENTRY_ADD_KEY, e.name = SLICE("a\n"));
    SPOILT(ENTRY_SET_KEY, e.secret_id = SLICE_NONE);
    SPOILT(ENTRY_SET_KEY, e.secret_id = slice_of(long_text, 129));
    SPOILT(ENTRY_PUT_POLICY, e.user = (struct uin){0});
    SPOILT(ENTRY_REMOVE_POLICY, e.name = SLICE_NONE);
    SPOILT(ENTRY_DELEGATE, e.account = (struct uin){0});
    SPOILT(ENTRY_DELEGATE, e.scope_count = ENTRY_SCOPE_MAX + 1);
    SPOILT(ENTRY_DELEGATE, e.enabled = true); /* everyone, and these */
    SPOILT(ENTRY_DELEGATE, e.scope = repeated);
    SPOILT(ENTRY_DELEGATE, e.scope = nobody; e.scope_count = 1);
    SPOILT(ENTRY_REMOVE_DELEGATE, e.account = (struct uin){0});
}

static void numbers_have_one_spelling(void **state)
{
    (void)state;
    static const char remove[] = {71, 0, 1, 0, 5};
    static const char long_five[] = {71, 0, 1, 0, (char)0x85, 0};
    static const char endless[] = {71,         (char)0xFF, (char)0xFF, (char)0xFF, (char)0xFF,
                                   (char)0xFF, (char)0xFF, (char)0xFF, (char)0xFF, (char)0xFF,
                                   2,          1,          0,          5};
    struct entry entry;
    assert_true(decode(1, slice_of(remove, sizeof remove), &entry));
    assert_false(decode(1, slice_of(long_five, sizeof long_five), &entry));
    assert_false(decode(1, slice_of(endless, sizeof endless), &entry));
    assert_false(decode(1, SLICE_NONE, &entry));
    assert_false(decode(0, slice_of(remove, sizeof remove), &entry));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_never_change),
        cmocka_unit_test(random_entries_round_trip),
        cmocka_unit_test(registry_entries_round_trip),
        cmocka_unit_test(requests_round_trip),
        cmocka_unit_test(bytes_of_new_kinds_never_change),
        cmocka_unit_test(scopes_are_bounded),
        cmocka_unit_test(money_entries_are_small),
        cmocka_unit_test(kinds_have_names),
        cmocka_unit_test(senseless_entries_are_refused),
        cmocka_unit_test(sound_entries_are_valid),
        cmocka_unit_test(back_links_must_make_sense),
        cmocka_unit_test(parts_must_make_sense),
        cmocka_unit_test(the_registry_must_make_sense),
        cmocka_unit_test(numbers_have_one_spelling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
