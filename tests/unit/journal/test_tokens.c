/* Exactly once: what a client's token promises, in one group, later, and after a restart; and what
 * time does between commands. */
#include "base/check.h"
#include "figures.h"
#include "journal/committer.h"
#include "journal/history.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <pthread.h>
#include <semaphore.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TRANSFERS_MAX = 8, ARENA_BYTES = 4096 };
enum { START_US = 1000000000, SECOND_US = 1000000 };

static const struct uin alice = {0, 100000001}, bob = {0, 100000002};

/* A clock that the test sets. */
static atomic_int_fast64_t clock_us;

static int64_t test_now_us(void *context)
{
    (void)context;
    return clock_us;
}

static int64_t real_steady_us(void *context)
{
    (void)context;
    return sys_steady_us(sys_real());
}

static const struct sys test_sys = {.now_us = test_now_us, .steady_us = real_steady_us};

struct job {
    struct commit commit;
    struct transfer transfers[TRANSFERS_MAX];
    struct new_member members[2];
    sem_t answered;
};

static struct journal *journal;
static struct book *book;
static struct gate gate;
static struct committer *committer;
static char folder[64];
static uint32_t requests_due; /* for open_folder */

/* The world ------------------------------------------------------------------------------------ */

static void assert_ok(struct status status, const struct fault *fault)
{
    if (!status_ok(status))
        fail_msg("%s", fault->text);
}

static void start(const struct committer_options *options)
{
    struct fault fault;
    book = book_new(5);
    assert_non_null(book);
    gate_init(&gate);
    assert_ok(journal_load(journal, book, &fault), &fault);
    assert_ok(committer_start(&test_sys, journal, book, &gate, options, &fault, &committer),
              &fault);
}

static void stop(void)
{
    struct fault fault;
    assert_ok(committer_stop(committer, &fault), &fault);
    journal_close(journal);
    book_free(book);
    gate_done(&gate);
}

static void open_folder(bool create)
{
    const struct journal_options options = {.create = create, .requests_due = requests_due};
    struct fault fault;
    assert_ok(journal_open(folder, &options, &fault, &journal), &fault);
}

static void restart(void)
{
    stop();
    open_folder(false);
    start(NULL);
}

static void note_answer(struct commit *commit)
{
    struct job *job = commit->context;
    CHECK(sem_post(&job->answered) == 0);
}

static void init_job(struct job *job, enum command_kind kind)
{
    *job = (struct job){.commit = {.done = note_answer}};
    job->commit.context = job;
    job->commit.command.kind = kind;
    job->commit.command.organisation = 1;
    CHECK(sem_init(&job->answered, 0, 0) == 0);
}

static enum refusal run_job(struct job *job)
{
    committer_submit(committer, &job->commit);
    CHECK(sem_wait(&job->answered) == 0);
    return job->commit.refusal;
}

/* Token and body as a client would tell them apart: by their first byte here. */
static void give_token(struct job *job, unsigned char token, unsigned char body)
{
    struct request *request = &job->commit.command.request;
    *request = (struct request){.door = DOOR_FOLDER, .mark = MARK_TOKEN};
    memset(request->token, token, sizeof request->token);
    memset(request->body, body, sizeof request->body);
}

static void init_transfers(struct job *job, enum entry_kind kind, uint32_t count, int32_t cents)
{
    init_job(job, COMMAND_POST);
    job->commit.command.transfers = job->transfers;
    job->commit.command.transfer_count = count;
    for (uint32_t i = 0; i < count; i++)
        job->transfers[i] = (struct transfer){
            .kind = kind, .uin = alice, .to = bob, .amount = amount_from_cents(cents)};
}

