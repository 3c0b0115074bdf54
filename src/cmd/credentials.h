/* Whose key signs, and where calls go: gathered, strongest first, from flags' files, the
 * environment, the CLI's and the SDKs' credential files. A secret is never taken from argv. */
#ifndef CMD_CREDENTIALS_H
#define CMD_CREDENTIALS_H

#include "cmd/cmd.h"

struct credentials {
    char secret_id[1100]; /* temporary ids are up to 1,024 bytes (protocol section 6) */
    char secret_key[1100];
    char token[4200];
    char region[64];
    const char *origin; /* "environment", or the file's path (static or owned by argv) */
};

/* `file` (may be NULL): a tccli JSON credential file or an SDK INI file (section [default]), "-"
 * for standard input. Else, when `profile` is given, ~/.tccli/<profile>.credential and nothing
 * else: who names a profile does not mean what the environment happens to hold. Else the
 * environment TENCENTCLOUD_SECRET_ID, _SECRET_KEY, _TOKEN; else ~/.tccli/<TCCLI_PROFILE or
 * "default">.credential; else ~/.tencentcloud/credentials; else /etc/tencentcloud/credentials.
 * TENCENTCLOUD_REGION stands above a file's region. NOT_FOUND names all places looked at; INVALID
 * names file and line. */
STATUS_MUST_USE struct status credentials_load(const char *file, const char *profile,
                                               struct fault *fault,
                                               struct credentials *ret_credentials);
void credentials_wipe(struct credentials *credentials);

#endif
