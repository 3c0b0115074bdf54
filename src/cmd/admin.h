/* Admin: calls of product `bursar` (CreateMembers, CreateKey, ...) through libbursar to wherever
 * the book lives:
 *
 *  - a data folder nobody serves: the folder is opened and the api answers in this process;
 *  - a data folder that is being served: its control socket FOLDER/control.sock (mode 0600);
 *  - a remote server (`--endpoint` and credentials): signed calls.
 *
 * A subcommand is written once for all three. */
#ifndef CMD_ADMIN_H
#define CMD_ADMIN_H

#include "cmd/cmd.h"

#include <bursar.h>

struct admin;
struct folder;

struct admin_target {
    const char *data;                    /* folder; NULL when remote */
    const struct bursar_options *remote; /* NULL when a folder is meant */
    uint64_t organization;               /* of a folder: for the typed calls; 0 = the first */
    const char *master_key_file;         /* of the folder; NULL = see master_key.h */
};

STATUS_MUST_USE struct status admin_open(const struct admin_target *target, struct fault *fault,
                                         struct admin **ret_admin);
/* The same for a folder that this process has open; the folder stays the caller's and must outlive
 * the admin. */
STATUS_MUST_USE struct status admin_open_here(struct folder *folder, struct fault *fault,
                                              struct admin **ret_admin);
/* Makes the call; *ret_response is the JSON object below "Response", valid until the next call. A
 * status fault means no answer; an API error is an answer: *ret_error_code is then its code (else
 * empty) and *ret_error_message its text. */
STATUS_MUST_USE struct status admin_call(struct admin *admin, const char *action,
                                         struct slice parameters, struct fault *fault,
                                         struct slice *ret_response, struct slice *ret_error_code,
                                         struct slice *ret_error_message);
/* As admin_call for a subcommand that can only give up when it fails: says on stderr why. -1 to go
 * on, or the exit code. */
int admin_do(const struct subcommand *self, struct admin *admin, const char *action,
             struct slice parameters, struct slice *ret_response);
/* For libbursar's typed calls. */
struct bursar_client *admin_client(struct admin *admin);
/* Says on stderr why the client's last call failed; answers the exit code. */
int admin_failed(const struct subcommand *self, const struct admin *admin,
                 enum bursar_result result);
struct status admin_status(enum bursar_result result);
/* Finishes (a folder gets its checkpoint). NULL is fine. */
STATUS_MUST_USE struct status admin_close(struct admin *admin, struct fault *fault);

#endif
