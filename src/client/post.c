/* CreateTransfers: many transfers in one call, and what became of each.
 *
 * Owns: nothing; the posting lives in the client's arena until its next call. The client's thread.
 */
#include "client/write.h"

static const struct shape_member error_fields[] = {
    SHAPE_MEMBER(WORD, struct bursar_post_error, code, "Code", NULL),
    SHAPE_MEMBER(COUNT, struct bursar_post_error, index, "Index", NULL),
    SHAPE_MEMBER(WORD, struct bursar_post_error, member_uin, "MemberUin", NULL),
    SHAPE_MEMBER(WORD, struct bursar_post_error, message, "Message", NULL),
};
static const struct shape error_object = SHAPE(error_fields, struct bursar_post_error);

static const struct shape_member posting_fields[] = {
    SHAPE_MEMBER(BOOL, struct bursar_posting, applied, "Applied", NULL),
    SHAPE_LIST(IDS, struct bursar_posting, entry_ids, entry_id_count, NULL, "EntryIds", NULL),
    SHAPE_LIST(OBJECTS, struct bursar_posting, errors, error_count, &error_object, "Errors", NULL),
    SHAPE_LIST(OBJECTS, struct bursar_posting, members, member_count, &answer_member, "Members",
               NULL),
};
static const struct shape posting_object = SHAPE(posting_fields, struct bursar_posting);

static const char *kind_name(enum bursar_transfer_kind kind)
{
    switch (kind) {
    case BURSAR_TOP_UP:
        return "top_up";
    case BURSAR_WITHDRAW:
        return "withdraw";
    case BURSAR_CHARGE:
        return "charge";
    case BURSAR_REFUND:
        return "refund";
    case BURSAR_GRANT_GIFT:
        return "grant_gift";
    case BURSAR_MOVE:
        return "move";
    case BURSAR_ADJUST:
        return "adjust";
    }
    return NULL;
}

static const char *account_name(enum bursar_account account)
{
    switch (account) {
    case BURSAR_CASH:
        return "cash";
    case BURSAR_INCOME:
        return "income";
    case BURSAR_GIFT:
        return "gift";
    }
    return NULL;
}

static void write_change(struct write *write, const char *name, int64_t micros)
{
    if (micros != 0)
        write_amount(write, name, micros);
}

/* Whatever is given is sent, also what the kind has no use for: the server says so. */
static void write_transfer(struct write *write, const struct bursar_transfer *transfer)
{
    if (!kind_name(transfer->kind) || !account_name(transfer->account))
        write_fail(write, "there is no such kind of transfer, or no such account");
    json_open_object(&write->json);
    write_text(write, "Kind", kind_name(transfer->kind));
    write_uin(write, "MemberUin", transfer->member_uin);
    if (transfer->to_member_uin)
        write_uin(write, "ToMemberUin", transfer->to_member_uin);
    if (transfer->kind != BURSAR_ADJUST || transfer->amount != 0)
        write_amount(write, "Amount", transfer->amount);
    if (transfer->account != BURSAR_CASH)
        write_text(write, "Account", account_name(transfer->account));
    write_change(write, "CashAmount", transfer->cash_amount);
    write_change(write, "IncomeAmount", transfer->income_amount);
    write_change(write, "GiftAmount", transfer->gift_amount);
    write_text(write, "Reason", transfer->reason);
    json_close_object(&write->json);
}

static void write_transfers(struct write *write, const struct bursar_transfer *transfers,
                            size_t transfer_count)
{
    if (transfer_count == 0 || transfer_count > BURSAR_TRANSFERS_MAX) {
        write_fail(write, "a call takes 1 to %d transfers", BURSAR_TRANSFERS_MAX);
        return;
    }
    json_write_key(&write->json, SLICE("Transfers"));
    json_open_array(&write->json);
    for (size_t i = 0; i < transfer_count && write->result == BURSAR_OK; i++) {
        write->item = i + 1;
        write_transfer(write, &transfers[i]);
    }
    write->item = 0;
    json_close_array(&write->json);
}

/* Each transfer has its entry or its error; in a dry run, or without `partial`, only one of them.
 */
static bool outcomes_agree(const struct bursar_posting *posting, size_t transfer_count,
                           const struct bursar_write_options *options)
{
    bool dry_run = options && options->dry_run;
    bool partial = options && options->partial;
    size_t made = 0;
    if (posting->entry_id_count != transfer_count || (posting->error_count > 0 && !partial))
        return false;
    for (size_t i = 0; i < transfer_count; i++)
        made += posting->entry_ids[i] > 0;
    for (size_t i = 0; i < posting->error_count; i++) {
        uint64_t index = posting->errors[i].index;
        if (index >= transfer_count || posting->entry_ids[index] > 0 ||
            (i > 0 && index <= posting->errors[i - 1].index))
            return false;
    }
    if (posting->applied != (made > 0))
        return false;
    return made == (dry_run ? 0 : transfer_count - posting->error_count);
}

enum bursar_result bursar_post(struct bursar_client *client,
                               const struct bursar_transfer *transfers, size_t transfer_count,
                               const struct bursar_write_options *options,
                               const struct bursar_posting **ret_posting)
{
    struct write write;
    write_begin(client, &write);
    write_options(&write, options);
    if (options && options->partial)
        write_bool(&write, "Partial", true);
    write_transfers(&write, transfers, transfer_count);
    enum bursar_result result =
        write_call(&write, "CreateTransfers", &posting_object, &client->arena, &client->posting);
    if (result == BURSAR_OK && !outcomes_agree(&client->posting, transfer_count, options))
        result = write_doubt(&write, answer_fail(client, "EntryIds", "and Errors do not agree"));
    if (result != BURSAR_OK)
        return result;
    client->posting.request_id = client->request_id;
    *ret_posting = &client->posting;
    return BURSAR_OK;
}
