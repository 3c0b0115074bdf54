/* An entry as the API shows it: what every entry has, and what its kind has besides by the ledger's
 * table of parts, keys in alphabetical order. Never a secret.
 *
 * Owns nothing. Thread: the historian's. */
#include "api/entry_render.h"

#include "api/balance_row.h"
#include "codec/uuid.h"
#include "ledger/entry_parts.h"

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

/* ---- who asked ---- */

/* The owner and the operator are told by whom: others only that, when and under which RequestId. */
struct request_shown {
    struct uin account, user;
    bool has_key, has_user; /* it came through the network, or else; and that may be told */
    struct slice door, request_id, secret_id, unix_name;
    int64_t received_us;
    uint64_t sequence, unix_user;
};

#define SHOWN(kind, place, name, help) SHAPE_MEMBER(kind, struct request_shown, place, name, help)
#define TOLD(kind, place, given, name, help)                                                       \
    SHAPE_GIVEN(kind, struct request_shown, place, given, name, help)
static const struct shape_member request_members[] = {
    TOLD(UIN, account, has_key, "AccountUin",
         "Who asked, through the network; for the owner, like all who asked."),
    SHOWN(TEXT, door, "Door", "`network`, `socket` or `folder`."),
    SHOWN(TIME, received_us, "ReceivedAt", "When."),
    SHOWN(COUNT, sequence, "RequestEntryId", "The request's own entry."),
    SHOWN(TEXT, request_id, "RequestId", "As it was answered."),
    TOLD(TEXT, secret_id, has_key, "SecretId", "The key that signed."),
    TOLD(TEXT, unix_name, has_user, "UnixName", "Who asked on the server's machine."),
    TOLD(COUNT, unix_user, has_user, "UnixUser", "The number of that user."),
    TOLD(UIN, user, has_key, "UserUin", "The sub-account or role that asked, or AccountUin."),
};
static const struct shape request_shape =
    SHAPE_NAMED("EntryRequest", request_members, struct request_shown);

