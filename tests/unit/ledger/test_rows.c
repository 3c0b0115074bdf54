/* Checkpoint rows: holds and grants travel in them, in every state they may be in; rows that do not
 * add up are refused; and rows of several moments, more than a sum can say, still make the book. */
#include "desk.h"

#include "base/wire.h"

#include <stdio.h>

#define ONE "700001941608"
#define TWO "700001941609"

/* The bytes of a book's past, to make it again. */
struct journal {
    struct slice entries[200];
    size_t count;
    struct buffer bytes;
};

static struct journal journal;

/* Publishes and keeps what was decided. */
static void keep(struct desk *desk)
{
    for (size_t i = 0; i < draft_entry_count(desk->draft); i++) {
        size_t from = journal.bytes.len;
        entry_encode(draft_entry(desk->draft, i), &journal.bytes);
        assert_true(journal.count < 200);
        journal.entries[journal.count++] =
            slice_of(journal.bytes.at + from, journal.bytes.len - from);
    }
    desk_publish(desk);
}

static void keep_command(struct desk *desk, struct command command)
{
    assert_int_equal(desk_decide(desk, &command), REFUSAL_NONE);
    keep(desk);
}

static struct desk desk_kept(void)
{
    static char memory[1 << 20];
    struct desk desk = {.book = book_new(42), .now_us = 1795400000000000};
    struct command found = {.kind = COMMAND_CREATE_ORGANISATION,
                            .name = SLICE("Example"),
                            .currency = SLICE("USD"),
                            .owner = desk_uin(DESK_OWNER)};
    desk.draft = draft_new(desk.book);
    buffer_init_fixed(&journal.bytes, memory, sizeof memory);
    journal.count = 0;
    keep_command(&desk, found);
    return desk;
}

static void keep_join(struct desk *desk, const char *uin, uint8_t flags, int64_t cash)
{
    struct new_member item = desk_item(uin, uin);
    item.flags = flags;
    item.cash.micros = cash;
    keep_command(desk, desk_add(&item, 1));
}

static uint64_t keep_hold(struct desk *desk, const char *uin, int64_t amount, int64_t end_us)
{
    struct command command = desk_change(COMMAND_HOLD, uin);
    command.change.amount.micros = amount;
    command.change.end_us = end_us;
    keep_command(desk, command);
    return book_sequence(desk->book);
}

static void keep_grant(struct desk *desk, int64_t amount, int64_t start_us, int64_t end_us)
{
    struct command command = desk_change(COMMAND_GRANT_TEMPORARY, ONE);
    command.change.amount.micros = amount;
    command.change.start_us = start_us;
    command.change.end_us = end_us;
    keep_command(desk, command);
}

static void take_row(const struct book *book, const char *uin, struct buffer *ret_row)
{
    const struct member *member = book_find_member(book, 1, desk_uin(uin));
    buffer_init(ret_row, 1 << 16);
    book_member_encode(book, book_member_index(book, member), ret_row);
    assert_true(buffer_ok(ret_row));
}

static void apply_kept(struct book *book, uint64_t first)
{
    for (uint64_t sequence = first; sequence <= journal.count; sequence++) {
        struct entry entry;
        struct fault fault = {{0}};
        assert_true(entry_decode(sequence, journal.entries[sequence - 1], NULL, 0, &entry));
        if (!status_ok(book_apply(book, &entry, &fault)))
            fail_msg("%s", fault.text);
    }
}

/* A book with its organisation, from which recovery goes on. */
static struct book *begin_again(void)
{
    struct book *book = book_new(7);
    struct entry entry;
    struct fault fault = {{0}};
    assert_true(entry_decode(1, journal.entries[0], NULL, 0, &entry));
    assert_true(status_ok(book_apply(book, &entry, &fault)));
    return book;
}

static void load_row(struct book *book, const struct buffer *row)
{
    struct fault fault = {{0}};
    if (!status_ok(book_member_load(book, buffer_slice(row), &fault)))
        fail_msg("%s", fault.text);
}

static void assert_same_rows(const struct book *a, const struct book *b, const char *uin)
{
    struct buffer row_a, row_b;
    take_row(a, uin, &row_a);
    take_row(b, uin, &row_b);
    assert_int_equal(row_a.len, row_b.len);
    assert_memory_equal(row_a.at, row_b.at, row_a.len);
    buffer_done(&row_a);
    buffer_done(&row_b);
}

