/* Desk: deciding commands in a test the way the committer does: decide, take the entries through
 * their bytes, apply, clear. */
#ifndef TESTS_LEDGER_DESK_H
#define TESTS_LEDGER_DESK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "ledger/decide.h"

#define DESK_OWNER "100000000001"

struct desk {
    struct book *book;
    struct draft *draft;
    int64_t now_us;
    uint32_t item; /* refused */
};

static inline struct uin desk_uin(const char *digits)
{
    struct uin uin = {0, 0};
    assert_true(uin_parse(slice_text(digits), &uin));
    return uin;
}

static inline enum refusal desk_decide(struct desk *desk, struct command *command)
{
    struct fault fault = {{0}};
    enum refusal refusal = REFUSAL_COUNT;
    desk->item = UINT32_MAX;
    struct status status =
        decide(desk->draft, command, desk->now_us, &fault, &refusal, &desk->item);
    assert_int_equal(status.code, STATUS_OK);
    return refusal;
}

/* Publishes what was decided; returns how many entries that were. */
static inline size_t desk_publish(struct desk *desk)
{
    static struct uin scope[ENTRY_SCOPE_MAX];
    struct buffer bytes;
    struct fault fault = {{0}};
    size_t count = draft_entry_count(desk->draft);
    buffer_init(&bytes, 1 << 20);
    for (size_t i = 0; i < count; i++) {
        const struct entry *decided = draft_entry(desk->draft, i);
        struct entry entry;
        buffer_clear(&bytes);
        entry_encode(decided, &bytes);
        assert_true(
            entry_decode(decided->sequence, buffer_slice(&bytes), scope, ENTRY_SCOPE_MAX, &entry));
        if (!status_ok(book_apply(desk->book, &entry, &fault)))
            fail_msg("%s", fault.text);
    }
    buffer_done(&bytes);
    draft_clear(desk->draft);
    return count;
}

static inline enum refusal desk_run(struct desk *desk, struct command *command)
{
    enum refusal refusal = desk_decide(desk, command);
    size_t count = desk_publish(desk);
    if (refusal != REFUSAL_NONE)
        assert_int_equal(count, 0);
    return refusal;
}

static inline enum refusal desk_found(struct desk *desk, const char *owner)
{
    struct command command = {.kind = COMMAND_CREATE_ORGANISATION,
                              .name = SLICE("Example"),
                              .currency = SLICE("USD"),
                              .owner = desk_uin(owner)};
    return desk_run(desk, &command);
}

/* With one organisation, 1, owned by DESK_OWNER. */
static inline struct desk desk_new(void)
{
    struct desk desk = {.book = book_new(42), .now_us = 1795400000000000};
    desk.draft = draft_new(desk.book);
    assert_int_equal(desk_found(&desk, DESK_OWNER), REFUSAL_NONE);
    return desk;
}

static inline void desk_free(struct desk *desk)
{
    struct fault fault = {{0}};
    if (!status_ok(book_check(desk->book, &fault)))
        fail_msg("%s", fault.text);
    draft_free(desk->draft);
    book_free(desk->book);
}

static inline struct new_member desk_item(const char *uin, const char *name)
{
    return (struct new_member){.uin = desk_uin(uin), .name = slice_text(name)};
}

static inline struct command desk_add(struct new_member *items, uint32_t count)
{
    return (struct command){
        .kind = COMMAND_ADD_MEMBERS, .organisation = 1, .members = items, .member_count = count};
}

/* What is due by now, at most so many; returns how many entries that were. */
static inline size_t desk_settle(struct desk *desk, size_t entries_max, bool *ret_more)
{
    struct fault fault = {{0}};
    struct status status = draft_settle(desk->draft, desk->now_us, entries_max, &fault, ret_more);
    assert_int_equal(status.code, STATUS_OK);
    return draft_entry_count(desk->draft);
}

/* Lets time pass and publishes what it does. */
static inline size_t desk_wait(struct desk *desk, int64_t us)
{
    bool more = true;
    desk->now_us += us;
    desk_settle(desk, SIZE_MAX, &more);
    assert_false(more);
    return desk_publish(desk);
}

static inline struct command desk_post(struct transfer *transfers, uint32_t count)
{
    return (struct command){
        .kind = COMMAND_POST, .organisation = 1, .transfers = transfers, .transfer_count = count};
}

/* Posts one transfer in a group of its own. */
static inline enum refusal desk_transfer(struct desk *desk, struct transfer transfer)
{
    struct command command = desk_post(&transfer, 1);
    enum refusal refusal = desk_run(desk, &command);
    assert_int_equal(transfer.refusal, refusal);
    return refusal;
}

static inline struct command desk_change(enum command_kind kind, const char *uin)
{
    return (struct command){.kind = kind, .organisation = 1, .change = {.uin = desk_uin(uin)}};
}

/* A bare member with these flags and so much cash (micros). */
static inline void desk_join(struct desk *desk, const char *uin, uint8_t flags, int64_t cash)
{
    struct new_member item = desk_item(uin, uin);
    item.flags = flags;
    item.cash.micros = cash;
    struct command command = desk_add(&item, 1);
    assert_int_equal(desk_run(desk, &command), REFUSAL_NONE);
}

/* The id of the new hold, which is published; 0 = refused. */
static inline uint64_t desk_hold(struct desk *desk, const char *uin, int64_t amount, int64_t end_us)
{
    struct command command = desk_change(COMMAND_HOLD, uin);
    command.change.amount.micros = amount;
    command.change.end_us = end_us;
    return desk_run(desk, &command) == REFUSAL_NONE ? command.change.first_sequence : 0;
}

static inline uint64_t desk_grant(struct desk *desk, const char *uin, int64_t amount,
                                  int64_t start_us, int64_t end_us)
{
    struct command command = desk_change(COMMAND_GRANT_TEMPORARY, uin);
    command.change.amount.micros = amount;
    command.change.start_us = start_us;
    command.change.end_us = end_us;
    return desk_run(desk, &command) == REFUSAL_NONE ? command.change.first_sequence : 0;
}

static inline void assert_same_state(const struct member_state *a, const struct member_state *b)
{
    assert_int_equal(a->cash.micros, b->cash.micros);
    assert_int_equal(a->income.micros, b->income.micros);
    assert_int_equal(a->gift.micros, b->gift.micros);
    assert_int_equal(a->frozen.micros, b->frozen.micros);
    assert_int_equal(a->basic_credit.micros, b->basic_credit.micros);
    assert_int_equal(a->temporary.micros, b->temporary.micros);
    assert_int_equal(a->flags, b->flags);
}

static inline const struct member *desk_member(const struct desk *desk, const char *uin)
{
    return book_find_member(desk->book, 1, desk_uin(uin));
}

#endif
