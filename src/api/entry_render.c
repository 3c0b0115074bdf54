/* An entry as the API shows it: what every entry has, and what its kind has besides, keys in
 * alphabetical order. Never a secret.
 *
 * Owns nothing. Thread: the historian's. */
#include "api/entry_render.h"

#include "api/balance_row.h"
#include "codec/uuid.h"

/* What an entry of the kind has, besides EntryId, Kind and Time. */
enum part {
    HAS_AMOUNT = 1 << 0,
    HAS_AMOUNTS = 1 << 1, /* of each account */
    HAS_REASON = 1 << 2,
    IS_HOLD = 1 << 3,
    OF_HOLD = 1 << 4,
    IS_GRANT = 1 << 5,
    OF_GRANT = 1 << 6,
    HAS_MEMBER_NAME = 1 << 7,
    HAS_ARREARS = 1 << 8,
    HAS_NAME = 1 << 9, /* and currency, owner */
    HAS_KEY = 1 << 10,
    HAS_ENABLED = 1 << 11,
    HAS_POLICY = 1 << 12,
    HAS_EVERYONE = 1 << 13,
    HAS_ACCOUNT = 1 << 14,
    HAS_USER = 1 << 15,
    HAS_EXPIRY = 1 << 16,
};

static unsigned parts_of(enum entry_kind kind)
{
    static const unsigned parts[] = {
        [ENTRY_TOP_UP] = HAS_AMOUNT | HAS_REASON,
        [ENTRY_WITHDRAW] = HAS_AMOUNT | HAS_REASON,
        [ENTRY_CHARGE] = HAS_AMOUNT | HAS_REASON,
        [ENTRY_REFUND] = HAS_AMOUNT | HAS_REASON,
        [ENTRY_GRANT_GIFT] = HAS_AMOUNT | HAS_REASON,
        [ENTRY_MOVE] = HAS_AMOUNT | HAS_REASON,
        [ENTRY_HOLD] = HAS_AMOUNT | HAS_REASON | IS_HOLD | HAS_EXPIRY,
        [ENTRY_CAPTURE] = HAS_AMOUNT | HAS_REASON | OF_HOLD,
        [ENTRY_RELEASE] = HAS_AMOUNT | HAS_REASON | OF_HOLD,
        [ENTRY_EXPIRE] = HAS_AMOUNT | OF_HOLD,
        [ENTRY_ADJUST] = HAS_AMOUNTS | HAS_REASON,
        [ENTRY_OPENING] = HAS_AMOUNTS | HAS_REASON,
        [ENTRY_JOIN] = HAS_MEMBER_NAME,
        [ENTRY_LEAVE] = HAS_REASON,
        [ENTRY_RENAME] = HAS_MEMBER_NAME,
        [ENTRY_SET_CREDIT] = HAS_REASON,
        [ENTRY_GRANT_TEMPORARY] = HAS_AMOUNT | HAS_REASON | IS_GRANT,
        [ENTRY_REVOKE_TEMPORARY] = OF_GRANT | HAS_REASON,
        [ENTRY_SET_ARREARS] = HAS_ARREARS | HAS_REASON,
        [ENTRY_START_TEMPORARY] = OF_GRANT,
        [ENTRY_END_TEMPORARY] = OF_GRANT,
        [ENTRY_ORGANISATION] = HAS_NAME | HAS_ACCOUNT,
        [ENTRY_ADD_KEY] = HAS_KEY | HAS_ACCOUNT | HAS_USER | HAS_EXPIRY,
        [ENTRY_SET_KEY] = HAS_KEY | HAS_ENABLED,
        [ENTRY_ISSUE_TOKEN] = HAS_KEY | HAS_ACCOUNT | HAS_USER | HAS_EXPIRY,
        [ENTRY_PUT_POLICY] = HAS_POLICY | HAS_USER,
        [ENTRY_REMOVE_POLICY] = HAS_POLICY | HAS_USER,
        [ENTRY_DELEGATE] = HAS_ACCOUNT | HAS_EVERYONE,
        [ENTRY_REMOVE_DELEGATE] = HAS_ACCOUNT,
    };
    return (size_t)kind < sizeof parts / sizeof parts[0] ? parts[kind] : 0;
}

