/* The master key: 32 random bytes that seal every stored secret, kept outside the journal as 64 hex
 * digits in a file of mode 0600, or handed in by systemd as the credential bursar.master.key. */
#ifndef CMD_MASTER_KEY_H
#define CMD_MASTER_KEY_H

#include "base/status.h"
#include "crypto/seal.h"
#include "sys/sys.h"

/* Where it is: `file` if not NULL, else $CREDENTIALS_DIRECTORY/bursar.master.key if that exists,
 * else FOLDER/master.key. */
struct master_key_place {
    char path[4200];
    bool is_credential; /* systemd looks after who may read it */
    bool is_named;      /* with --master-key-file: may be a symbolic link */
};
STATUS_MUST_USE struct status master_key_find(const char *folder, const char *file,
                                              struct fault *fault,
                                              struct master_key_place *ret_place);
/* NOT_FOUND, DENIED (others may read it, a symbolic link) and INVALID say what to do. The caller
 * wipes the key. */
STATUS_MUST_USE struct status master_key_read(const struct master_key_place *place,
                                              struct fault *fault,
                                              unsigned char ret_key[SEAL_KEY_SIZE]);
/* Makes a new one there, or reads the one that is there already. */
STATUS_MUST_USE struct status master_key_create(const struct master_key_place *place,
                                                const struct sys *sys, struct fault *fault,
                                                unsigned char ret_key[SEAL_KEY_SIZE]);

#endif
