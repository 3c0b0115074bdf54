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

static struct status fill_registry(struct run *run)
{
    static const struct uin scope[] = {{0, 5000}, {0, 5003}};
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
        .delegation = {.account = {0, 5000}, .scope = scope, .scope_count = 2}};
    TRY(run_command(run, &key));
    TRY(run_command(run, &policy));
    return run_command(run, &delegate);
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
    TRY(book_check(run->book, &run->fault));
    return reload_new(run->book, &run->fault);
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
