/* Transfers of a file on their way to the book: calls of CreateTransfers with up to
 * RECORD_BATCH_MAX each, and what came of them. */
#ifndef CMD_POST_SEND_H
#define CMD_POST_SEND_H

#include "cmd/post_row.h"
#include "cmd/record_file.h"
#include "cmd/writing.h"

struct post_tally {
    uint64_t posted, refused;
    uint64_t first_entry, last_entry; /* 0 = none */
};

struct post_sender {
    struct writing *writing;
    bool partial;
    struct post_tally tally;
    uint32_t number;           /* of the call being filled, from 1 */
    struct record_batch batch; /* refused transfers are told to its file */
};

void post_sender_init(struct post_sender *sender, struct writing *writing, struct record_file *file,
                      bool partial);
/* Both answer -1, or the exit code after what is wrong was told. */
int post_sender_add(struct post_sender *sender, const struct post_row *row);
int post_sender_flush(struct post_sender *sender);

/* A message without the place of its transfer in front: where it is is said by the line. */
struct slice post_message(struct slice message, int64_t index);
/* Takes the entries and errors of an answer into the tally; false when it cannot be read. */
bool post_read_entries(struct post_sender *sender, struct slice answer);

#endif