static void populate(void)
{
    struct job job;
    init_job(&job, COMMAND_CREATE_ORGANISATION);
    job.commit.command.name = SLICE("Example");
    job.commit.command.currency = SLICE("USD");
    job.commit.command.owner = (struct uin){0, 1};
    assert_int_equal(run_job(&job), REFUSAL_NONE);
    init_job(&job, COMMAND_ADD_MEMBERS);
    job.members[0] = (struct new_member){.uin = alice, .name = SLICE("Alice")};
    job.members[1] = (struct new_member){.uin = bob, .name = SLICE("Bob")};
    job.commit.command.members = job.members;
    job.commit.command.member_count = 2;
    assert_int_equal(run_job(&job), REFUSAL_NONE);
}

static void begin_on(bool on_disk, const struct committer_options *options)
{
    clock_us = START_US;
    (void)snprintf(folder, sizeof folder, "/tmp/bursar-tokens-XXXXXX");
    assert_non_null(mkdtemp(folder));
    if (on_disk)
        open_folder(true);
    else
        journal = journal_open_memory();
    start(options);
    populate();
}

static void end(void)
{
    char command[100];
    struct verify_report report;
    struct fault fault;
    stop();
    (void)snprintf(command, sizeof command, "%s/journal.db", folder);
    if (access(command, F_OK) == 0)
        assert_ok(journal_verify(folder, NULL, NULL, &fault, &report), &fault);
    (void)snprintf(command, sizeof command, "rm -rf '%s'", folder);
    assert_int_equal(system(command), 0);
}

static int64_t cash_of(struct uin uin)
{
    return book_find_member(book, 1, uin)->state.cash.micros;
}

static void assert_same_answer(const struct job *a, const struct job *b)
{
    assert_int_equal(a->commit.refusal, b->commit.refusal);
    assert_int_equal(a->commit.first_sequence, b->commit.first_sequence);
    assert_int_equal(a->commit.last_sequence, b->commit.last_sequence);
    assert_int_equal(a->commit.time_us, b->commit.time_us);
    for (uint32_t i = 0; i < a->commit.command.transfer_count; i++) {
        assert_int_equal(a->transfers[i].refusal, b->transfers[i].refusal);
        assert_int_equal(a->transfers[i].sequence, b->transfers[i].sequence);
        if (a->transfers[i].sequence > 0)
            assert_memory_equal(&a->transfers[i].after[0], &b->transfers[i].after[0],
                                sizeof a->transfers[i].after[0]);
    }
}

/* Tokens --------------------------------------------------------------------------------------- */

static void assert_once(bool on_disk)
{
    struct job first;
    struct job again;
    struct committer_figures figures;
    begin_on(on_disk, NULL);
    init_transfers(&first, ENTRY_TOP_UP, 3, 100);
    give_token(&first, 'a', 'x');
    assert_int_equal(run_job(&first), REFUSAL_NONE);
    assert_false(first.commit.replayed);
    assert_int_equal(first.commit.first_sequence, 4); /* behind an organisation and two members */
    assert_int_equal(first.commit.last_sequence, 7);  /* three transfers and the request */
    clock_us = START_US + SECOND_US;
    init_transfers(&again, ENTRY_TOP_UP, 3, 100);
    give_token(&again, 'a', 'x');
    assert_int_equal(run_job(&again), REFUSAL_NONE);
    assert_true(again.commit.replayed);
    assert_int_equal(again.commit.time_us, START_US);
    assert_same_answer(&first, &again);
    assert_int_equal(cash_of(alice), 3 * 100 * AMOUNT_MICROS_PER_CENT);
    committer_figures(committer, &figures);
    assert_int_equal(figures.replays, 1);
    assert_int_equal(figures.entries, 7);
    end();
}

static void a_token_moves_money_once(void **state)
{
    (void)state;
    assert_once(false);
    assert_once(true);
}

