/* Change: what the actions that change one member (holds, credit, the member itself) have in
 * common. Private to this room. */
#ifndef API_CHANGE_H
#define API_CHANGE_H

#include "api/action.h"

/* Must be the member `about` of the action's input. */
struct change_input {
    struct integer_value organization_id;
    struct text_value member_uin, reason;
};
#define CHANGE_PARAMETERS(struct_name)                                                             \
    {PARAMETER(PARAMETER_INTEGER, struct_name, about.organization_id, "OrganizationId",            \
               "Through the control socket; default 1. Else the caller's own.")},                  \
    {                                                                                              \
        PARAMETER(PARAMETER_TEXT, struct_name, about.member_uin, "MemberUin",                      \
                  "The member, or the owner's own account."),                                      \
            .required = true                                                                       \
    }
#define REASON_PARAMETER(struct_name)                                                              \
    {                                                                                              \
        PARAMETER(PARAMETER_TEXT, struct_name, about.reason, "Reason",                             \
                  "Kept in the entry, at most 1,024 bytes.")                                       \
    }

/* Begins the command. False: the complaint is set. */
bool change_begin(struct exchange *exchange, const struct change_input *about,
                  enum command_kind kind, struct command *command);
/* An amount that must be above zero. */
bool change_read_amount(struct exchange *exchange, const struct text_value *value,
                        struct slice name, struct amount *ret_amount);
/* The number of a hold or grant; `unknown` when it can be none. */
bool change_read_subject(struct exchange *exchange, const struct integer_value *value,
                         enum error unknown, struct change *change);

/* ,"Member": and the row of the member as the command left it. */
void change_render_member(struct exchange *exchange, const struct command *command,
                          struct buffer *out);

#define MEMBER_OUTPUT                                                                              \
    {                                                                                              \
        "Member", "object",                                                                        \
            "The account after it (with DryRun: as it would be): the nine fields of "              \
            "DescribeOrgMemberAccountBalance."                                                     \
    }

#endif