/* Started, pending, endless grants; holds with an end, without, in part captured: the loaded book
 * knows what is due, and goes on like the first. */
static void holds_and_grants_travel(void **state)
{
    (void)state;
    struct desk desk = desk_kept();
    int64_t now = desk.now_us;
    struct buffer rows[2], own;
    struct fault fault = {{0}};
    bool more = true;
    keep_join(&desk, ONE, 0, 1000);
    uint64_t hold = keep_hold(&desk, ONE, 100, now + 50);
    keep_hold(&desk, ONE, 200, 0);
    keep_hold(&desk, ONE, 300, now + 20);
    keep_grant(&desk, 1, 0, 0);
    keep_grant(&desk, 2, 0, now + 10);
    keep_grant(&desk, 4, now + 5, now + 30);
    keep_grant(&desk, 8, now + 40, 0);
    struct command capture = desk_change(COMMAND_CAPTURE, ONE);
    capture.change.subject = hold;
    capture.change.amount.micros = 60;
    keep_command(&desk, capture);
    desk.now_us = now + 7;
    desk_settle(&desk, 100, &more);
    keep(&desk);
    take_row(desk.book, ONE, &rows[0]);
    take_row(desk.book, DESK_OWNER, &rows[1]);
    buffer_init(&own, 1 << 16);
    book_organisation_encode(desk.book, 1, &own);
    struct book *book = begin_again();
    assert_true(status_ok(book_organisation_load(book, buffer_slice(&own), &fault)));
    load_row(book, &rows[0]);
    load_row(book, &rows[1]);
    book_loaded(book, book_sequence(desk.book), book_time_us(desk.book));
    assert_same_rows(desk.book, book, ONE);
    assert_int_equal(book_next_due_us(book), now + 10);
    assert_int_equal(book_find_hold(book, hold)->amount.micros, 40);
    assert_int_equal(book_hold_count(book), 3);
    assert_true(status_ok(book_check(book, &fault)));
    uint64_t mark = book_sequence(desk.book);
    desk.now_us = now + 1000;
    desk_settle(&desk, 100, &more);
    assert_int_equal(draft_entry_count(desk.draft), 5);
    keep(&desk);
    apply_kept(book, mark + 1);
    assert_same_rows(desk.book, book, ONE);
    assert_int_equal(book_next_due_us(book), INT64_MAX);
    assert_true(status_ok(book_check(book, &fault)));
    buffer_done(&rows[0]);
    buffer_done(&rows[1]);
    buffer_done(&own);
    book_free(book);
    desk_free(&desk);
}

/* Seven have 2^60 frozen; one lets go before another holds as much. A row of the one from before
 * and a row of the other from after are eight: more than a sum can say, and yet the sum is right
 * when the tail has been replayed. */
static void rows_of_several_moments_may_be_too_much(void **state)
{
    (void)state;
    static const char *uins[] = {"100", "101", "102", "103", "104", "105", "106", "107"};
    struct desk desk = desk_kept();
    int64_t most = MEMBER_AMOUNT_MAX.micros;
    struct buffer rows[8], own, owner;
    struct fault fault = {{0}};
    uint64_t first_hold = 0;
    for (int i = 0; i < 8; i++)
        keep_join(&desk, uins[i], MEMBER_ARREARS, 0);
    for (int i = 0; i < 7; i++) {
        uint64_t hold = keep_hold(&desk, uins[i], most, 0);
        first_hold = i == 0 ? hold : first_hold;
        take_row(desk.book, uins[i], &rows[i]);
    }
    uint64_t mark = book_sequence(desk.book);
    int64_t mark_us = book_time_us(desk.book);
    buffer_init(&own, 1 << 16);
    book_organisation_encode(desk.book, 1, &own);
    take_row(desk.book, DESK_OWNER, &owner);
    struct command release = desk_change(COMMAND_RELEASE, "100");
    release.change.subject = first_hold;
    keep_command(&desk, release);
    keep_hold(&desk, "107", most, 0);
    take_row(desk.book, "107", &rows[7]);
    keep_hold(&desk, "100", 5, 0);
    struct book *book = begin_again();
    assert_true(status_ok(book_organisation_load(book, buffer_slice(&own), &fault)));
    for (int i = 0; i < 8; i++)
        load_row(book, &rows[i]);
    load_row(book, &owner);
    book_loaded(book, mark, mark_us);
    apply_kept(book, mark + 1);
    assert_true(status_ok(book_check(book, &fault)));
    assert_int_equal(book_organisation(book, 1)->frozen.micros, 7 * most + 5);
    for (int i = 0; i < 8; i++) {
        assert_same_rows(desk.book, book, uins[i]);
        buffer_done(&rows[i]);
    }
    buffer_done(&own);
    buffer_done(&owner);
    book_free(book);
    desk_free(&desk);
}

