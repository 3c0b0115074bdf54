/* The scene of the journal's tests (scene.h), with a draft of its own in place of
 * ledger/decide.h's: the store only reads drafts. */
#include "scene.h"

#include "base/check.h"
#include "sys/file.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

enum { FIRST_UIN = 100000, TIME_US = 1700000000 };

struct draft {
    struct entry *entries;
    size_t count;
    size_t cap;
};

size_t draft_entry_count(const struct draft *draft)
{
    return draft->count;
}

const struct entry *draft_entry(const struct draft *draft, size_t index)
{
    return &draft->entries[index];
}

void draft_expect_members(const struct draft *draft, const struct book *book, size_t index)
{
    (void)draft;
    (void)book;
    (void)index;
}

static void assert_ok(struct status status, const struct fault *fault)
{
    if (!status_ok(status))
        fail_msg("%s", fault->text);
}

void scene_begin(struct scene *scene)
{
    *scene = (struct scene){.random = 1, .time_us = TIME_US};
    (void)snprintf(scene->folder, sizeof scene->folder, "/tmp/bursar-journal-XXXXXX");
    assert_non_null(mkdtemp(scene->folder));
    scene->draft = calloc(1, sizeof *scene->draft);
    assert_non_null(scene->draft);
}

static void forget_model(struct scene *scene)
{
    for (uint32_t i = 0; i < scene->member_count; i++)
        free(scene->members[i].sequences);
    free(scene->members);
    scene->members = NULL;
    scene->member_count = 0;
    scene->organisation_count = 0;
    scene->key_count = 0;
    scene->request_count = 0;
    free(scene->requests);
    scene->requests = NULL;
    scene->entry_count = 0;
}

void scene_close(struct scene *scene)
{
    journal_close(scene->journal);
    book_free(scene->book);
    scene->journal = NULL;
    scene->book = NULL;
    forget_model(scene);
    scene->draft->count = 0;
}

void scene_end(struct scene *scene)
{
    char command[128];
    scene_close(scene);
    free(scene->draft->entries);
    free(scene->draft);
    (void)snprintf(command, sizeof command, "rm -rf '%s'", scene->folder);
    assert_int_equal(system(command), 0);
}

const char *scene_path(const struct scene *scene, const char *name)
{
    static char path[128];
    (void)snprintf(path, sizeof path, "%s/%s", scene->folder, name);
    return path;
}

static void new_book(struct scene *scene)
{
    scene->book = book_new(7);
    assert_non_null(scene->book);
}

void scene_create(struct scene *scene)
{
    const struct journal_options options = {.create = true, .requests_due = scene->requests_due};
    struct fault fault;
    assert_ok(journal_open(scene->folder, &options, &fault, &scene->journal), &fault);
    new_book(scene);
}

/* The model ------------------------------------------------------------------------------------ */

static struct scene_member *find_member(struct scene *scene, uint32_t organisation, struct uin uin)
{
    for (uint32_t i = 0; i < scene->member_count; i++) {
        struct scene_member *member = &scene->members[i];
        if (member->organisation == organisation && uin_equal(member->uin, uin))
            return member;
    }
    return NULL;
}

static struct scene_member *get_member(struct scene *scene, uint32_t organisation, struct uin uin)
{
    struct scene_member *member = find_member(scene, organisation, uin);
    CHECK(member);
    return member;
}

static struct scene_member *add_member(struct scene *scene, uint32_t organisation, struct uin uin)
{
    size_t size = (scene->member_count + 1) * sizeof *scene->members;
    scene->members = realloc(scene->members, size);
    assert_non_null(scene->members);
    struct scene_member *member = &scene->members[scene->member_count++];
    *member = (struct scene_member){.organisation = organisation, .uin = uin};
    return member;
}

static void note_touch(struct scene_member *member, uint64_t sequence,
                       const struct member_state *after)
{
    if ((member->count & (member->count + 1)) == 0) {
        size_t size = (member->count + 1) * 2 * sizeof *member->sequences;
        member->sequences = realloc(member->sequences, size);
        assert_non_null(member->sequences);
    }
    member->sequences[member->count++] = sequence;
    member->state = *after;
}

static void note_request(struct scene *scene, uint64_t sequence)
{
    size_t size = (scene->request_count + 1) * sizeof *scene->requests;
    scene->requests = realloc(scene->requests, size);
    assert_non_null(scene->requests);
    scene->requests[scene->request_count++] = sequence;
}

