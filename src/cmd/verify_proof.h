/* A proof, checked without the journal it was made from. */
#ifndef CMD_VERIFY_PROOF_H
#define CMD_VERIFY_PROOF_H

#include "cmd/cmd.h"

/* `chain_hash` (may be NULL): the 32 bytes that the proof must lead to. Answers the exit code. */
int verify_proof(const struct subcommand *self, const char *file, const unsigned char *chain_hash,
                 bool json);

#endif
