/* When the n-th allocation fails, for every n: a fault that says so, no crash, no leak. (Linked so
 * that malloc, calloc and realloc pass through here.) */
#include "desk.h"

#include "base/check.h"

#include <stdio.h>

static long allowed; /* allocations until one fails; negative = all succeed */

static bool fails(void)
{
    return allowed >= 0 && allowed-- == 0;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *at, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *at, size_t size);

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *at, size_t size)
{
    return fails() ? NULL : __real_realloc(at, size);
}

struct run {
    struct book *book;
    struct draft *draft;
    struct fault fault;
};

static struct status run_command(struct run *run, struct command *command)
{
    enum refusal refusal = REFUSAL_COUNT;
    uint32_t item = 0;
    TRY(decide(run->draft, command, 1, &run->fault, &refusal, &item));
    CHECK(refusal == REFUSAL_NONE);
    for (size_t i = 0; i < draft_entry_count(run->draft); i++)
        TRY(book_apply(run->book, draft_entry(run->draft, i), &run->fault));
    draft_clear(run->draft);
    return STATUS_DONE;
}

static struct status add_members(struct run *run, uint64_t first, uint32_t count, uint64_t step)
{
    static struct new_member items[400];
    for (uint32_t i = 0; i < count; i++) {
        items[i] = (struct new_member){.uin = {0, first + i * step},
                                       .name = SLICE("a member"),
                                       .cash = {5},
                                       .frozen = {1},
                                       .grant_count = 1};
        items[i].grants[0].amount.micros = 3;
    }
    struct command command = desk_add(items, count);
    return run_command(run, &command);
}

/* A draft keeps its memory; a new one has to ask for all of it. */
static struct status renew(struct run *run)
{
    draft_free(run->draft);
    run->draft = draft_new(run->book);
    return run->draft ? STATUS_DONE : fault_raise(&run->fault, STATUS_MEMORY, "a draft");
}

static struct status fill_registry(struct run *run)
{
    enum { SCOPE = 1100 }; /* so large that it has memory of its own */
    static struct uin scope[SCOPE];
    for (uint64_t i = 0; i < SCOPE; i++)
        scope[i].low =
            i < 400 ? 5000 + 3 * i : 5001 + 600 * ((i - 400) / 99) + 3 * ((i - 400) % 99);
    struct command key = {
        .kind = COMMAND_ADD_KEY,
        .organisation = 1,
        .key = {.secret_id = SLICE("AKID"), .sealed_secret = SLICE("sealed"), .account = {0, 1}}};
    struct command policy = {.kind = COMMAND_PUT_POLICY,
                             .organisation = 1,
                             .policy = {.user = {0, 9}, .name = SLICE("p")}};
    static char document[20000];
    memset(document, ' ', sizeof document);
    policy.policy.document = slice_of(document, sizeof document);
    struct command delegate = {
        .kind = COMMAND_DELEGATE,
        .organisation = 1,
        .delegation = {.account = {0, 5000}, .scope = scope, .scope_count = SCOPE}};
    TRY(renew(run));
    TRY(run_command(run, &key));
    TRY(run_command(run, &policy));
    TRY(renew(run));
    return run_command(run, &delegate);
}

/* A token for each command, and so many of them in one group that every table has to grow. */
static void ask(struct command *command, uint64_t number)
{
    command->request.door = DOOR_FOLDER;
    command->request.mark = MARK_TOKEN;
    memcpy(command->request.token, &number, sizeof number);
}

static struct status decide_one(struct run *run, struct command *command, int64_t now_us)
{
    enum refusal refusal = REFUSAL_COUNT;
    uint32_t item = 0;
    TRY(decide(run->draft, command, now_us, &run->fault, &refusal, &item));
    CHECK(refusal == REFUSAL_NONE);
    return STATUS_DONE;
}

static struct status publish(struct run *run)
{
    for (size_t i = 0; i < draft_entry_count(run->draft); i++)
        TRY(book_apply(run->book, draft_entry(run->draft, i), &run->fault));
    draft_clear(run->draft);
    return STATUS_DONE;
}