static void a_token_is_kept_across_restarts(void **state)
{
    (void)state;
    static struct job first[20];
    struct job again;
    begin_on(true, NULL);
    for (unsigned char i = 0; i < 20; i++) {
        init_transfers(&first[i], ENTRY_TOP_UP, 2, 100 + i);
        give_token(&first[i], i, 'x');
        assert_int_equal(run_job(&first[i]), REFUSAL_NONE);
        if (i % 7 == 6) /* before and behind the checkpoint's mark */
            restart();
    }
    restart();
    int64_t cash = cash_of(alice);
    for (unsigned char i = 0; i < 20; i++) {
        init_transfers(&again, ENTRY_TOP_UP, 2, 100 + i);
        give_token(&again, i, 'x');
        assert_int_equal(run_job(&again), REFUSAL_NONE);
        assert_true(again.commit.replayed);
        assert_same_answer(&first[i], &again);
    }
    assert_int_equal(cash_of(alice), cash);
    end();
}

/* The same when the book has let most of them go. */
static void a_token_is_kept_when_the_book_lets_it_go(void **state)
{
    (void)state;
    enum { COUNT = 200 };
    static struct job first[COUNT];
    struct job again;
    requests_due = 8;
    begin_on(true, NULL);
    for (unsigned char i = 0; i < COUNT; i++) {
        init_transfers(&first[i], ENTRY_TOP_UP, 1, 100 + i);
        give_token(&first[i], i, 'x');
        assert_int_equal(run_job(&first[i]), REFUSAL_NONE);
        if (i % 70 == 69)
            restart();
    }
    int64_t cash = cash_of(alice);
    for (int pass = 0; pass < 2; pass++) {
        for (unsigned char i = 0; i < COUNT; i++) {
            init_transfers(&again, ENTRY_TOP_UP, 1, 100 + i);
            give_token(&again, i, 'x');
            assert_int_equal(run_job(&again), REFUSAL_NONE);
            assert_true(again.commit.replayed);
            assert_same_answer(&first[i], &again);
            init_transfers(&again, ENTRY_TOP_UP, 1, 1);
            give_token(&again, i, 'y');
            assert_int_equal(run_job(&again), REFUSAL_TOKEN_REUSED);
        }
        restart();
    }
    assert_int_equal(cash_of(alice), cash);
    assert_in_range(book_request_count(book), 0, COUNT / 8);
    end();
    requests_due = 0;
}

static void another_request_may_not_use_the_token(void **state)
{
    (void)state;
    struct job first;
    struct job other;
    begin_on(true, NULL);
    init_transfers(&first, ENTRY_TOP_UP, 1, 100);
    give_token(&first, 'a', 'x');
    assert_int_equal(run_job(&first), REFUSAL_NONE);
    init_transfers(&other, ENTRY_TOP_UP, 1, 200);
    give_token(&other, 'a', 'y');
    assert_int_equal(run_job(&other), REFUSAL_TOKEN_REUSED);
    assert_int_equal(other.commit.first_sequence, 0);
    assert_false(other.commit.replayed);
    assert_int_equal(cash_of(alice), 100 * AMOUNT_MICROS_PER_CENT);
    end();
}

/* Sent many times at once: whichever group they fall into, it happens once. */
static void the_same_request_many_times_at_once(void **state)
{
    (void)state;
    enum { TIMES = 200 };
    static struct job jobs[TIMES];
    struct committer_figures figures;
    begin_on(true, NULL);
    for (int i = 0; i < TIMES; i++) {
        init_transfers(&jobs[i], ENTRY_TOP_UP, 2, 50);
        give_token(&jobs[i], 'a', 'x');
    }
    for (int i = 0; i < TIMES; i++)
        committer_submit(committer, &jobs[i].commit);
    int carried_out = 0;
    for (int i = 0; i < TIMES; i++) {
        CHECK(sem_wait(&jobs[i].answered) == 0);
        assert_same_answer(&jobs[0], &jobs[i]);
        carried_out += !jobs[i].commit.replayed;
    }
    assert_int_equal(carried_out, 1);
    assert_int_equal(cash_of(alice), 2 * 50 * AMOUNT_MICROS_PER_CENT);
    committer_figures(committer, &figures);
    assert_int_equal(figures.replays, TIMES - 1);
    end();
}

