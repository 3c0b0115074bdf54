/* Scene: a journal in a temporary folder, a book, and a model of what must be in it, kept apart
 * from both: every member's cash and the sequences of its entries. Entries are made by hand, so
 * that the tests of the store rest on nothing that decides. Every failure ends the test. */
#ifndef SCENE_H
#define SCENE_H

#include "journal/journal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

struct scene_member {
    uint32_t organisation;
    struct uin uin;
    struct member_state state;
    uint64_t *sequences;
    uint32_t count;
};

struct scene {
    char folder[64];
    struct journal *journal;
    struct book *book;
    struct draft *draft;
    struct scene_member *members; /* owners too */
    uint32_t member_count;
    uint32_t organisation_count;
    uint32_t key_count;
    uint32_t request_count;
    uint64_t *requests; /* their sequences; tokens: scene_token */
    uint64_t entry_count;
    uint32_t random;
    uint32_t wal_pages_max; /* for scene_open */
    uint32_t requests_due;  /* the same */
    int64_t time_us;        /* of the entry made last */
    uint32_t pauses_us;     /* entries are 0 .. pauses_us - 1 apart; 0 = 1 us each */
};

/* An empty temporary folder. */
void scene_begin(struct scene *scene);
/* Closes what is open and deletes the folder. */
void scene_end(struct scene *scene);
/* "folder/name"; valid until the next call. */
const char *scene_path(const struct scene *scene, const char *name);

void scene_create(struct scene *scene);
/* Opens and loads, rebuilds the model from the entries, and holds the book against it. */
void scene_open(struct scene *scene);
struct status scene_try_open(struct scene *scene, struct fault *fault);
void scene_close(struct scene *scene);
/* verify must be content, with as many entries as the model. */
void scene_verify(const struct scene *scene);

/* Make one entry for the next batch. */
void scene_make_organisation(struct scene *scene);
void scene_make_member(struct scene *scene, uint32_t organisation);
void scene_make_top_up(struct scene *scene, uint32_t member);
/* From one member to another of the same organisation. */
void scene_make_move(struct scene *scene, uint32_t from, uint32_t to);
void scene_make_key(struct scene *scene, uint32_t organisation);
/* The token of the scene's request with that index. */
void scene_token(uint32_t index, unsigned char ret_token[DIGEST_BYTES]);
/* The request that made the last `made` entries. */
void scene_make_request(struct scene *scene, uint32_t made);
/* `count` top-ups of members at random. */
void scene_make_top_ups(struct scene *scene, uint32_t count);
/* The entry made last, to be changed before it is committed. */
struct entry *scene_newest(struct scene *scene);
/* Appends what was made, whatever the law says of it: neither book nor model knows. */
void scene_append(struct scene *scene);
/* Appends, applies and notes what was made. */
void scene_commit(struct scene *scene);
/* The same, but a fault is handed back, and then the model forgets what was made. */
struct status scene_try_commit(struct scene *scene, struct fault *fault);
/* One organisation, `members` members, a key, in three batches. */
void scene_populate(struct scene *scene, uint32_t members);
/* Between two calls of the journal: puts requests aside when it wants them, lets those go that it
 * has. */
void scene_hand_requests_over(struct scene *scene);
/* What the journal and the book together know of a token's request; 0 = nothing. */
uint64_t scene_find_request(struct scene *scene, const unsigned char token[DIGEST_BYTES]);
/* Slices of `rows` until nothing is left, also of requests that are due. */
void scene_checkpoint(struct scene *scene, uint32_t rows);
uint32_t scene_random(struct scene *scene, uint32_t below);

/* Same organisations, members with all that belongs to them, keys? Not the requests, which are
 * elsewhere too. */
bool scene_same_book(const struct book *a, const struct book *b);

void scene_copy_file(const struct scene *scene, const char *from, const char *to);
/* Beside the journal; the caller closes it. */
struct sqlite3 *scene_database(const struct scene *scene);
/* What somebody with a SQL tool would do to the database, and the number they would be shown first;
 * 0 when there is no row. */
void scene_sql(const struct scene *scene, const char *sql);
int64_t scene_number(const struct scene *scene, const char *sql);

#endif
