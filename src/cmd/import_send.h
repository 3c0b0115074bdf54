/* Rows on their way to the book: batches of CreateMembers, and what came of them. */
#ifndef CMD_IMPORT_SEND_H
#define CMD_IMPORT_SEND_H

#include "cmd/admin.h"
#include "cmd/import_row.h"
#include "cmd/record_file.h"

struct import_tally {
    uint64_t added;
    uint64_t unchanged;
    uint64_t refused;
};

struct import_sender {
    const struct subcommand *self;
    struct admin *admin;
    uint64_t organisation; /* 0 = the only one, or the key's */
    bool dry_run;
    bool partial;
    struct import_tally tally;
    struct buffer json;
    struct record_batch batch; /* refused rows are told to its file */
};

void import_sender_init(struct import_sender *sender, const struct subcommand *self,
                        struct admin *admin, struct record_file *file, uint64_t organisation);
void import_sender_done(struct import_sender *sender);
/* Begins a pass. */
void import_sender_start(struct import_sender *sender, bool dry_run, bool partial);
/* Both answer -1, or the exit code after a line on stderr. */
int import_sender_add(struct import_sender *sender, const struct import_row *row);
int import_sender_flush(struct import_sender *sender);

#endif