static void refused_items_are_refused_again(void **state)
{
    (void)state;
    struct job first;
    struct job again;
    begin_on(true, NULL);
    for (int round = 0; round < 2; round++) {
        struct job *job = round == 0 ? &first : &again;
        init_transfers(job, ENTRY_TOP_UP, 4, 100);
        job->transfers[1].kind = ENTRY_CHARGE; /* more than there is */
        job->transfers[1].amount = amount_from_cents(1000000);
        job->transfers[2].uin = (struct uin){0, 5}; /* nobody */
        job->transfers[3].kind = ENTRY_MOVE;
        job->commit.command.partial = true;
        give_token(job, 'a', 'x');
        assert_int_equal(run_job(job), REFUSAL_NONE);
    }
    assert_int_equal(first.transfers[1].refusal, REFUSAL_BALANCE_INSUFFICIENT);
    assert_int_equal(first.transfers[2].refusal, REFUSAL_MEMBER_UNKNOWN);
    assert_true(again.commit.replayed);
    assert_same_answer(&first, &again);
    assert_int_equal(cash_of(alice), 0);
    assert_int_equal(cash_of(bob), 100 * AMOUNT_MICROS_PER_CENT);
    end();
}

/* A refusal uses no token up: the next try is judged anew. */
static void a_refused_request_may_be_tried_again(void **state)
{
    (void)state;
    struct job charge;
    struct job top_up;
    begin_on(false, NULL);
    init_transfers(&charge, ENTRY_CHARGE, 1, 100);
    give_token(&charge, 'a', 'x');
    assert_int_equal(run_job(&charge), REFUSAL_BALANCE_INSUFFICIENT);
    init_transfers(&top_up, ENTRY_TOP_UP, 1, 100);
    assert_int_equal(run_job(&top_up), REFUSAL_NONE);
    init_transfers(&charge, ENTRY_CHARGE, 1, 100);
    give_token(&charge, 'a', 'x');
    assert_int_equal(run_job(&charge), REFUSAL_NONE);
    assert_int_equal(cash_of(alice), 0);
    end();
}

static void init_key(struct job *job, struct arena *arena, struct slice secret_id)
{
    init_job(job, COMMAND_ADD_KEY);
    job->commit.command.arena = arena;
    job->commit.command.key = (struct key){.secret_id = secret_id,
                                           .sealed_secret = SLICE("sealed bytes of the first"),
                                           .account = {0, 1},
                                           .user = {0, 1}};
    give_token(job, 'k', 'x');
}

/* The client that never saw the answer gets the key that was made, not another one. */
static void a_key_is_made_once(void **state)
{
    (void)state;
    struct job first;
    struct job again;
    struct arena arena;
    begin_on(true, NULL);
    assert_true(arena_init(&arena, ARENA_BYTES, ARENA_BYTES));
    init_key(&first, &arena, SLICE("AKIDfirst"));
    assert_int_equal(run_job(&first), REFUSAL_NONE);
    restart();
    init_key(&again, &arena, SLICE("AKIDsecond"));
    assert_int_equal(run_job(&again), REFUSAL_NONE);
    assert_true(again.commit.replayed);
    assert_true(slice_equal(again.commit.command.key.secret_id, SLICE("AKIDfirst")));
    assert_int_equal(book_key_count(book), 1);
    arena_done(&arena);
    end();
}