/* The nine fields of an account after the entry, with its name of then. */
static void render_row(struct api_pending *pending, const struct entry *entry,
                       const struct touch *touch, struct buffer *out)
{
    const struct book *book = pending_book_begin(pending);
    const struct member *member = book_find_member(book, entry->organisation, touch->uin);
    struct slice name = member ? book_name_at(book, member, entry->sequence) : SLICE("");
    balance_row_render(&touch->after, touch->uin, name, out);
    pending_book_end(pending);
}

static void render_number(struct buffer *out, const char *key, uint64_t number)
{
    buffer_text(out, key);
    buffer_u64(out, number);
}

static void render_text(struct buffer *out, const char *key, struct slice text)
{
    buffer_text(out, key);
    json_quote(out, text);
}

/* ---- who asked ---- */

/* The owner and the operator are told by whom: others only that, when and under which RequestId. */
static void render_request(struct api_pending *pending, const struct entry *request,
                           struct slice secret_id, struct buffer *out)
{
    bool is_network = request->door == DOOR_NETWORK;
    bool is_told = pending->exchange.is_owner;
    char id[UUID_TEXT_SIZE];
    BUFFER_LITERAL(out, ",\"Request\":{");
    if (is_told && is_network) {
        BUFFER_LITERAL(out, "\"AccountUin\":");
        render_uin(out, request->account);
        buffer_char(out, ',');
    }
    BUFFER_LITERAL(out, "\"Door\":\"");
    buffer_text(out, door_name((enum request_door)request->door));
    BUFFER_LITERAL(out, "\",\"ReceivedAt\":");
    render_time(out, request->received_us);
    uuid_print((const unsigned char *)request->request_id.at, id);
    render_number(out, ",\"RequestEntryId\":", request->sequence);
    render_text(out, ",\"RequestId\":", slice_of(id, sizeof id));
    if (is_told && is_network) {
        render_text(out, ",\"SecretId\":", secret_id);
        BUFFER_LITERAL(out, ",\"UserUin\":");
        render_uin(out, request->user);
    } else if (is_told) {
        render_text(out, ",\"UnixName\":", request->name);
        render_number(out, ",\"UnixUser\":", request->unix_user);
    }
    buffer_char(out, '}');
}

/* The key's entry has its id: the key itself may be gone. */
static struct status find_secret_id(struct history *history, const struct entry *request,
                                    struct fault *fault, char memory[SECRET_ID_BYTES_MAX],
                                    struct slice *ret_secret_id)
{
    struct entry key;
    TRY(history_entry(history, request->subject, fault, &key));
    if (key.secret_id.len > SECRET_ID_BYTES_MAX)
        return fault_raise(fault, STATUS_CORRUPT, "entry %llu names no key",
                           (unsigned long long)request->sequence);
    memcpy(memory, key.secret_id.at, key.secret_id.len);
    *ret_secret_id = slice_of(memory, key.secret_id.len);
    return STATUS_DONE;
}

struct status asked_find(struct api_pending *pending, struct history *history, uint64_t sequence,
                         struct fault *fault, struct asked *asked)
{
    char memory[SECRET_ID_BYTES_MAX];
    struct slice secret_id = SLICE_NONE;
    struct entry request;
    struct buffer out;
    bool found = false;
    *asked = (struct asked){.first = sequence, .last = sequence};
    TRY(history_request_of(history, sequence, fault, &found, &request));
    if (!found)
        return STATUS_DONE;
    uint64_t number = request.sequence;
    if (request.door == DOOR_NETWORK) {
        TRY(find_secret_id(history, &request, fault, memory, &secret_id));
        TRY(history_entry(history, number, fault, &request)); /* its slices are back */
    }
    buffer_init_fixed(&out, asked->text, sizeof asked->text);
    render_request(pending, &request, secret_id, &out);
    asked->first = number - request.made;
    asked->last = number - 1;
    asked->len = buffer_ok(&out) ? out.len : 0;
    return STATUS_DONE;
}

static bool is_shown(const struct entry *entry, uint32_t touch, const struct uin *only)
{
    return touch < entry->touch_count && (!only || uin_equal(entry->touches[touch].uin, *only));
}

