/* Keys: CreateKey, DescribeKeys, ModifyKey, bursar 2026-11-01 (design section 5).
 *
 * 1. A secret that was given is never shown again.
 * Owns nothing; memory is the call's. Thread: the worker's. */
#include "api/keys.h"
#include "api/registry_list.h"

enum {
    SECRET_KEY_BYTES_MIN = 16, /* the cloud's have 32 */
    TOKEN_BYTES_MAX = 4096,
};

/* ---- CreateKey ---- */

struct create_input {
    struct integer_value organization_id;
    struct key_holder_input holder;
    struct text_value secret_id, secret_key, token, expires_at;
    struct write_input write;
};

struct create_work {
    struct made_key made;
    unsigned char token_hash[SHA256_SIZE];
};

enum text_kind { TEXT_ID, TEXT_SECRET, TEXT_TOKEN };

static bool character_fits(char c, enum text_kind kind, bool is_inside)
{
    if (kind == TEXT_ID && (c == '/' || c == ','))
        return false;
    return (c > ' ' && c <= '~') || (c == ' ' && kind == TEXT_TOKEN && is_inside);
}

/* What a client could send in a header and in a credential scope. */
static bool check_text(struct exchange *exchange, struct slice text, struct slice name,
                       enum text_kind kind, size_t bytes_min, size_t bytes_max)
{
    bool good = text.len >= bytes_min && text.len <= bytes_max;
    for (size_t i = 0; i < text.len && good; i++)
        good = character_fits(text.at[i], kind, i > 0 && i + 1 < text.len);
    if (good)
        return true;
    exchange->complaint = (struct complaint){.error = ERROR_VALUE_KEY,
                                             .words = {name},
                                             .numbers = {(int64_t)bytes_max, (int64_t)bytes_min}};
    return false;
}

/* The pair given, or a new one. */
static bool read_pair(struct exchange *exchange, struct create_work *work, struct key *key,
                      struct slice *ret_secret)
{
    const struct create_input *input = exchange->input;
    if (!input->secret_id.given && !input->secret_key.given)
        return key_make_pair(exchange, &work->made, key, ret_secret);
    if (!input->secret_id.given)
        return exchange_refuse_word(exchange, ERROR_MISSING_PARAMETER, SLICE("SecretId"));
    if (!input->secret_key.given)
        return exchange_refuse_word(exchange, ERROR_MISSING_PARAMETER, SLICE("SecretKey"));
    key->secret_id = input->secret_id.text;
    *ret_secret = input->secret_key.text;
    return check_text(exchange, key->secret_id, SLICE("SecretId"), TEXT_ID, 1,
                      SECRET_ID_BYTES_MAX) &&
           check_text(exchange, *ret_secret, SLICE("SecretKey"), TEXT_SECRET, SECRET_KEY_BYTES_MIN,
                      SECRET_KEY_BYTES_MAX);
}

static bool read_token(struct exchange *exchange, struct create_work *work, struct key *key)
{
    const struct create_input *input = exchange->input;
    struct slice token = input->token.text;
    if (token.len == 0)
        return true;
    if (!check_text(exchange, token, SLICE("Token"), TEXT_TOKEN, 1, TOKEN_BYTES_MAX))
        return false;
    sha256(exchange->worker->crypto, token, work->token_hash);
    key->token_hash = slice_of((const char *)work->token_hash, SHA256_SIZE);
    return true;
}

static bool create_read(struct exchange *exchange, struct create_work *work, struct key *key)
{
    const struct create_input *input = exchange->input;
    struct slice secret = SLICE_NONE;
    return exchange_choose_organisation(exchange, &input->organization_id) &&
           key_read_holder(exchange, &input->holder, key) &&
           value_to_time(exchange, &input->expires_at, SLICE("ExpiresAt"), &key->expires_us) &&
           read_token(exchange, work, key) && read_pair(exchange, work, key, &secret) &&
           key_seal(exchange, &work->made, secret, key);
}