/* The entry that a token leads to cannot be read: nobody may be told anything. */
static void an_unreadable_answer_ends_the_process(void **state)
{
    (void)state;
    int said[2];
    int code;
    char text[600] = "";
    assert_int_equal(pipe(said), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct job job;
        char path[100];
        sqlite3 *db = NULL;
        (void)dup2(said[1], STDERR_FILENO);
        begin_on(true, NULL);
        init_transfers(&job, ENTRY_TOP_UP, 1, 100);
        give_token(&job, 'a', 'x');
        CHECK(run_job(&job) == REFUSAL_NONE);
        (void)snprintf(path, sizeof path, "%s/journal.db", folder);
        CHECK(sqlite3_open(path, &db) == SQLITE_OK);
        CHECK(sqlite3_exec(db,
                           "DELETE FROM entry WHERE first_sequence = (SELECT max(first_sequence) "
                           "FROM entry WHERE first_sequence <= 5)",
                           NULL, NULL, NULL) == SQLITE_OK);
        CHECK(sqlite3_close(db) == SQLITE_OK);
        (void)run_job(&job);
        _exit(0); /* it was answered, which must not be */
    }
    (void)close(said[1]);
    for (size_t len = 0; len < sizeof text - 1;) {
        ssize_t got = read(said[0], text + len, sizeof text - 1 - len);
        if (got <= 0)
            break;
        len += (size_t)got;
    }
    (void)close(said[0]);
    assert_int_equal(waitpid(child, &code, 0), child);
    assert_true(WIFEXITED(code));
    assert_int_equal(WEXITSTATUS(code), 7);
    assert_non_null(strstr(text, "entry 5 is missing"));
    assert_non_null(strstr(text, "it is not known how an earlier request was answered"));
    assert_int_equal(system("rm -rf /tmp/bursar-tokens-*"), 0);
}

/* Time ----------------------------------------------------------------------------------------- */

static void init_hold(struct job *job, int32_t cents, int64_t end_us)
{
    init_job(job, COMMAND_HOLD);
    job->commit.command.change =
        (struct change){.uin = alice, .amount = amount_from_cents(cents), .end_us = end_us};
}

static void top_up(int32_t cents)
{
    struct job job;
    init_transfers(&job, ENTRY_TOP_UP, 1, cents);
    assert_int_equal(run_job(&job), REFUSAL_NONE);
}

static void hold(int32_t cents, int64_t end_us)
{
    struct job job;
    init_hold(&job, cents, end_us);
    assert_int_equal(run_job(&job), REFUSAL_NONE);
}

static int64_t await_frozen(unsigned slot, int64_t micros)
{
    for (;;) {
        gate_read_begin(&gate, slot);
        int64_t frozen = book_find_member(book, 1, alice)->state.frozen.micros;
        uint64_t sequence = book_sequence(book);
        gate_read_end(&gate, slot);
        if (frozen == micros)
            return (int64_t)sequence;
        (void)sched_yield();
    }
}

static struct entry read_entry(uint64_t sequence, struct history **ret_history)
{
    struct entry entry;
    struct fault fault;
    assert_ok(history_open(journal, &fault, ret_history), &fault);
    assert_ok(history_begin(*ret_history, &fault), &fault);
    assert_ok(history_entry(*ret_history, sequence, &fault, &entry), &fault);
    return entry;
}

static void a_hold_expires_without_a_command(void **state)
{
    (void)state;
    struct history *history = NULL;
    struct committer_figures figures;
    begin_on(false, NULL);
    unsigned slot = gate_register(&gate);
    top_up(1000);
    hold(300, START_US + SECOND_US);
    int64_t before = await_frozen(slot, 300 * AMOUNT_MICROS_PER_CENT);
    clock_us = START_US + 5 * (int64_t)SECOND_US;
    int64_t after = await_frozen(slot, 0);
    assert_int_equal(after, before + 1);
    struct entry entry = read_entry((uint64_t)after, &history);
    assert_int_equal(entry.kind, ENTRY_EXPIRE);
    assert_int_equal(entry.time_us, START_US + SECOND_US);
    history_close(history);
    committer_figures(committer, &figures);
    assert_int_equal(figures.timed, 1);
    end();
}