/* Transfers, partly refused, between many members: outcomes that alternate need memory of their
 * own. */
static struct status post_many(struct run *run)
{
    enum { COUNT = 700 };
    static struct transfer transfers[COUNT];
    for (uint32_t i = 0; i < COUNT; i++)
        transfers[i] = (struct transfer){.kind = i % 2 ? ENTRY_MOVE : ENTRY_TOP_UP,
                                         .uin = {0, 5000 + 3 * (i % 350)},
                                         .to = {0, i % 3 ? 5000 + 3 * (i % 350 + 1) : 1},
                                         .amount = {i % 2 ? 2 : -1}};
    struct command command = desk_post(transfers, COUNT);
    command.partial = true;
    ask(&command, 1);
    TRY(renew(run));
    TRY(decide_one(run, &command, 2));
    return publish(run);
}

/* Many holds and grants that will end, each with a token; then what there is to do with them. */
static struct status change_many(struct run *run)
{
    enum { COUNT = 40, KINDS = 8 };
    static struct command commands[COUNT * 2 + KINDS];
    for (uint64_t i = 0; i < COUNT * 2; i++) {
        bool holds = i % 2 == 0;
        struct uin uin = {0, 5000 + 3 * (i / 2)};
        commands[i] = (struct command){
            .kind = holds ? COMMAND_HOLD : COMMAND_GRANT_TEMPORARY,
            .organisation = 1,
            .change = {.uin = uin, .amount = {1}, .start_us = holds ? 0 : 10, .end_us = 20}};
        ask(&commands[i], 100 + i);
        TRY(decide_one(run, &commands[i], 3));
    }
    uint64_t hold = commands[0].change.first_sequence, grant = commands[1].change.first_sequence;
    TRY(publish(run));
    const struct command rest[KINDS] = {
        {.kind = COMMAND_CAPTURE, .change = {.uin = {0, 5000}, .subject = hold}},
        {.kind = COMMAND_REVOKE_TEMPORARY, .change = {.uin = {0, 5000}, .subject = grant}},
        {.kind = COMMAND_MODIFY_MEMBER,
         .change = {.uin = {0, 5003},
                    .name = SLICE("a name that is longer"),
                    .sets_basic_credit = true,
                    .basic_credit = {9},
                    .flags = MEMBER_ARREARS | MEMBER_IS_CREDIT,
                    .flags_mask = MEMBER_ARREARS | MEMBER_IS_CREDIT}},
        {.kind = COMMAND_MODIFY_MEMBER, .change = {.uin = {0, 5006}, .name = SLICE("b")}},
        {.kind = COMMAND_MODIFY_MEMBER,
         .change = {.uin = {0, 5009}, .flags = MEMBER_ARREARS, .flags_mask = MEMBER_ARREARS}},
        {.kind = COMMAND_MODIFY_MEMBER,
         .change = {.uin = {0, 5015}, .sets_basic_credit = true, .basic_credit = {7}}},
        {.kind = COMMAND_REMOVE_MEMBER, .change = {.uin = {0, 4}}},
        {.kind = COMMAND_HOLD, .change = {.uin = {0, 5012}, .amount = {1}}},
    };
    for (uint32_t i = 0; i < KINDS; i++) { /* each in a group of its own */
        struct command *command = &commands[COUNT * 2 + i];
        *command = rest[i];
        command->organisation = 1;
        ask(command, 500 + i);
        TRY(renew(run));
        TRY(decide_one(run, command, 3));
        TRY(publish(run));
    }
    return STATUS_DONE;
}

/* Members of four entries, the first of them behind so many others: each of the four may be the one
 * that needs memory. */
