/* Changes of one member: holds and credit.
 *
 * Owns: nothing; what is answered lives in the client until its next call. The client's thread. */
#include "client/write.h"

#define MEMBER_FIELD                                                                               \
    SHAPE_NESTED(false, struct bursar_change, member, &answer_member, "Member", NULL)

static const struct shape_member hold_made_fields[] = {
    SHAPE_MEMBER(ID, struct bursar_change, entry_id, "HoldId", NULL), MEMBER_FIELD};
static const struct shape hold_made = SHAPE(hold_made_fields, struct bursar_change);

static const struct shape_member hold_used_fields[] = {
    SHAPE_MEMBER(CENTS, struct bursar_change, amount, "Amount", NULL),
    SHAPE_MEMBER(ID, struct bursar_change, entry_id, "EntryId", NULL), MEMBER_FIELD};
static const struct shape hold_used = SHAPE(hold_used_fields, struct bursar_change);

static const struct shape_member grant_made_fields[] = {
    SHAPE_MEMBER(ID, struct bursar_change, entry_id, "GrantId", NULL), MEMBER_FIELD};
static const struct shape grant_made = SHAPE(grant_made_fields, struct bursar_change);

static const struct shape_member grant_ended_fields[] = {
    SHAPE_MEMBER(ID, struct bursar_change, entry_id, "EntryId", NULL), MEMBER_FIELD};
static const struct shape grant_ended = SHAPE(grant_ended_fields, struct bursar_change);

struct changing {
    struct write write;
    bool dry_run;
};

static void change_begin(struct bursar_client *client, const char *member_uin, const char *reason,
                         const struct bursar_write_options *options, struct changing *ret_changing)
{
    *ret_changing = (struct changing){.dry_run = options && options->dry_run};
    write_begin(client, &ret_changing->write);
    write_options(&ret_changing->write, options);
    write_uin(&ret_changing->write, "MemberUin", member_uin);
    write_text(&ret_changing->write, "Reason", reason);
}

static enum bursar_result change_end(struct changing *changing, enum bursar_result result,
                                     const struct bursar_change **ret_change)
{
    struct bursar_client *client = changing->write.client;
    if (result != BURSAR_OK)
        return result;
    client->change.request_id = client->request_id;
    *ret_change = &client->change;
    return BURSAR_OK;
}

/* A change that must have an entry, unless it is only tried. */
static enum bursar_result change_call(struct changing *changing, const char *action,
                                      const struct shape *object,
                                      const struct bursar_change **ret_change)
{
    struct bursar_client *client = changing->write.client;
    enum bursar_result result =
        write_call(&changing->write, action, object, &client->arena, &client->change);
    if (result == BURSAR_OK && (client->change.entry_id == 0) != changing->dry_run) {
        const char *id = object->members[object->member_count - 2].name.at; /* before Member */
        const char *what = changing->dry_run ? "names what a dry run has made" : "is zero";
        result = write_doubt(&changing->write, answer_fail(client, id, what));
    }
    return change_end(changing, result, ret_change);
}

enum bursar_result bursar_hold_create(struct bursar_client *client,
                                      const struct bursar_hold_request *hold,
                                      const struct bursar_write_options *options,
                                      const struct bursar_change **ret_change)
{
    struct changing changing;
    change_begin(client, hold->member_uin, hold->reason, options, &changing);
    write_amount(&changing.write, "Amount", hold->amount);
    write_time(&changing.write, "ExpiresAt", hold->expires_us);
    return change_call(&changing, "CreateHold", &hold_made, ret_change);
}

static enum bursar_result hold_use(struct bursar_client *client, const char *action,
                                   const struct bursar_hold_use *use,
                                   const struct bursar_write_options *options,
                                   const struct bursar_change **ret_change)
{
    struct changing changing;
    change_begin(client, use->member_uin, use->reason, options, &changing);
    write_id(&changing.write, "HoldId", use->hold_id);
    if (use->amount != 0)
        write_amount(&changing.write, "Amount", use->amount);
    return change_call(&changing, action, &hold_used, ret_change);
}

enum bursar_result bursar_hold_capture(struct bursar_client *client,
                                       const struct bursar_hold_use *use,
                                       const struct bursar_write_options *options,
                                       const struct bursar_change **ret_change)
{
    return hold_use(client, "CaptureHold", use, options, ret_change);
}

enum bursar_result bursar_hold_release(struct bursar_client *client,
                                       const struct bursar_hold_use *use,
                                       const struct bursar_write_options *options,
                                       const struct bursar_change **ret_change)
{
    return hold_use(client, "ReleaseHold", use, options, ret_change);
}