static bool rebuild(void *context, uint64_t sequence, struct slice bytes)
{
    static struct uin scope[ENTRY_SCOPE_MAX];
    struct scene *scene = context;
    struct entry entry;
    assert_int_equal(sequence, scene->entry_count + 1);
    assert_true(entry_decode(sequence, bytes, scope, ENTRY_SCOPE_MAX, &entry));
    scene->entry_count++;
    scene->time_us = entry.time_us;
    scene->organisation_count += entry.kind == ENTRY_ORGANISATION;
    scene->key_count += entry.kind == ENTRY_ADD_KEY;
    if (entry.kind == ENTRY_REQUEST)
        note_request(scene, sequence);
    for (uint32_t i = 0; i < entry.touch_count; i++) {
        struct scene_member *member =
            entry.touches[i].ordinal == 1
                ? add_member(scene, entry.organisation, entry.touches[i].uin)
                : get_member(scene, entry.organisation, entry.touches[i].uin);
        note_touch(member, sequence, &entry.touches[i].after);
    }
    return true;
}

uint64_t scene_find_request(struct scene *scene, const unsigned char token[DIGEST_BYTES])
{
    struct slice digest = slice_of((const char *)token, DIGEST_BYTES);
    struct fault fault;
    uint64_t older = 0;
    uint64_t sequence = book_find_request(scene->book, digest);
    assert_ok(journal_find_request(scene->journal, digest, &fault, &older), &fault);
    assert_true(sequence == 0 || older == 0 || older == sequence);
    return sequence != 0 ? sequence : older;
}

void scene_hand_requests_over(struct scene *scene)
{
    struct gate gate;
    gate_init(&gate);
    (void)journal_hand_requests_over(scene->journal, scene->book, &gate);
    gate_done(&gate);
}

static void hold_book_against_model(struct scene *scene)
{
    assert_int_equal(book_sequence(scene->book), scene->entry_count);
    assert_int_equal(book_member_count(scene->book), scene->member_count);
    assert_int_equal(book_organisation_count(scene->book), scene->organisation_count);
    assert_int_equal(book_key_count(scene->book), scene->key_count);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < scene->request_count; i++) {
        unsigned char token[DIGEST_BYTES];
        scene_token(i, token);
        assert_int_equal(scene_find_request(scene, token), scene->requests[i]);
        kept += scene->requests[i] <= journal_requests_kept(scene->journal);
    }
    assert_int_equal(book_request_count(scene->book), scene->request_count - kept);
    for (uint32_t i = 0; i < scene->member_count; i++) {
        const struct scene_member *model = &scene->members[i];
        const struct member *member =
            book_find_member(scene->book, model->organisation, model->uin);
        assert_non_null(member);
        assert_int_equal(member->ordinal, model->count);
        assert_int_equal(member->last_sequence, model->sequences[model->count - 1]);
        assert_int_equal(member->state.cash.micros, model->state.cash.micros);
        assert_int_equal(member->state.flags, model->state.flags);
    }
}

struct status scene_try_open(struct scene *scene, struct fault *fault)
{
    const struct journal_options options = {.wal_pages_max = scene->wal_pages_max,
                                            .requests_due = scene->requests_due};
    TRY(journal_open(scene->folder, &options, fault, &scene->journal));
    new_book(scene);
    return journal_load(scene->journal, scene->book, fault);
}

void scene_open(struct scene *scene)
{
    struct fault fault;
    assert_ok(scene_try_open(scene, &fault), &fault);
    assert_ok(journal_read(scene->journal, 1, rebuild, scene, &fault), &fault);
    hold_book_against_model(scene);
    assert_ok(book_check(scene->book, &fault), &fault);
}

void scene_verify(const struct scene *scene)
{
    struct verify_report report;
    struct fault fault;
    assert_ok(journal_verify(scene->folder, NULL, NULL, &fault, &report), &fault);
    assert_int_equal(report.entries, scene->entry_count);
    assert_int_equal(report.members, scene->member_count);
    assert_int_equal(report.organisations, scene->organisation_count);
}

/* Entries -------------------------------------------------------------------------------------- */

static struct entry *make_entry(struct scene *scene, enum entry_kind kind, uint32_t organisation)
{
    struct draft *draft = scene->draft;
    if (draft->count == draft->cap) {
        draft->cap = draft->cap ? 2 * draft->cap : 64;
        draft->entries = realloc(draft->entries, draft->cap * sizeof *draft->entries);
        assert_non_null(draft->entries);
    }
    struct entry *entry = &draft->entries[draft->count++];
    scene->entry_count++;
    scene->time_us += scene->pauses_us ? scene_random(scene, scene->pauses_us) : 1;
    *entry = (struct entry){
        .sequence = scene->entry_count,
        .time_us = scene->time_us,
        .kind = kind,
        .organisation = organisation,
    };
    return entry;
}