/* Rows by hand --------------------------------------------------------------------------------- */

struct listed {
    uint64_t id;
    int64_t amount, start, end;
    uint8_t started;
};

struct row {
    uint64_t organisation, last, ordinal;
    struct uin uin;
    struct slice name;
    struct member_state state;
    uint8_t rejoined;
    uint64_t past_count, past_distance;
    struct slice past_name;
    uint64_t grant_count, hold_count;
    struct listed grants[2], holds[2];
};

static const struct row sound = {
    .organisation = 1,
    .last = 90,
    .ordinal = 1,
    .uin = {0, 5},
    .name = {"five", 4},
    .state = {.cash = {-7}, .frozen = {30}, .temporary = {4}},
    .past_count = 1,
    .past_distance = 10,
    .past_name = {"cinq", 4},
    .grant_count = 2,
    .grants = {{60, 4, 1, 0, 1}, {50, 5, 9, 10, 0}},
    .hold_count = 2,
    .holds = {{80, 10, 0, 0, 0}, {70, 20, 0, 5, 0}},
};

static void put_list(struct buffer *out, uint64_t count, const struct listed *list, bool grants)
{
    wire_put_u64(out, count);
    for (uint64_t i = 0; i < count && i < 2; i++) {
        wire_put_u64(out, list[i].id);
        wire_put_u64(out, (uint64_t)list[i].amount);
        if (grants)
            wire_put_i64(out, list[i].start);
        wire_put_i64(out, list[i].end);
        if (grants)
            wire_put_byte(out, list[i].started);
    }
}

static void write_row(struct buffer *out, const struct row *row)
{
    struct desk desk = desk_new();
    struct buffer any;
    buffer_init(&any, 1 << 16);
    book_member_encode(desk.book, 0, &any);
    wire_put_byte(out, (uint8_t)any.at[0]); /* the version */
    buffer_done(&any);
    desk_free(&desk);
    wire_put_u64(out, row->organisation);
    wire_put_uin(out, row->uin);
    wire_put_text(out, row->name);
    wire_put_i64(out, 1795400000000000);
    wire_put_byte(out, row->rejoined);
    wire_put_u64(out, row->last);
    wire_put_u64(out, row->ordinal);
    wire_put_byte(out, row->state.flags);
    wire_put_i64(out, row->state.cash.micros);
    wire_put_u64(out, (uint64_t)row->state.income.micros);
    wire_put_u64(out, (uint64_t)row->state.gift.micros);
    wire_put_u64(out, (uint64_t)row->state.frozen.micros);
    wire_put_u64(out, (uint64_t)row->state.basic_credit.micros);
    wire_put_u64(out, (uint64_t)row->state.temporary.micros);
    wire_put_u64(out, row->past_count);
    if (row->past_count == 1) {
        wire_put_u64(out, row->past_distance);
        wire_put_text(out, row->past_name);
    }
    put_list(out, row->grant_count, row->grants, true);
    put_list(out, row->hold_count, row->holds, false);
}

static enum status_code load_written(const struct row *row)
{
    struct fault fault = {{0}};
    struct book *book = book_new(1);
    struct buffer bytes;
    buffer_init(&bytes, 1 << 16);
    write_row(&bytes, row);
    struct status status = book_member_load(book, buffer_slice(&bytes), &fault);
    buffer_done(&bytes);
    book_free(book);
    return status.code;
}

#define SPOILT(...)                                                                                \
    do {                                                                                           \
        struct row r = sound;                                                                      \
        __VA_ARGS__;                                                                               \
        assert_int_equal(load_written(&r), STATUS_CORRUPT);                                        \
    } while (0)