static enum preparation create_prepare(struct exchange *exchange, struct api_pending *pending)
{
    struct create_work *work = arena_take_array(exchange->arena, 1, sizeof *work);
    struct command *command = &pending->commit.command;
    pending->work = work;
    if (!work)
        (void)exchange_refuse(exchange, ERROR_INTERNAL);
    if (!work || !create_read(exchange, work, &command->key))
        return PREPARED_REFUSED;
    command->kind = COMMAND_ADD_KEY;
    command->organisation = exchange->organisation;
    command->key.enabled = true;
    command->any_account = exchange->principal.is_operator;
    return PREPARED;
}

static bool create_answer(struct exchange *exchange, struct api_pending *pending,
                          struct buffer *out)
{
    const struct create_input *input = exchange->input;
    const struct command *command = &pending->commit.command;
    struct key_view view = key_view_of(&command->key);
    char memory[SECRET_KEY_BYTES_MAX];
    bool is_made = !input->secret_id.given; /* then no secret was given either */
    view.is_withheld = is_made && pending->commit.replayed;
    bool is_shown = is_made && !command->dry_run && !view.is_withheld;
    bool good = !is_shown || key_show_secret(exchange, memory, &view);
    answer_write(exchange, &view, out);
    wipe(memory, sizeof memory);
    return good || exchange_refuse(exchange, ERROR_INTERNAL);
}

static const struct parameter create_parameters[] = {
    ORGANIZATION_PARAMETER(create_input),
    KEY_HOLDER_PARAMETERS(create_input),
    {PARAMETER(PARAMETER_TEXT, create_input, secret_id, "SecretId",
               "With SecretKey: takes over an existing pair; default a new one.")},
    {PARAMETER(PARAMETER_TEXT, create_input, secret_key, "SecretKey", "With SecretId.")},
    {PARAMETER(PARAMETER_TEXT, create_input, token, "Token",
               "Makes the key a temporary one: its calls must carry this token.")},
    {PARAMETER(PARAMETER_TEXT, create_input, expires_at, "ExpiresAt",
               "UTC, `2026-11-23 13:00:00` or RFC 3339; default never.")},
    WRITE_PARAMETERS(create_input),
};

static const struct shape_member create_outputs[] = {
    KEY_ACCOUNT_OUTPUT,
    KEY_EXPIRES_OUTPUT,
    KEY_ID_OUTPUTS,
    SHAPE_GIVEN(TEXT, struct key_view, secret_key, is_shown, "SecretKey",
                "Only of a pair made here, and only in the first answer."),
    KEY_WITHHELD_OUTPUT,
    KEY_USER_OUTPUT,
};

const struct action action_create_key = {
    .name = {"CreateKey", 9},
    .access = ACCESS_OWNER,
    .input = PARAMETERS(create_parameters, create_input),
    .outputs = SHAPE(create_outputs, struct key_view),
    .refusals = REFUSALS(ERROR_ORGANIZATION_UNKNOWN, ERROR_VALUE_UIN, ERROR_MEMBER_UNKNOWN,
                         ERROR_VALUE_TEXT, ERROR_VALUE_NAME, ERROR_VALUE_UNSUPPORTED,
                         ERROR_VALUE_TIME, ERROR_VALUE_KEY, ERROR_KEY_EXISTS, ERROR_KEY_LIMIT,
                         ERROR_ACCOUNT_KEY_LIMIT, ERROR_USER_ELSEWHERE, ERROR_POLICY_LIMIT,
                         ERROR_LIMIT, ERROR_GIVES_MORE, WRITE_REFUSALS),
    .help = "Makes a key, or takes over an existing pair.",
    .prepare = create_prepare,
    .answer_commit = create_answer,
};

/* ---- DescribeKeys ---- */

struct describe_input {
    struct integer_value organization_id, offset, limit;
};

static const struct shape_member key_members[] = {
    KEY_ACCOUNT_OUTPUT,
    KEY_MEMBER(TIME, of.created_us, "CreatedAt", "When it was made."),
    KEY_MEMBER(BOOL, of.enabled, "Enabled", "False: its calls are refused."),
    KEY_EXPIRES_OUTPUT,
    KEY_MEMBER(BOOL, is_temporary, "IsTemporary", "Whether its calls must carry a token."),
    KEY_ID_OUTPUTS,
    KEY_MEMBER(TEXT, of.session_name, "SessionName", "Of a role session."),
    KEY_USER_OUTPUT,
};
static const struct shape key_shape = SHAPE(key_members, struct key_view);

