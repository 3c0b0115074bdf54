/* A file that appears whole or not at all: written beside its name, and renamed at the end. */
#ifndef CMD_WHOLE_FILE_H
#define CMD_WHOLE_FILE_H

#include "cmd/cmd.h"

#include <limits.h>
#include <stdio.h>

struct whole_file {
    const char *path;
    char temporary[PATH_MAX];
    FILE *out;
};

/* "-" is standard output. `secret`: nobody else may read it. -1 or the exit code. */
int whole_file_open(const struct subcommand *self, const char *path, bool secret,
                    struct whole_file *ret_file);
/* Says that it could not be written; answers the exit code. */
int whole_file_failed(const struct subcommand *self, const struct whole_file *file);
/* Renames what is whole (`code` is EXIT_OK), takes away what is not. Answers the exit code. */
int whole_file_close(const struct subcommand *self, struct whole_file *file, int code);

#endif
