/* Configuration: the settings of `serve` (and `demo`, `config`, `healthcheck`) gathered from flags
 * `--name`, environment variables `BURSAR_NAME` (dashes become underscores) and lines `name =
 * value` below `[serve]` of an INI file, in that order of strength. */
#ifndef CMD_CONFIG_H
#define CMD_CONFIG_H

#include "cmd/setting.h"

/* What a subcommand takes: which settings, whether environment and file count too, and options of
 * its own besides. */
struct settings_query {
    const struct subcommand *self;
    bool (*takes)(enum setting setting); /* NULL = all */
    bool layers; /* environment and file (--config FILE or BURSAR_CONFIG) too */
    const struct option_spec *more;
    size_t more_count;
};

/* -1 to go on, or the exit code to end with, as options_parse. Whatever is answered, the settings
 * are to be given to settings_done. Arguments that are not options are an error. */
int settings_load(const struct settings_query *query, int argc, char **argv,
                  struct settings *ret_settings);

#endif
