/* Several writers of one journal: two nodes, each with its own book and committer, over a store
 * that answers every third commit that another was first, besides the times when one was. What was
 * answered happened once, in an order that both books agree on. */
#include "base/check.h"
#include "journal/committer.h"
#include "journal/state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>

enum { NODES = 2, CLIENTS = 8, COMMANDS_EACH = 150, ENTRIES_MAX = 4096 };

/* A store with another writer ------------------------------------------------------------------ */

/* What all nodes share. */
static struct store *shared;
static pthread_mutex_t shared_lock = PTHREAD_MUTEX_INITIALIZER;

struct contended {
    struct store store;   /* must be first; its head is what this node knows */
    struct store *reader; /* of what is shared, up to that head */
    struct store_entry entries[ENTRIES_MAX];
    uint32_t entry_count;
    struct batch batch;
    unsigned commits, losses;
};

static struct contended *contended_of(struct store *store)
{
    return (struct contended *)store;
}

static void forget(struct contended *contended)
{
    for (uint32_t i = 0; i < contended->entry_count; i++) {
        free((void *)(uintptr_t)contended->entries[i].bytes.at);
        free((void *)(uintptr_t)contended->entries[i].leaf);
    }
    contended->entry_count = 0;
}

static void close_contended(struct store *store)
{
    forget(contended_of(store));
    contended_of(store)->reader->ops->close(contended_of(store)->reader);
}

static struct status do_nothing(struct store *store, struct fault *fault)
{
    (void)store;
    (void)fault;
    return STATUS_DONE;
}

static void *copy_of(const void *bytes, size_t len)
{
    void *copy = malloc(len);
    CHECK(copy);
    return memcpy(copy, bytes, len);
}

static struct status add(struct store *store, const struct store_entry *entry, struct fault *fault)
{
    struct contended *contended = contended_of(store);
    (void)fault;
    CHECK(contended->entry_count < ENTRIES_MAX);
    struct store_entry *kept = &contended->entries[contended->entry_count++];
    *kept = *entry;
    kept->bytes.at = copy_of(entry->bytes.at, entry->bytes.len);
    kept->leaf = copy_of(entry->leaf, SHA256_SIZE);
    return STATUS_DONE;
}

static struct status end_batch(struct store *store, const struct batch *batch, struct fault *fault)
{
    (void)fault;
    contended_of(store)->batch = *batch;
    return STATUS_DONE;
}

/* The newest that is there, and all that is read up to it. */
static struct status look(struct store *store, struct fault *fault)
{
    struct store *reader = contended_of(store)->reader;
    TRY(reader->ops->snapshot_begin(reader, fault));
    store->head = reader->head;
    return STATUS_DONE;
}

static struct status write_shared(struct contended *contended, struct fault *fault)
{
    TRY(shared->ops->begin(shared, fault));
    for (uint32_t i = 0; i < contended->entry_count; i++)
        TRY(shared->ops->add(shared, &contended->entries[i], fault));
    TRY(shared->ops->end_batch(shared, &contended->batch, fault));
    return shared->ops->commit(shared, fault);
}

/* The compare-and-set of the head. */
static struct status commit(struct store *store, struct fault *fault)
{
    struct contended *contended = contended_of(store);
    struct status status = {STATUS_BEHIND};
    pthread_mutex_lock(&shared_lock);
    bool is_first = memcmp(shared->head.hash, store->head.hash, sizeof store->head.hash) == 0;
    if (++contended->commits % 3 != 0 && is_first)
        status = write_shared(contended, fault);
    pthread_mutex_unlock(&shared_lock);
    contended->losses += status.code == STATUS_BEHIND;
    if (status_ok(status))
        store->head = store_head_of(&contended->batch);
    return status;
}

static struct status undo(struct store *store, struct fault *fault)
{
    (void)fault;
    forget(contended_of(store));
    return STATUS_DONE;
}

static struct status begin(struct store *store, struct fault *fault)
{
    return undo(store, fault);
}