static void render_request(struct api_pending *pending, const struct entry *request,
                           struct slice secret_id, struct buffer *out)
{
    bool is_told = pending->exchange.is_owner;
    char id[UUID_TEXT_SIZE];
    uuid_print((const unsigned char *)request->request_id.at, id);
    const struct request_shown told = {
        .has_key = is_told && request->door == DOOR_NETWORK,
        .has_user = is_told && request->door != DOOR_NETWORK,
        .account = request->account,
        .user = request->user,
        .door = slice_text(door_name((enum request_door)request->door)),
        .request_id = slice_of(id, sizeof id),
        .secret_id = secret_id,
        .unix_name = request->name,
        .received_us = request->received_us,
        .sequence = request->sequence,
        .unix_user = request->unix_user,
    };
    shape_write(&request_shape, &told, out);
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

/* ---- the entry ---- */

/* What is not a part, and not the same for all. */
enum special { PLAIN, AFTER, ALLOW_ARREARS, GRANT_ID, HOLD_ID, KIND, REQUEST, TO_AFTER };
enum { ALWAYS = 0 };

/* Which parts of an entry's kind make the key be there; what it is. */
#define PART(kind, place, name, help) SHAPE_OPTIONAL(kind, struct entry, place, name, help)
#define EVER(kind, place, name, help) SHAPE_MEMBER(kind, struct entry, place, name, help)
#define ROWS(ROW)                                                                                  \
    ROW(PART_OWNER | PART_ACCOUNT, PLAIN,                                                          \
        PART(UIN, account, "AccountUin", "Of `organisation`, of a key, of a delegation."))         \
    ROW(PART_TOUCH, AFTER,                                                                         \
        SHAPE_BY_HAND(OBJECT, true, &balance_row_shape, "After",                                   \
                      "The account after the entry, with its name of then."))                      \
    ROW(PART_TOUCH, ALLOW_ARREARS,                                                                 \
        SHAPE_BY_HAND(BOOL, true, NULL, "AllowArrears", "Of `set_arrears`."))                      \
    ROW(PART_AMOUNT, PLAIN, PART(CENTS, cash, "Amount", "What was moved, held or granted."))       \
    ROW(PART_CASH, PLAIN,                                                                          \
        PART(CENTS, cash, "CashAmount", "Of `adjust` and `opening`, instead of Amount."))          \
    ROW(PART_CURRENCY, PLAIN, PART(TEXT, text, "Currency", "Of `organisation`."))                  \
    ROW(PART_ENABLED, PLAIN, PART(BOOL, enabled, "Enabled", "Of `set_key`."))                      \
    ROW(PART_END, PLAIN, PART(END, end_us, "EndTime", "Of `grant_temporary`."))                    \
    ROW(ALWAYS, PLAIN, EVER(COUNT, sequence, "EntryId", "Its number in the journal."))             \
    ROW(PART_EVERYONE, PLAIN, PART(BOOL, enabled, "Everyone", "Of `delegate`."))                   \
    ROW(PART_EXPIRY, PLAIN, PART(END, end_us, "ExpiresAt", "Of `hold` and of a key."))             \
    ROW(PART_GIFT, PLAIN, PART(CENTS, gift, "GiftAmount", "As CashAmount."))                       \
    ROW(PART_GRANT | PART_START, GRANT_ID,                                                         \
        SHAPE_BY_HAND(COUNT, true, NULL, "GrantId", "The temporary credit it is about."))          \
    ROW(PART_TOUCH, HOLD_ID, SHAPE_BY_HAND(COUNT, true, NULL, "HoldId", "The hold it is about."))  \
    ROW(PART_INCOME, PLAIN, PART(CENTS, income, "IncomeAmount", "As CashAmount."))                 \
    ROW(ALWAYS, KIND,                                                                              \
        SHAPE_BY_HAND(TEXT, false, NULL, "Kind", "As the parameter Kinds of DescribeEntries."))    \
    ROW(PART_MEMBER_NAME, PLAIN, PART(TEXT, name, "MemberName", "Of `join` and `rename`."))        \
    ROW(PART_TOUCH, PLAIN, PART(UIN, touches[0].uin, "MemberUin", "The account it is about."))     \
    ROW(PART_NAME, PLAIN, PART(TEXT, name, "Name", "Of `organisation`."))                          \
    ROW(PART_POLICY_NAME, PLAIN, PART(TEXT, name, "PolicyName", "Of a policy."))                   \
    ROW(PART_REASON, PLAIN, PART(TEXT, text, "Reason", "As it was given."))                        \
    ROW(ALWAYS, REQUEST,                                                                           \
        SHAPE_BY_HAND(OBJECT, true, &request_shape, "Request",                                     \
                      "Who asked for it; not there when time made it."))                           \
    ROW(PART_SECRET_ID, PLAIN, PART(TEXT, secret_id, "SecretId", "Of a key."))                     \
    ROW(PART_START, PLAIN, PART(TIME, start_us, "StartTime", "Of `grant_temporary`."))             \
    ROW(ALWAYS, PLAIN, EVER(TIME, time_us, "Time", "When."))                                       \
    ROW(PART_TOUCH_2, TO_AFTER,                                                                    \
        SHAPE_BY_HAND(                                                                             \
            OBJECT, true, &balance_row_shape, "ToAfter",                                           \
            "Of `move`: the other account after it; of the two only who the caller may see."))     \
    ROW(PART_TOUCH_2, PLAIN,                                                                       \
        PART(UIN, touches[1].uin, "ToMemberUin", "Of `move`: the other account."))                 \
    ROW(PART_USER, PLAIN, PART(UIN, user, "UserUin", "Of a key and of a policy."))
#define ROW_MEMBER(parts, special, ...) __VA_ARGS__,
#define ROW_SHOWN(parts, special, ...) {parts, special},

static const struct shape_member entry_members[] = {ROWS(ROW_MEMBER)};
const struct shape entry_shape = SHAPE_NAMED("Entry", entry_members, struct entry);

static const struct shown {
    uint32_t parts;
    enum special special;
} shown[] = {ROWS(ROW_SHOWN)};

static bool is_there(const struct shown *row, const struct entry *entry, uint32_t parts,
                     const struct uin *only, const struct asked *asked)
{
    if (row->parts != ALWAYS && !(parts & row->parts))
        return false;
    if (row->special == AFTER || row->special == TO_AFTER)
        return !only || uin_equal(entry->touches[row->special == TO_AFTER].uin, *only);
    if (row->special == ALLOW_ARREARS)
        return entry->kind == ENTRY_SET_ARREARS;
    if (row->special == HOLD_ID)
        return entry->kind == ENTRY_HOLD || parts & PART_HOLD;
    return row->special != REQUEST || asked->len > 0;
}

static void render_special(struct api_pending *pending, enum special special,
                           const struct entry *entry, const struct asked *asked, struct buffer *out)
{
    if (special == AFTER || special == TO_AFTER)
        render_row(pending, entry, &entry->touches[special == TO_AFTER], out);
    else if (special == ALLOW_ARREARS)
        render_bool(out, entry->touches[0].after.flags & MEMBER_ARREARS);
    else if (special == GRANT_ID || special == HOLD_ID)
        buffer_u64(out, entry->subject > 0 ? entry->subject : entry->sequence);
    else if (special == KIND)
        json_quote(out, slice_text(entry_kind_name(entry->kind)));
    else
        buffer_append(out, slice_of(asked->text, asked->len));
}

void entry_render(struct api_pending *pending, const struct entry *entry, const struct uin *only,
                  const struct asked *asked, struct buffer *out)
{
    uint32_t parts = entry_parts_of(entry->kind);
    bool comma = false;
    if (entry->kind == ENTRY_EXPIRE)
        parts &= ~(uint32_t)PART_REASON; /* time has none */
    buffer_char(out, '{');
    for (uint32_t i = 0; i < entry_shape.member_count; i++) {
        const struct shape_member *member = &entry_members[i];
        if (!is_there(&shown[i], entry, parts, only, asked))
            continue;
        if (shown[i].special == PLAIN) {
            shape_write_member(member, entry, comma, out);
        } else {
            buffer_text(out, comma ? ",\"" : "\"");
            buffer_append(out, member->name);
            BUFFER_LITERAL(out, "\":");
            render_special(pending, shown[i].special, entry, asked, out);
        }
        comma = true;
    }
    buffer_char(out, '}');
}
