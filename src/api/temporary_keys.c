/* Temporary keys: CreateTemporaryKey, bursar 2026-11-01. A pair and a token, which end together.
 *
 * The journal keeps only the token's hash. The token is made from the secret key; nobody can go
 * from it to the secret.
 *
 * Owns nothing; memory is the call's. Thread: the worker's. */
#include "api/keys.h"

enum { DURATION_SECONDS_MAX = 129600, DURATION_SECONDS_DEFAULT = 1800, SECOND_US = 1000000 };

struct temporary_input {
    struct integer_value organization_id;
    struct key_holder_input holder;
    struct integer_value duration_seconds;
    struct write_input write;
};

struct temporary_work {
    struct made_key made;
    unsigned char token_hash[SHA256_SIZE];
};

enum { TOKEN_BYTES = 2 * SHA256_SIZE };

/* In hex: the keyed hash of the key's id. */
static struct slice make_token(struct exchange *exchange, struct slice secret_id,
                               struct slice secret, char memory[TOKEN_BYTES])
{
    static const char purpose[] = "bursar token of ";
    char text[sizeof purpose + 4 + MADE_BYTES];
    unsigned char mac[HMAC_SIZE_MAX];
    struct buffer message, token;
    buffer_init_fixed(&message, text, sizeof text);
    buffer_text(&message, purpose);
    buffer_append(&message, secret_id);
    size_t len =
        hmac_once(exchange->worker->crypto, DIGEST_SHA256, secret, buffer_slice(&message), mac);
    buffer_init_fixed(&token, memory, TOKEN_BYTES);
    buffer_hex(&token, mac, len);
    return buffer_slice(&token);
}

static bool make_key(struct exchange *exchange, struct temporary_work *work, struct key *key)
{
    char memory[TOKEN_BYTES];
    struct slice secret = SLICE_NONE;
    if (!key_make_pair(exchange, &work->made, key, &secret))
        return false;
    struct slice token = make_token(exchange, key->secret_id, secret, memory);
    sha256(exchange->worker->crypto, token, work->token_hash);
    key->token_hash = slice_of((const char *)work->token_hash, SHA256_SIZE);
    wipe(memory, sizeof memory);
    return key_seal(exchange, &work->made, secret, key);
}

static enum preparation temporary_prepare(struct exchange *exchange, struct api_pending *pending)
{
    const struct temporary_input *input = exchange->input;
    struct temporary_work *work = arena_take_array(exchange->arena, 1, sizeof *work);
    struct command *command = &pending->commit.command;
    struct key *key = &command->key;
    int64_t seconds =
        input->duration_seconds.given ? input->duration_seconds.value : DURATION_SECONDS_DEFAULT;
    if (!work)
        (void)exchange_refuse(exchange, ERROR_INTERNAL);
    if (!work || !exchange_choose_organisation(exchange, &input->organization_id) ||
        !key_read_holder(exchange, &input->holder, key))
        return PREPARED_REFUSED;
    key->expires_us = (exchange->now_us / SECOND_US + seconds) * SECOND_US;
    if (!make_key(exchange, work, key))
        return PREPARED_REFUSED;
    key->enabled = true;
    command->kind = COMMAND_ADD_KEY;
    command->organisation = exchange->organisation;
    command->any_account = exchange->principal.is_operator;
    return PREPARED;
}

static bool render_token(struct exchange *exchange, const struct key *key, struct buffer *out)
{
    char secret_memory[SECRET_KEY_BYTES_MAX], token_memory[TOKEN_BYTES];
    struct buffer secret;
    buffer_init_fixed(&secret, secret_memory, sizeof secret_memory);
    bool opened = key_open_secret(exchange, key, &secret);
    BUFFER_LITERAL(out, ",\"Token\":");
    json_quote(out, make_token(exchange, key->secret_id, buffer_slice(&secret), token_memory));
    wipe(secret_memory, sizeof secret_memory);
    wipe(token_memory, sizeof token_memory);
    return opened;
}

static bool temporary_answer(struct exchange *exchange, struct api_pending *pending,
                             struct buffer *out)
{
    const struct command *command = &pending->commit.command;
    const struct key *key = &command->key;
    BUFFER_LITERAL(out, "\"AccountUin\":");
    render_uin(out, key->account);
    BUFFER_LITERAL(out, ",\"ExpiredTime\":");
    buffer_i64(out, key->expires_us / SECOND_US);
    key_render_principal(key, out);
    bool is_shown = !command->dry_run && !pending->commit.replayed;
    if (is_shown && !key_render_secret(exchange, key, out))
        return exchange_refuse(exchange, ERROR_INTERNAL);
    key_render_withheld(pending->commit.replayed, out);
    if (is_shown && !render_token(exchange, key, out))
        return exchange_refuse(exchange, ERROR_INTERNAL);
    BUFFER_LITERAL(out, ",\"UserUin\":");
    render_uin(out, key->user);
    return true;
}

static const struct parameter temporary_parameters[] = {
    ORGANIZATION_PARAMETER(temporary_input),
    KEY_HOLDER_PARAMETERS(temporary_input),
    {PARAMETER(PARAMETER_INTEGER, temporary_input, duration_seconds, "DurationSeconds",
               "How long it is good for; default 1800."),
     .minimum = 1, .maximum = DURATION_SECONDS_MAX},
    WRITE_PARAMETERS(temporary_input),
};

static const struct output temporary_outputs[] = {
    {"AccountUin", "string", "The main account."},
    {"ExpiredTime", "int64", "When it ends, in Unix seconds."},
    {"Principal", "string", "`main`, `sub` or `role`."},
    {"SecretId", "string", "The key's id."},
    {"SecretKey", "string", "Not with DryRun; only in the first answer."},
    SECRET_WITHHELD_OUTPUT,
    {"Token", "string",
     "Not with DryRun, only in the first answer; calls must carry it, as `X-TC-Token` or with "
     "signature v1 as `Token`."},
    {"UserUin", "string", "The account it speaks for."},
    {NULL, NULL, NULL},
};

const struct action action_create_temporary_key = {
    .name = {"CreateTemporaryKey", 18},
    .access = ACCESS_OWNER,
    .input = PARAMETERS(temporary_parameters, temporary_input),
    .outputs = temporary_outputs,
    .refusals = REFUSALS(ERROR_ORGANIZATION_UNKNOWN, ERROR_VALUE_UIN, ERROR_MEMBER_UNKNOWN,
                         ERROR_VALUE_TEXT, ERROR_VALUE_NAME, ERROR_VALUE_UNSUPPORTED,
                         ERROR_ACCOUNT_KEY_LIMIT, ERROR_USER_ELSEWHERE, ERROR_POLICY_LIMIT,
                         ERROR_LIMIT, WRITE_REFUSALS),
    .help = "Makes a temporary key: a pair and a token that end together.",
    .prepare = temporary_prepare,
    .answer_commit = temporary_answer,
};
