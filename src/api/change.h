/* Change: what the actions that change one member (holds, credit, the member itself) have in
 * common. Private to this room. */
#ifndef API_CHANGE_H
#define API_CHANGE_H

#include "api/action.h"
#include "api/balance_row.h"

enum { CHANGE_ENTRIES_MAX = 4 };

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

/* What they answer, each its part of it. */
struct change_view {
    struct amount moved;
    uint64_t first, last,
        subject; /* its first entry and its last; the hold or grant it was about */
    int64_t entry_ids[CHANGE_ENTRIES_MAX];
    const int64_t *entries;
    size_t entry_count;
    struct balance_row member; /* as the command left it */
};
bool change_answer(struct exchange *exchange, struct api_pending *pending, struct buffer *out);
#define CHANGE_OUTPUT(kind, member, name, help)                                                    \
    SHAPE_MEMBER(kind, struct change_view, member, name, help)
#define MEMBER_OUTPUT                                                                              \
    SHAPE_NESTED(false, struct change_view, member, &balance_row_shape, "Member",                  \
                 "The account after it (with DryRun: as it would be).")

#endif
