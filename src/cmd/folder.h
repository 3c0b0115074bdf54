/* A data folder in use: its journal, the book folded from it, the committer that changes both and
 * the api over them; or the same in memory, without a folder. */
#ifndef CMD_FOLDER_H
#define CMD_FOLDER_H

#include "api/api.h"
#include "crypto/seal.h"

struct folder {
    const struct sys *sys;
    struct journal *journal;
    struct book *book;
    struct gate gate;
    struct committer *committer;
    struct historian *historian;
    struct api *api;
    unsigned char master_key[SEAL_KEY_SIZE];
};

struct folder_options {
    const struct sys *sys;         /* the world it is in; needed */
    const char *path;              /* NULL = in memory */
    bool create;                   /* EXISTS if there is a journal already */
    const char *master_key_file;   /* NULL = see master_key.h */
    const struct api_options *api; /* these three: NULL = defaults */
    const struct committer_options *committer;
    const struct historian_options *historian;
    uint32_t requests_due; /* journal.h; 0 = default */
};

/* Opens and recovers. Faults say what to do: no such folder (NOT_FOUND), owned by another process
 * (BUSY), not what was written (CORRUPT), the wrong master key (DENIED). */
STATUS_MUST_USE struct status folder_open(const struct folder_options *options, struct fault *fault,
                                          struct folder **ret_folder);
/* Writes the checkpoint, ends the committer, wipes the key, frees. NULL is fine. Nothing may use
 * the api any more. */
STATUS_MUST_USE struct status folder_close(struct folder *folder, struct fault *fault);

/* `flag`, else the variable BURSAR_DATA, else NULL: how subcommands without a configuration file
 * choose their data folder. */
const char *folder_choose(const char *flag);

#endif