static void touch(struct scene_member *member, struct entry *entry, struct member_state after)
{
    uint64_t ordinal = member->count + 1;
    uint64_t jump = entry_jump_ordinal(ordinal);
    entry->touches[entry->touch_count++] = (struct touch){
        .uin = member->uin,
        .after = after,
        .ordinal = ordinal,
        .previous = ordinal > 1 ? member->sequences[ordinal - 2] : 0,
        .jump = jump > 0 ? member->sequences[jump - 1] : 0,
    };
    note_touch(member, entry->sequence, &after);
}

void scene_make_organisation(struct scene *scene)
{
    struct uin owner = {0, 1 + scene->organisation_count};
    struct entry *entry = make_entry(scene, ENTRY_ORGANISATION, ++scene->organisation_count);
    entry->name = SLICE("Example");
    entry->text = SLICE("USD");
    entry->account = owner;
    touch(add_member(scene, entry->organisation, owner), entry,
          (struct member_state){.flags = MEMBER_OWNER});
}

void scene_make_member(struct scene *scene, uint32_t organisation)
{
    struct uin uin = {0, FIRST_UIN + scene->entry_count * 7919 % 1000003};
    struct entry *entry = make_entry(scene, ENTRY_JOIN, organisation);
    entry->name = SLICE("member");
    touch(add_member(scene, organisation, uin), entry, (struct member_state){0});
}

void scene_make_top_up(struct scene *scene, uint32_t member)
{
    struct scene_member *model = &scene->members[member];
    struct entry *entry = make_entry(scene, ENTRY_TOP_UP, model->organisation);
    struct member_state after = model->state;
    entry->cash = amount_from_cents(1 + (int32_t)scene_random(scene, 100000));
    assert_true(amount_add(after.cash, entry->cash, &after.cash));
    touch(model, entry, after);
}

void scene_make_move(struct scene *scene, uint32_t from, uint32_t to)
{
    struct scene_member *payer = &scene->members[from];
    struct scene_member *payee = &scene->members[to];
    struct entry *entry = make_entry(scene, ENTRY_MOVE, payer->organisation);
    struct member_state after = payer->state;
    struct member_state gained = payee->state;
    entry->cash = amount_from_cents(1 + (int32_t)scene_random(scene, 100));
    assert_true(amount_subtract(after.cash, entry->cash, &after.cash));
    assert_true(amount_add(gained.cash, entry->cash, &gained.cash));
    touch(payer, entry, after);
    touch(payee, entry, gained);
}

void scene_make_top_ups(struct scene *scene, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        scene_make_top_up(scene, scene_random(scene, scene->member_count));
}

void scene_make_key(struct scene *scene, uint32_t organisation)
{
    static char ids[64][24];
    char *id = ids[scene->key_count % 64];
    struct entry *entry = make_entry(scene, ENTRY_ADD_KEY, organisation);
    (void)snprintf(id, sizeof ids[0], "AKIDexample%u", scene->key_count++);
    entry->secret_id = slice_text(id);
    entry->sealed_secret = SLICE("sealed");
    entry->account = (struct uin){0, organisation};
    entry->user = entry->account;
}

void scene_token(uint32_t index, unsigned char ret_token[DIGEST_BYTES])
{
    for (unsigned i = 0; i < DIGEST_BYTES; i++)
        ret_token[i] = (unsigned char)((index + 1) * 2654435761U >> (i % 4 * 8));
}

void scene_make_request(struct scene *scene, uint32_t made)
{
    static unsigned char tokens[64][DIGEST_BYTES];
    unsigned char *token = tokens[scene->request_count % 64];
    struct entry *entry = make_entry(scene, ENTRY_REQUEST, 1);
    scene_token(scene->request_count, token);
    entry->door = DOOR_FOLDER;
    entry->mark = MARK_TOKEN;
    entry->request_id = SLICE("id of 16 bytes..");
    entry->token_digest = slice_of((char *)token, DIGEST_BYTES);
    entry->body_digest = SLICE("0123456789abcdef");
    entry->made = made;
    note_request(scene, entry->sequence);
}

/* The newest entries of the model are those of the draft. */
static void forget_draft(struct scene *scene)
{
    while (scene->draft->count > 0) {
        const struct entry *entry = &scene->draft->entries[--scene->draft->count];
        struct scene_member *member = get_member(scene, entry->organisation, entry->touches[0].uin);
        assert_int_equal(entry->kind, ENTRY_TOP_UP);
        assert_true(amount_subtract(member->state.cash, entry->cash, &member->state.cash));
        member->count--;
        scene->entry_count--;
    }
}

struct status scene_try_commit(struct scene *scene, struct fault *fault)
{
    struct status status = journal_append(scene->journal, scene->draft, fault);
    if (!status_ok(status)) {
        forget_draft(scene);
        return status;
    }
    for (size_t i = 0; i < scene->draft->count; i++)
        assert_ok(book_apply(scene->book, &scene->draft->entries[i], fault), fault);
    journal_note_changes(scene->journal, scene->draft, scene->book);
    scene->draft->count = 0;
    return STATUS_DONE;
}

