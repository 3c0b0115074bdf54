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
        cmocka_unit_test(scopes_are_bounded),
        cmocka_unit_test(money_entries_are_small),
        cmocka_unit_test(kinds_have_names),
        cmocka_unit_test(senseless_entries_are_refused),
        cmocka_unit_test(numbers_have_one_spelling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