/* However the clock and the committer race: what was due is settled before the command. */
static void what_was_due_comes_before_the_command(void **state)
{
    (void)state;
    enum { HOLDS = 35 };
    const struct committer_options options = {.group_entries_max = 10};
    struct job charge;
    struct committer_figures figures;
    begin_on(true, &options);
    top_up(HOLDS * 100);
    for (int i = 0; i < HOLDS; i++)
        hold(100, START_US + 1 + i % 7);
    init_transfers(&charge, ENTRY_CHARGE, 1, HOLDS * 100);
    assert_int_equal(run_job(&charge), REFUSAL_BALANCE_INSUFFICIENT);
    clock_us = START_US + 100;
    assert_int_equal(run_job(&charge), REFUSAL_NONE);
    assert_int_equal(charge.commit.time_us, START_US + 100);
    assert_int_equal(charge.commit.first_sequence, 3 + 1 + HOLDS + HOLDS + 1);
    committer_figures(committer, &figures);
    assert_int_equal(figures.timed, HOLDS);
    assert_int_equal(figures.entries, 3 + 1 + HOLDS + HOLDS + 1);
    assert_int_equal(cash_of(alice), 0);
    end();
}

static void a_clock_put_back_changes_nothing(void **state)
{
    (void)state;
    struct job job;
    begin_on(false, NULL);
    top_up(1000);
    clock_us = START_US - 3600 * (int64_t)SECOND_US;
    init_transfers(&job, ENTRY_TOP_UP, 1, 100);
    assert_int_equal(run_job(&job), REFUSAL_NONE);
    assert_int_equal(job.commit.time_us, START_US);
    end();
}

/* Groups --------------------------------------------------------------------------------------- */

static void figures_count_every_group(void **state)
{
    (void)state;
    enum { JOBS = 300 };
    static struct job jobs[JOBS];
    const struct committer_options options = {.group_wait_us = 2000, .group_commands_max = 64};
    struct committer_figures figures;
    begin_on(true, &options);
    for (int i = 0; i < JOBS; i++) {
        init_transfers(&jobs[i], ENTRY_TOP_UP, 1, 1);
        committer_submit(committer, &jobs[i].commit);
    }
    for (int i = 0; i < JOBS; i++) {
        CHECK(sem_wait(&jobs[i].answered) == 0);
        assert_int_equal(jobs[i].commit.refusal, REFUSAL_NONE);
    }
    committer_figures(committer, &figures);
    assert_int_equal(figures.group_commands.sum, figures.commands);
    assert_int_equal(figures.batch_us.sum, figures.append_us);
    assert_int_equal(figures.batch_us.count, figures.batches);
    assert_true(figures.group_commands.count >= 2 + JOBS / 64);
    /* none is larger than the ceiling */
    assert_int_equal(committer_commands_bound(6), 64);
    assert_int_equal(figures.group_commands.at_most[6], figures.group_commands.count);
    for (unsigned i = 1; i < COMMITTER_BUCKETS; i++) {
        assert_true(figures.group_commands.at_most[i] >= figures.group_commands.at_most[i - 1]);
        assert_true(figures.batch_us.at_most[i] >= figures.batch_us.at_most[i - 1]);
    }
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_token_moves_money_once),
        cmocka_unit_test(a_token_is_kept_across_restarts),
        cmocka_unit_test(a_token_is_kept_when_the_book_lets_it_go),
        cmocka_unit_test(another_request_may_not_use_the_token),
        cmocka_unit_test(the_same_request_many_times_at_once),
        cmocka_unit_test(refused_items_are_refused_again),
        cmocka_unit_test(a_refused_request_may_be_tried_again),
        cmocka_unit_test(a_key_is_made_once),
        cmocka_unit_test(an_unreadable_answer_ends_the_process),
        cmocka_unit_test(a_hold_expires_without_a_command),
        cmocka_unit_test(what_was_due_comes_before_the_command),
        cmocka_unit_test(a_clock_put_back_changes_nothing),
        cmocka_unit_test(figures_count_every_group),
    };
    return cmocka_run_group_tests_name("tokens", tests, NULL, NULL);
}