static void rows_begin(struct store *store, enum store_table table, uint64_t from, uint64_t to)
{
    struct store *reader = contended_of(store)->reader;
    reader->ops->rows_begin(reader, table, from, to);
}

static struct status rows_next(struct store *store, enum store_table table, struct fault *fault,
                               bool *ret_found, struct store_row *ret_row)
{
    struct store *reader = contended_of(store)->reader;
    return reader->ops->rows_next(reader, table, fault, ret_found, ret_row);
}

static void rows_end(struct store *store, enum store_table table)
{
    struct store *reader = contended_of(store)->reader;
    reader->ops->rows_end(reader, table);
}

static struct status find_batch(struct store *store, uint64_t number, struct fault *fault,
                                struct batch *ret_batch)
{
    struct store *reader = contended_of(store)->reader;
    return reader->ops->find_batch(reader, number, fault, ret_batch);
}

static struct status open_reader(struct store *store, struct fault *fault,
                                 struct store **ret_reader)
{
    (void)store;
    return shared->ops->open_reader(shared, fault, ret_reader);
}

static const struct store_ops ops = {
    .close = close_contended,
    .begin = begin,
    .add = add,
    .end_batch = end_batch,
    .commit = commit,
    .undo = undo,
    .look = look,
    .tend = do_nothing,
    .finish = do_nothing,
    .rows_begin = rows_begin,
    .rows_next = rows_next,
    .rows_end = rows_end,
    .find_batch = find_batch,
    .open_reader = open_reader,
};

/* Nodes ---------------------------------------------------------------------------------------- */

static struct node {
    struct gate gate;
    struct contended contended;
    struct journal *journal;
    struct book *book;
    struct committer *committer;
} nodes[NODES];

static void start_node(struct node *node)
{
    struct fault fault;
    struct store *store = &node->contended.store;
    *store = (struct store){.ops = &ops, .name = "contended"};
    assert_true(status_ok(shared->ops->open_reader(shared, &fault, &node->contended.reader)));
    assert_true(status_ok(look(store, &fault)));
    assert_true(status_ok(journal_on(store, 0, &fault, &node->journal)));
    node->book = book_new(7);
    assert_non_null(node->book);
    gate_init(&node->gate);
    assert_true(status_ok(journal_load(node->journal, node->book, &fault)));
    assert_true(status_ok(committer_start(sys_real(), node->journal, node->book, &node->gate, NULL,
                                          &fault, &node->committer)));
}

struct job {
    struct commit commit;
    struct transfer transfer;
    struct new_member member;
    sem_t answered;
};

static void note_answer(struct commit *commit)
{
    CHECK(sem_post(&((struct job *)commit->context)->answered) == 0);
}

static void init_job(struct job *job, enum command_kind kind)
{
    *job = (struct job){.commit = {.done = note_answer}};
    job->commit.context = job;
    job->commit.command.kind = kind;
    job->commit.command.organisation = 1;
    CHECK(sem_init(&job->answered, 0, 0) == 0);
}

static enum refusal run_on(struct node *node, struct job *job)
{
    committer_submit(node->committer, &job->commit);
    CHECK(sem_wait(&job->answered) == 0);
    CHECK(sem_destroy(&job->answered) == 0);
    return job->commit.refusal;
}

static struct uin member_of(uintptr_t client)
{
    return (struct uin){0, 100000001 + client};
}

static void populate(void)
{
    struct job job;
    init_job(&job, COMMAND_CREATE_ORGANISATION);
    job.commit.command.name = SLICE("Example");
    job.commit.command.currency = SLICE("USD");
    job.commit.command.owner = (struct uin){0, 1};
    assert_int_equal(run_on(&nodes[0], &job), REFUSAL_NONE);
    for (uintptr_t client = 0; client < CLIENTS; client++) {
        init_job(&job, COMMAND_ADD_MEMBERS);
        job.member = (struct new_member){.uin = member_of(client), .name = SLICE("member")};
        job.commit.command.members = &job.member;
        job.commit.command.member_count = 1;
        assert_int_equal(run_on(&nodes[client % NODES], &job), REFUSAL_NONE);
    }
}