enum bursar_result bursar_credit_grant(struct bursar_client *client,
                                       const struct bursar_grant_request *grant,
                                       const struct bursar_write_options *options,
                                       const struct bursar_change **ret_change)
{
    struct changing changing;
    change_begin(client, grant->member_uin, grant->reason, options, &changing);
    write_amount(&changing.write, "Amount", grant->amount);
    write_time(&changing.write, "StartTime", grant->start_us);
    write_time(&changing.write, "EndTime", grant->end_us);
    return change_call(&changing, "CreateTemporaryCredit", &grant_made, ret_change);
}

enum bursar_result bursar_credit_revoke(struct bursar_client *client,
                                        const struct bursar_grant_end *end,
                                        const struct bursar_write_options *options,
                                        const struct bursar_change **ret_change)
{
    struct changing changing;
    change_begin(client, end->member_uin, end->reason, options, &changing);
    write_id(&changing.write, "GrantId", end->grant_id);
    return change_call(&changing, "DeleteTemporaryCredit", &grant_ended, ret_change);
}

/* ---- the lasting credit line ---- */

struct modification {
    const int64_t *entry_ids;
    size_t entry_id_count;
    struct bursar_member_balance member;
};

static const struct shape_member modification_fields[] = {
    SHAPE_LIST(IDS, struct modification, entry_ids, entry_id_count, NULL, "EntryIds", NULL),
    SHAPE_NESTED(false, struct modification, member, &answer_member, "Member", NULL)};
static const struct shape modification_object = SHAPE(modification_fields, struct modification);

static void write_switch(struct write *write, const char *name, enum bursar_switch value)
{
    if (value == BURSAR_OFF || value == BURSAR_ON)
        write_bool(write, name, value == BURSAR_ON);
    else if (value != BURSAR_AS_IT_IS)
        write_fail(write, "%s is neither on nor off", name);
}

enum bursar_result bursar_credit_set(struct bursar_client *client,
                                     const struct bursar_credit *credit,
                                     const struct bursar_write_options *options,
                                     const struct bursar_change **ret_change)
{
    struct changing changing;
    struct modification made;
    change_begin(client, credit->member_uin, credit->reason, options, &changing);
    if (credit->basic_credit_amount)
        write_amount(&changing.write, "BasicCreditAmount", *credit->basic_credit_amount);
    write_switch(&changing.write, "IsCreditAccount", credit->is_credit_account);
    write_switch(&changing.write, "AllowArrears", credit->allow_arrears);
    enum bursar_result result =
        write_call(&changing.write, "ModifyMember", &modification_object, &client->arena, &made);
    if (result == BURSAR_OK)
        client->change = (struct bursar_change){
            .entry_id = made.entry_id_count ? made.entry_ids[made.entry_id_count - 1] : 0,
            .member = made.member};
    return change_end(&changing, result, ret_change);
}

/* ---- open holds ---- */

static const struct shape_member hold_fields[] = {
    SHAPE_MEMBER(ID, struct bursar_hold, hold_id, "HoldId", NULL),
    SHAPE_MEMBER(CENTS, struct bursar_hold, amount, "Amount", NULL),
    SHAPE_MEMBER(END, struct bursar_hold, expires_us, "ExpiresAt", NULL),
};
static const struct shape hold_object = SHAPE(hold_fields, struct bursar_hold);

static const struct shape_member hold_page_fields[] = {
    SHAPE_LIST(OBJECTS, struct bursar_hold_page, holds, hold_count, &hold_object, "Data", NULL),
    SHAPE_MEMBER(COUNT, struct bursar_hold_page, total_count, "TotalCount", NULL),
};
static const struct shape hold_page_object = SHAPE(hold_page_fields, struct bursar_hold_page);

enum bursar_result bursar_holds(struct bursar_client *client, const char *member_uin,
                                uint64_t offset, uint64_t limit,
                                const struct bursar_hold_page **ret_page)
{
    struct write write;
    write_begin(client, &write);
    if (offset > INT64_MAX || limit > HISTORY_ROWS_MAX)
        write_fail(&write, "a page begins at 0 or later and has at most %d rows", HISTORY_ROWS_MAX);
    if (member_uin)
        write_uin(&write, "MemberUin", member_uin);
    write_id(&write, "Offset", (int64_t)offset);
    write_id(&write, "Limit", limit ? (int64_t)limit : HISTORY_ROWS_DEFAULT);
    enum bursar_result result =
        write_call(&write, "DescribeHolds", &hold_page_object, &client->arena, &client->holds);
    if (result != BURSAR_OK)
        return result;
    client->holds.request_id = client->request_id;
    *ret_page = &client->holds;
    return BURSAR_OK;
}
