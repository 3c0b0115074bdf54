/* Where a management subcommand (key, policy, delegate, import, export) works: the options that say
 * so, and opening it. A data folder, served or not, is meant by --data (or BURSAR_DATA); a server
 * elsewhere by --endpoint (or BURSAR_ENDPOINT). */
#ifndef CMD_TARGET_H
#define CMD_TARGET_H

#include "cmd/admin.h"
#include "cmd/remote.h"

struct target_flags {
    const char *data;
    const char *master_key_file;
    uint64_t organization; /* 0 = the server's default */
    struct remote_flags remote;
};
#define TARGET_FLAGS_DEFAULT ((struct target_flags){.remote = REMOTE_FLAGS_DEFAULT})

/* Entries of a table of struct option_spec; REMOTE_OPTIONS may stand beside them, or
 * TARGET_REMOTE_OPTIONS for those who give --credentials a meaning of their own. */
#define TARGET_OPTIONS(flags)                                                                      \
    {"data", "DIR",                                                                                \
     "The data folder, whether it is being served or not. Default: the variable BURSAR_DATA.",     \
     OPTION_TEXT, &(flags)->data},                                                                 \
    {                                                                                              \
        "master-key-file", "FILE", "The folder's master key, when it is not DIR/master.key.",      \
            OPTION_TEXT, &(flags)->master_key_file                                                 \
    }

/* Opens what the flags and the environment name. -1, or the exit code after a line on stderr. */
int target_open(const struct subcommand *self, const struct target_flags *flags,
                struct admin **ret_admin);
/* Closes; answers `code`, or the exit code of what went wrong at the end. */
int target_close(const struct subcommand *self, struct admin *admin, int code);

#endif
