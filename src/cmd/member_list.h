/* `bursar member list`: the verb, in a file of its own. */
#ifndef CMD_MEMBER_LIST_H
#define CMD_MEMBER_LIST_H

#include "cmd/cmd.h"

extern const struct subcommand member_list;

#endif
