/* Lines: commands as lines of numbers, and what became of them as lines of text (README.md has both
 * forms). */
#ifndef TESTS_PROPERTY_LINES_H
#define TESTS_PROPERTY_LINES_H

#include "base/arena.h"
#include "ledger/decide.h"

enum { TEXTS_MAX = 256 };

/* What a line is read from: numbers between single spaces. */
struct reader {
    const char *at;
    struct slice texts[TEXTS_MAX]; /* that commands speak of by their number; 0 is empty */
};

int64_t read_i64(struct reader *reader);
uint64_t read_u64(struct reader *reader);
struct uin read_uin(struct reader *reader);
/* A command whose letter was read; its parts are in the arena. */
void read_command(struct reader *reader, char letter, struct arena *arena, struct command *command);

const char *refusal_name(enum refusal refusal);
void write_state(struct buffer *out, const struct member_state *state);
void write_fields(struct buffer *out, const struct book *book, const struct member *member,
                  int64_t t_us);
/* What decide said, or a replay of what it once said. */
void write_outcome(struct buffer *out, const struct command *command, enum refusal refusal,
                   uint32_t item, bool is_replay);
void write_uin(struct buffer *out, struct uin uin);
void write_entry(struct buffer *out, const struct entry *entry);
void write_member(struct buffer *out, const struct book *book, const struct member *member);
/* Its keys, policies and delegations. */
void write_registry(struct buffer *out, const struct book *book, uint32_t organisation);
void write_sums(struct buffer *out, const struct organisation *organisation);

#endif