struct entry *scene_newest(struct scene *scene)
{
    return &scene->draft->entries[scene->draft->count - 1];
}

void scene_append(struct scene *scene)
{
    struct fault fault;
    assert_ok(journal_append(scene->journal, scene->draft, &fault), &fault);
    scene->draft->count = 0;
}

void scene_commit(struct scene *scene)
{
    struct fault fault;
    assert_ok(scene_try_commit(scene, &fault), &fault);
}

void scene_populate(struct scene *scene, uint32_t members)
{
    scene_make_organisation(scene);
    scene_commit(scene);
    for (uint32_t i = 0; i < members; i++)
        scene_make_member(scene, 1);
    scene_commit(scene);
    scene_make_key(scene, 1);
    scene_commit(scene);
}

void scene_checkpoint(struct scene *scene, uint32_t rows)
{
    struct fault fault;
    for (bool more = true; more;) {
        scene_hand_requests_over(scene);
        assert_ok(journal_checkpoint(scene->journal, scene->book, rows, &fault, &more), &fault);
    }
    scene_hand_requests_over(scene);
}

uint32_t scene_random(struct scene *scene, uint32_t below)
{
    scene->random = scene->random * 1664525 + 1013904223;
    return (uint32_t)((uint64_t)scene->random * below >> 32);
}

/* Books ---------------------------------------------------------------------------------------- */

static bool same_member(const struct book *a, const struct member *member, const struct book *b)
{
    const struct member *other = book_find_member(b, member->organisation, member->uin);
    struct buffer row;
    struct buffer other_row;
    if (!other)
        return false;
    buffer_init(&row, 100000);
    buffer_init(&other_row, 100000);
    book_member_encode(a, book_member_index(a, member), &row);
    book_member_encode(b, book_member_index(b, other), &other_row);
    bool same = slice_equal(buffer_slice(&row), buffer_slice(&other_row));
    buffer_done(&row);
    buffer_done(&other_row);
    return same;
}

static bool same_organisation(const struct book *a, const struct book *b, uint32_t id)
{
    const struct organisation *one = book_organisation(a, id);
    const struct organisation *other = book_organisation(b, id);
    return slice_equal(one->name, other->name) && slice_equal(one->currency, other->currency) &&
           uin_equal(one->owner, other->owner) && amount_compare(one->cash, other->cash) == 0 &&
           amount_compare(one->funding, other->funding) == 0 &&
           book_listed_count(a, id) == book_listed_count(b, id);
}

static bool same_key(const struct key *a, const struct key *b)
{
    return slice_equal(a->secret_id, b->secret_id) &&
           slice_equal(a->sealed_secret, b->sealed_secret) && a->enabled == b->enabled &&
           uin_equal(a->account, b->account) && a->version == b->version;
}

bool scene_same_book(const struct book *a, const struct book *b)
{
    bool same = book_sequence(a) == book_sequence(b) && book_time_us(a) == book_time_us(b) &&
                book_member_count(a) == book_member_count(b) &&
                book_organisation_count(a) == book_organisation_count(b) &&
                book_key_count(a) == book_key_count(b);
    for (uint32_t i = 0; same && i < book_member_count(a); i++)
        same = same_member(a, book_member(a, i), b);
    for (uint32_t id = 1; same && id <= book_organisation_count(a); id++)
        same = same_organisation(a, b, id);
    for (uint32_t i = 0; same && i < book_key_count(a); i++)
        same = same_key(book_key(a, i), book_key(b, i));
    return same;
}

void scene_copy_file(const struct scene *scene, const char *from, const char *to)
{
    struct buffer bytes;
    struct fault fault;
    buffer_init(&bytes, 64 * 1024 * 1024);
    assert_ok(file_read(scene_path(scene, from), &bytes, &fault), &fault);
    assert_ok(file_replace(scene_path(scene, to), buffer_slice(&bytes), 0600, &fault), &fault);
    buffer_done(&bytes);
}

struct sqlite3 *scene_database(const struct scene *scene)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(scene_path(scene, "journal.db"), &db), SQLITE_OK);
    return db;
}

void scene_sql(const struct scene *scene, const char *sql)
{
    sqlite3 *db = scene_database(scene);
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

int64_t scene_number(const struct scene *scene, const char *sql)
{
    sqlite3 *db = scene_database(scene);
    sqlite3_stmt *statement = NULL;
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
    int64_t number = sqlite3_step(statement) == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
    assert_int_equal(sqlite3_finalize(statement), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    return number;
}