static struct status add_behind(struct run *run, uint64_t first, uint32_t bare)
{
    enum { COUNT = 70 };
    static struct new_member items[COUNT];
    for (uint32_t i = 0; i < COUNT; i++) {
        items[i] = (struct new_member){.uin = {0, first + i}, .name = SLICE("a member")};
        if (i < bare)
            continue;
        items[i].cash.micros = items[i].frozen.micros = 1;
        items[i].grant_count = 1;
        items[i].grants[0].amount.micros = 1;
    }
    struct command command = desk_add(items, COUNT);
    TRY(renew(run));
    TRY(decide_one(run, &command, 3));
    return publish(run);
}

static struct status settle_all(struct run *run)
{
    for (bool more = true; more;) {
        TRY(renew(run));
        TRY(draft_settle(run->draft, 100, 60, &run->fault, &more));
        TRY(publish(run));
    }
    return STATUS_DONE;
}

/* Somebody bare, who may leave again. */
static struct status add_bare(struct run *run)
{
    struct new_member item = {.uin = {0, 4}, .name = SLICE("bare")};
    struct command command = desk_add(&item, 1);
    item.grant_count = 1;
    item.grants[0] = (struct new_grant){{1}, 50, 60};
    ask(&command, 2);
    TRY(renew(run));
    return run_command(run, &command);
}

static struct status reload(const struct book *from, struct book *book, struct buffer *row,
                            struct fault *fault)
{
    for (uint32_t i = 0; i < book_member_count(from); i++) {
        buffer_clear(row);
        book_member_encode(from, i, row);
        if (!buffer_ok(row))
            return fault_raise(fault, STATUS_MEMORY, "the row");
        TRY(book_member_load(book, buffer_slice(row), fault));
    }
    for (uint64_t i = 1; i <= 1000; i++)
        if (!book_request_load(book, i, i))
            return fault_raise(fault, STATUS_MEMORY, "a request");
    book_loaded(book, book_sequence(from), book_time_us(from));
    return STATUS_DONE;
}

static struct status reload_new(const struct book *from, struct fault *fault)
{
    struct buffer row;
    struct book *book = book_new(1);
    if (!book)
        return fault_raise(fault, STATUS_MEMORY, "the second book");
    buffer_init(&row, 1 << 16);
    struct status status = reload(from, book, &row, fault);
    buffer_done(&row);
    book_free(book);
    return status;
}

static struct status play(struct run *run)
{
    struct command found = {.kind = COMMAND_CREATE_ORGANISATION,
                            .name = SLICE("Example"),
                            .currency = SLICE("USD"),
                            .owner = {0, 1}};
    run->book = book_new(1);
    run->draft = run->book ? draft_new(run->book) : NULL;
    if (!run->draft)
        return fault_raise(&run->fault, STATUS_MEMORY, "the beginning");
    TRY(run_command(run, &found));
    TRY(add_members(run, 5000, 400, 3));
    TRY(add_members(run, 4999, 1, 0));
    for (uint64_t i = 0; i < 12; i++)
        TRY(add_members(run, 5001 + 2 * 100 * i * 3, 99, 3));
    TRY(fill_registry(run));
    TRY(add_bare(run));
    TRY(post_many(run));
    for (uint32_t bare = 1; bare <= 3; bare++)
        TRY(add_behind(run, 1000000 + 100 * bare, bare));
    TRY(change_many(run));
    TRY(reload_new(run->book, &run->fault));
    TRY(settle_all(run));
    return book_check(run->book, &run->fault);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    bool done = false;
    long count = 0;
    for (; !done; count++) {
        struct run run = {0};
        allowed = count;
        struct status status = play(&run);
        done = allowed >= 0; /* it never came to the failing one */
        allowed = -1;
        if (done && !status_ok(status))
            fail_msg("%s", run.fault.text);
        if (!done) {
            assert_int_equal(status.code, STATUS_MEMORY);
            assert_true(strlen(run.fault.text) > 0);
        }
        draft_free(run.draft);
        book_free(run.book);
    }
    print_message("%ld allocations failed in turn\n", count - 1);
    assert_true(count > 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_allocation_may_fail)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