static void rows_must_add_up(void **state)
{
    (void)state;
    int64_t most = MEMBER_AMOUNT_MAX.micros;
    assert_int_equal(load_written(&sound), STATUS_OK);
    SPOILT(r.organisation = 0);
    SPOILT(r.organisation = (1 << 20) + 1);
    SPOILT(r.name = SLICE("a\n"));
    SPOILT(r.ordinal = 0);
    SPOILT(r.ordinal = 91);
    SPOILT(r.ordinal = 2); /* the back-links of a second entry are not there */
    SPOILT(r.rejoined = 2);
    SPOILT(r.state.flags = 16);
    SPOILT(r.state.cash.micros = -most - 1);
    SPOILT(r.state.income.micros = most + 1);
    SPOILT(r.past_distance = 0);
    SPOILT(r.past_distance = 91);
    SPOILT(r.past_name = SLICE_NONE);
    SPOILT(r.past_count = UINT64_MAX);
    SPOILT(r.grant_count = 3);
    SPOILT(r.grant_count = UINT64_MAX);
    SPOILT(r.grants[0].id = 0);
    SPOILT(r.grants[0].id = 91);
    SPOILT(r.grants[1].id = 60);
    SPOILT(r.grants[0].amount = 5);
    SPOILT(r.grants[0].started = 0);
    SPOILT(r.grants[1].started = 1);
    SPOILT(r.grants[1].started = 2);
    SPOILT(r.grants[1].amount = most);
    SPOILT(r.grants[1].amount = most + 1);
    SPOILT(r.hold_count = 1);
    SPOILT(r.hold_count = 3);
    SPOILT(r.hold_count = UINT64_MAX);
    SPOILT(r.holds[0].id = 0);
    SPOILT(r.holds[0].id = 91);
    SPOILT(r.holds[1].id = 80);
    SPOILT(r.holds[1].amount = 0);
    SPOILT(r.holds[1].amount = 21);
}

/* Two members with the same hold, or the same grant. */
static void a_hold_has_one_holder(void **state)
{
    (void)state;
    for (int which = 0; which < 2; which++) {
        struct book *book = book_new(1);
        struct fault fault = {{0}};
        struct buffer bytes;
        struct row other = sound;
        other.uin.low = 6;
        other.grants[0].id = which == 0 ? 59 : 60;
        other.grants[1].id = 49;
        other.holds[0].id = 79;
        other.holds[1].id = which == 0 ? 70 : 69;
        buffer_init(&bytes, 1 << 16);
        write_row(&bytes, &sound);
        assert_true(status_ok(book_member_load(book, buffer_slice(&bytes), &fault)));
        buffer_clear(&bytes);
        write_row(&bytes, &other);
        assert_int_equal(book_member_load(book, buffer_slice(&bytes), &fault).code, STATUS_CORRUPT);
        buffer_done(&bytes);
        book_free(book);
    }
}

/* A row that says it is an owner's, of an account that is no owner. */
static void an_owner_is_an_owner(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    struct fault fault = {{0}};
    struct buffer bytes;
    struct row row = sound;
    desk_join(&desk, "5", 0, 0);
    row.state.flags = MEMBER_OWNER;
    buffer_init(&bytes, 1 << 16);
    write_row(&bytes, &row);
    assert_int_equal(book_member_load(desk.book, buffer_slice(&bytes), &fault).code,
                     STATUS_CORRUPT);
    buffer_done(&bytes);
    draft_free(desk.draft);
    book_free(desk.book);
}

static void organisations_rows_are_bounded(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    struct fault fault = {{0}};
    struct book *book = book_new(1);
    struct buffer row;
    buffer_init(&row, 1 << 16);
    book_organisation_encode(desk.book, 1, &row);
    row.at[1] = 0; /* its number */
    assert_int_equal(book_organisation_load(book, buffer_slice(&row), &fault).code, STATUS_CORRUPT);
    row.at[1] = (char)0x80;
    assert_int_equal(book_organisation_load(book, buffer_slice(&row), &fault).code, STATUS_CORRUPT);
    buffer_done(&row);
    book_free(book);
    desk_free(&desk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(holds_and_grants_travel),
        cmocka_unit_test(rows_of_several_moments_may_be_too_much),
        cmocka_unit_test(rows_must_add_up),
        cmocka_unit_test(a_hold_has_one_holder),
        cmocka_unit_test(an_owner_is_an_owner),
        cmocka_unit_test(organisations_rows_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