/* One cent for the client's member, by the token of its i-th command. */
static void top_up(struct node *node, uintptr_t client, uint32_t i, struct job *job)
{
    struct request *request = &job->commit.command.request;
    init_job(job, COMMAND_POST);
    job->commit.command.transfers = &job->transfer;
    job->commit.command.transfer_count = 1;
    job->transfer = (struct transfer){
        .kind = ENTRY_TOP_UP, .uin = member_of(client), .amount = amount_from_cents(1)};
    *request = (struct request){.door = DOOR_FOLDER, .mark = MARK_TOKEN};
    const uint32_t token[2] = {(uint32_t)client + 1, i + 1};
    memcpy(request->token, token, sizeof token);
    CHECK(run_on(node, job) == REFUSAL_NONE);
}

/* Each command on one node, and many of them once more on the other: answered as it was there. */
static void *send_all(void *context)
{
    uintptr_t client = (uintptr_t)context;
    for (uint32_t i = 0; i < COMMANDS_EACH; i++) {
        struct job first;
        struct job again;
        top_up(&nodes[(client + i) % NODES], client, i, &first);
        CHECK(!first.commit.replayed);
        if (i % 3 != 0)
            continue;
        top_up(&nodes[(client + i + 1) % NODES], client, i, &again);
        CHECK(again.commit.replayed);
        CHECK(again.commit.first_sequence == first.commit.first_sequence);
        CHECK(again.commit.last_sequence == first.commit.last_sequence);
    }
    return NULL;
}

static void check_book(const struct book *book)
{
    struct fault fault;
    assert_true(status_ok(book_check(book, &fault)));
    for (uintptr_t client = 0; client < CLIENTS; client++) {
        const struct member *member = book_find_member(book, 1, member_of(client));
        assert_non_null(member);
        assert_int_equal(member->state.cash.micros, COMMANDS_EACH * AMOUNT_MICROS_PER_CENT);
    }
    /* an organisation, its members, and two entries for each command: nothing twice */
    assert_int_equal(book_sequence(book), 1 + CLIENTS + 2 * CLIENTS * COMMANDS_EACH);
}

static void nothing_is_lost_and_nothing_happens_twice(void **state)
{
    (void)state;
    pthread_t clients[CLIENTS];
    struct fault fault;
    shared = store_open_memory();
    assert_non_null(shared);
    for (int i = 0; i < NODES; i++)
        start_node(&nodes[i]);
    populate();
    for (uintptr_t i = 0; i < CLIENTS; i++)
        assert_int_equal(pthread_create(&clients[i], NULL, send_all, (void *)i), 0);
    for (int i = 0; i < CLIENTS; i++)
        assert_int_equal(pthread_join(clients[i], NULL), 0);
    for (int i = 0; i < NODES; i++) {
        struct node *node = &nodes[i];
        struct journal_head head;
        assert_true(status_ok(committer_stop(node->committer, &fault)));
        assert_true(status_ok(journal_catch_up(node->journal, node->book, &node->gate, &fault)));
        journal_head(node->journal, &head);
        assert_memory_equal(head.hash, shared->head.hash, sizeof head.hash);
        assert_true(node->contended.losses >= node->contended.commits / 3);
        assert_true(node->contended.losses > 0);
        check_book(node->book);
    }
    struct journal *again = NULL;
    struct book *book = book_new(9);
    assert_true(status_ok(journal_on(shared, 0, &fault, &again)));
    assert_true(status_ok(journal_load(again, book, &fault)));
    check_book(book);
    for (int i = 0; i < NODES; i++) {
        journal_close(nodes[i].journal);
        book_free(nodes[i].book);
        gate_done(&nodes[i].gate);
    }
    journal_close(again); /* and what was shared */
    book_free(book);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_lost_and_nothing_happens_twice),
    };
    return cmocka_run_group_tests_name("behind", tests, NULL, NULL);
}