/* AccountUin to Currency; the object has begun, and nothing is in it. */
static void render_front(struct api_pending *pending, const struct entry *entry, unsigned parts,
                         const struct uin *only, struct buffer *out)
{
    if (parts & HAS_ACCOUNT) {
        BUFFER_LITERAL(out, "\"AccountUin\":");
        render_uin(out, entry->account);
        buffer_char(out, ',');
    }
    if (is_shown(entry, 0, only)) {
        BUFFER_LITERAL(out, "\"After\":");
        render_row(pending, entry, &entry->touches[0], out);
        buffer_char(out, ',');
    }
    if (parts & HAS_ARREARS) {
        BUFFER_LITERAL(out, "\"AllowArrears\":");
        render_bool(out, entry->touches[0].after.flags & MEMBER_ARREARS);
        buffer_char(out, ',');
    }
    if (parts & (HAS_AMOUNT | HAS_AMOUNTS)) {
        buffer_text(out, parts & HAS_AMOUNT ? "\"Amount\":" : "\"CashAmount\":");
        decimal_print_cents(out, entry->cash);
        buffer_char(out, ',');
    }
    if (parts & HAS_NAME)
        render_text(out, "\"Currency\":", entry->text);
    if (parts & HAS_NAME)
        buffer_char(out, ',');
}

/* Enabled to Kind: every one of these ends with EntryId and Kind, so commas are simple. */
static void render_middle(const struct entry *entry, unsigned parts, struct buffer *out)
{
    if (parts & HAS_ENABLED) {
        BUFFER_LITERAL(out, "\"Enabled\":");
        render_bool(out, entry->enabled);
        buffer_char(out, ',');
    }
    if (parts & IS_GRANT) {
        BUFFER_LITERAL(out, "\"EndTime\":");
        render_end_time(out, entry->end_us);
        buffer_char(out, ',');
    }
    render_number(out, "\"EntryId\":", entry->sequence);
    if (parts & HAS_EVERYONE) {
        BUFFER_LITERAL(out, ",\"Everyone\":");
        render_bool(out, entry->enabled);
    }
    if (parts & HAS_EXPIRY) {
        BUFFER_LITERAL(out, ",\"ExpiresAt\":");
        render_end_time(out, entry->end_us);
    }
    if (parts & HAS_AMOUNTS)
        RENDER_CENTS(out, ",\"GiftAmount\":", entry->gift);
    if (parts & (IS_GRANT | OF_GRANT))
        render_number(out, ",\"GrantId\":", parts & IS_GRANT ? entry->sequence : entry->subject);
    if (parts & (IS_HOLD | OF_HOLD))
        render_number(out, ",\"HoldId\":", parts & IS_HOLD ? entry->sequence : entry->subject);
    if (parts & HAS_AMOUNTS)
        RENDER_CENTS(out, ",\"IncomeAmount\":", entry->income);
    BUFFER_LITERAL(out, ",\"Kind\":\"");
    buffer_text(out, entry_kind_name(entry->kind));
    buffer_char(out, '"');
}

/* MemberName to UserUin. */
static void render_back(struct api_pending *pending, const struct entry *entry, unsigned parts,
                        const struct uin *only, const struct asked *asked, struct buffer *out)
{
    if (parts & HAS_MEMBER_NAME)
        render_text(out, ",\"MemberName\":", entry->name);
    if (entry->touch_count > 0) {
        BUFFER_LITERAL(out, ",\"MemberUin\":");
        render_uin(out, entry->touches[0].uin);
    }
    if (parts & HAS_NAME)
        render_text(out, ",\"Name\":", entry->name);
    if (parts & HAS_POLICY)
        render_text(out, ",\"PolicyName\":", entry->name);
    if (parts & HAS_REASON)
        render_text(out, ",\"Reason\":", entry->text);
    buffer_append(out, slice_of(asked->text, asked->len));
    if (parts & HAS_KEY)
        render_text(out, ",\"SecretId\":", entry->secret_id);
    if (parts & IS_GRANT) {
        BUFFER_LITERAL(out, ",\"StartTime\":");
        render_time(out, entry->start_us);
    }
    BUFFER_LITERAL(out, ",\"Time\":");
    render_time(out, entry->time_us);
    if (is_shown(entry, 1, only)) {
        BUFFER_LITERAL(out, ",\"ToAfter\":");
        render_row(pending, entry, &entry->touches[1], out);
    }
    if (entry->touch_count > 1) {
        BUFFER_LITERAL(out, ",\"ToMemberUin\":");
        render_uin(out, entry->touches[1].uin);
    }
    if (parts & HAS_USER) {
        BUFFER_LITERAL(out, ",\"UserUin\":");
        render_uin(out, entry->user);
    }
}