static void render_key(const struct book *book, uint32_t index, struct buffer *out)
{
    struct key_view view = key_view_of(book_key(book, index));
    shape_write(&key_shape, &view, out);
}

static bool describe_answer(struct exchange *exchange, struct buffer *out)
{
    const struct describe_input *input = exchange->input;
    struct listing listing = listing_asked(&input->offset, &input->limit);
    if (!exchange_choose_organisation(exchange, &input->organization_id))
        return false;
    registry_list_answer(exchange, REGISTRY_KEYS, &listing, render_key, out);
    return true;
}

static const struct parameter describe_parameters[] = {
    ORGANIZATION_PARAMETER(describe_input),
    LISTING_PARAMETERS(describe_input),
};

static const struct shape_member describe_outputs[] = {
    LISTING_OUTPUTS(&key_shape, "In the order they were made; never a secret." REGISTRY_PAGE_HELP,
                    "Keys of the organization."),
};

const struct action action_describe_keys = {
    .name = {"DescribeKeys", 12},
    .access = ACCESS_OWNER,
    .input = PARAMETERS(describe_parameters, describe_input),
    .outputs = SHAPE(describe_outputs, struct listing),
    .refusals = REFUSALS(ERROR_ORGANIZATION_UNKNOWN),
    .help =
        "The keys of the organization, without secrets. A key is here until ten minutes after its "
        "end; of the disabled keys of an account the 64 disabled last.",
    .answer = describe_answer,
};

/* ---- ModifyKey ---- */

struct modify_input {
    struct integer_value organization_id;
    struct text_value secret_id;
    struct boolean_value enabled;
    struct write_input write;
};

static bool modify_find(struct exchange *exchange, struct slice secret_id)
{
    const struct book *book = exchange_book_begin(exchange);
    const struct key *key = book_find_key(book, secret_id);
    bool found = key && key->organisation == exchange->organisation;
    exchange_book_end(exchange);
    return found || exchange_refuse(exchange, ERROR_KEY_UNKNOWN);
}

static enum preparation modify_prepare(struct exchange *exchange, struct api_pending *pending)
{
    const struct modify_input *input = exchange->input;
    struct command *command = &pending->commit.command;
    if (!exchange_choose_organisation(exchange, &input->organization_id) ||
        !modify_find(exchange, input->secret_id.text))
        return PREPARED_REFUSED;
    command->kind = COMMAND_SET_KEY;
    command->organisation = exchange->organisation;
    command->key.organisation = exchange->organisation;
    command->key.secret_id = input->secret_id.text;
    command->key.enabled = input->enabled.value;
    return PREPARED;
}

static const struct parameter modify_parameters[] = {
    ORGANIZATION_PARAMETER(modify_input),
    {PARAMETER(PARAMETER_TEXT, modify_input, secret_id, "SecretId", "The key's id."),
     .required = true},
    {PARAMETER(PARAMETER_BOOLEAN, modify_input, enabled, "Enabled",
               "False: calls with the key are refused as if it were unknown."),
     .required = true},
    WRITE_PARAMETERS(modify_input),
};

const struct action action_modify_key = {
    .name = {"ModifyKey", 9},
    .access = ACCESS_OWNER,
    .input = PARAMETERS(modify_parameters, modify_input),
    .refusals =
        REFUSALS(ERROR_ORGANIZATION_UNKNOWN, ERROR_KEY_UNKNOWN, ERROR_KEY_LIMIT,
                 ERROR_ACCOUNT_KEY_LIMIT, ERROR_MEMBER_UNKNOWN, ERROR_GIVES_MORE, WRITE_REFUSALS),
    .help =
        "Enables or disables a key. Only a key of an account that belongs to the organization can "
        "be enabled.",
    .prepare = modify_prepare,
    .answer_commit = answer_nothing,
};
