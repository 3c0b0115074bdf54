/* The subcommands, one object a file (cmd_NAME.c). */
#ifndef CMD_SUBCOMMANDS_H
#define CMD_SUBCOMMANDS_H

#include "cmd/cmd.h"

extern const struct subcommand subcommand_init;
extern const struct subcommand subcommand_serve;
extern const struct subcommand subcommand_demo;
extern const struct subcommand subcommand_import;
extern const struct subcommand subcommand_export;
extern const struct subcommand subcommand_query;
extern const struct subcommand subcommand_call;
extern const struct subcommand subcommand_post;
extern const struct subcommand subcommand_hold;
extern const struct subcommand subcommand_credit;
extern const struct subcommand subcommand_member;
extern const struct subcommand subcommand_history;
extern const struct subcommand subcommand_statement;
extern const struct subcommand subcommand_key;
extern const struct subcommand subcommand_policy;
extern const struct subcommand subcommand_delegate;
extern const struct subcommand subcommand_clock;
extern const struct subcommand subcommand_verify;
extern const struct subcommand subcommand_prove;
extern const struct subcommand subcommand_backup;
extern const struct subcommand subcommand_restore;
extern const struct subcommand subcommand_dump;
extern const struct subcommand subcommand_load;
extern const struct subcommand subcommand_sign;
extern const struct subcommand subcommand_explain;
extern const struct subcommand subcommand_api;
extern const struct subcommand subcommand_config;
extern const struct subcommand subcommand_healthcheck;
extern const struct subcommand subcommand_completion;
extern const struct subcommand subcommand_version;

#endif