void entry_render(struct api_pending *pending, const struct entry *entry, const struct uin *only,
                  const struct asked *asked, struct buffer *out)
{
    unsigned parts = parts_of(entry->kind);
    buffer_char(out, '{');
    render_front(pending, entry, parts, only, out);
    render_middle(entry, parts, out);
    render_back(pending, entry, parts, only, asked, out);
    buffer_char(out, '}');
}

/* ---- declaration ---- */

#define PART(kind, name, help) SHAPE_BY_HAND(kind, true, NULL, name, help)
static const struct shape_member request_members[] = {
    PART(UIN, "AccountUin", "Who asked, through the network; for the owner, like all who asked."),
    SHAPE_BY_HAND(TEXT, false, NULL, "Door", "`network`, `socket` or `folder`."),
    SHAPE_BY_HAND(TIME, false, NULL, "ReceivedAt", "When."),
    SHAPE_BY_HAND(COUNT, false, NULL, "RequestEntryId", "The request's own entry."),
    SHAPE_BY_HAND(TEXT, false, NULL, "RequestId", "As it was answered."),
    PART(TEXT, "SecretId", "The key that signed."),
    PART(TEXT, "UnixName", "Who asked on the server's machine."),
    PART(COUNT, "UnixUser", "The number of that user."),
    PART(UIN, "UserUin", "The sub-account or role that asked, or AccountUin."),
};
static const struct shape request_shape =
    SHAPE_NAMED("EntryRequest", request_members, struct entry);

static const struct shape_member entry_members[] = {
    PART(UIN, "AccountUin", "Of `organisation`, of a key, of a delegation."),
    SHAPE_BY_HAND(OBJECT, true, &balance_row_shape, "After",
                  "The account after the entry, with its name of then."),
    PART(BOOL, "AllowArrears", "Of `set_arrears`."),
    PART(CENTS, "Amount", "What was moved, held or granted."),
    PART(CENTS, "CashAmount", "Of `adjust` and `opening`, instead of Amount."),
    PART(TEXT, "Currency", "Of `organisation`."),
    PART(BOOL, "Enabled", "Of `set_key`."),
    PART(END, "EndTime", "Of `grant_temporary`."),
    SHAPE_BY_HAND(COUNT, false, NULL, "EntryId", "Its number in the journal."),
    PART(BOOL, "Everyone", "Of `delegate`."),
    PART(END, "ExpiresAt", "Of `hold` and of a key."),
    PART(CENTS, "GiftAmount", "As CashAmount."),
    PART(COUNT, "GrantId", "The temporary credit it is about."),
    PART(COUNT, "HoldId", "The hold it is about."),
    PART(CENTS, "IncomeAmount", "As CashAmount."),
    SHAPE_BY_HAND(TEXT, false, NULL, "Kind", "As the parameter Kinds of DescribeEntries."),
    PART(TEXT, "MemberName", "Of `join` and `rename`."),
    PART(UIN, "MemberUin", "The account it is about."),
    PART(TEXT, "Name", "Of `organisation`."),
    PART(TEXT, "PolicyName", "Of a policy."),
    PART(TEXT, "Reason", "As it was given."),
    SHAPE_BY_HAND(OBJECT, true, &request_shape, "Request",
                  "Who asked for it; not there when time made it."),
    PART(TEXT, "SecretId", "Of a key."),
    PART(TIME, "StartTime", "Of `grant_temporary`."),
    SHAPE_BY_HAND(TIME, false, NULL, "Time", "When."),
    SHAPE_BY_HAND(OBJECT, true, &balance_row_shape, "ToAfter",
                  "Of `move`: the other account after it; of the two only who the caller may see."),
    PART(UIN, "ToMemberUin", "Of `move`: the other account."),
    PART(UIN, "UserUin", "Of a key and of a policy."),
};
const struct shape entry_shape = SHAPE_NAMED("Entry", entry_members, struct entry);
