/* Requests that change something: who asks, and what a request is known by when it comes again.
 *
 * A write with a token is carried out once, and answered the same for ever. One without is known by
 * its signature: who sends the same signed bytes again, a client or somebody on the way, is
 * refused.
 *
 * The token and what was asked become two digests, which the request's entry keeps. When the token
 * was used, the committer fills the command in from the entries that the first request made
 * (journal/committer.h), and it is answered as if it had just been carried out.
 *
 * 1. The bytes that are hashed never change: their digests are in journals.
 * Owns nothing; memory is the call's. Thread: the worker's. */
#include "api/action.h"
#include "base/check.h"
#include "base/client_token.h"
#include "codec/uuid.h"

static const void *input_find(const struct exchange *exchange, struct slice name)
{
    const struct parameter *parameter = parameters_find(&exchange->action->input, name);
    return (const char *)exchange->input + parameter->offset;
}

static void digest(struct crypto *crypto, const struct slice *parts, size_t count,
                   unsigned char ret_digest[DIGEST_BYTES])
{
    unsigned char hash[SHA256_SIZE];
    sha256_parts(crypto, parts, count, hash);
    memcpy(ret_digest, hash, DIGEST_BYTES);
}

/* Tokens of different organisations are different tokens. */
bool exchange_digest_token(struct exchange *exchange, uint32_t organisation, struct slice token,
                           unsigned char ret_digest[DIGEST_BYTES])
{
    char digits[U64_DIGITS_MAX];
    size_t len = u64_print(organisation, digits);
    if (!client_token_is_valid(token))
        return exchange_refuse(exchange, ERROR_VALUE_CLIENT_TOKEN);
    const struct slice parts[] = {
        slice_of("bursar token", sizeof "bursar token"), /* with the zero byte */
        slice_of(digits, len), slice_of("", 1), token};
    digest(exchange->worker->crypto, parts, sizeof parts / sizeof parts[0], ret_digest);
    return true;
}

static bool digest_body(struct exchange *exchange, unsigned char ret_digest[DIGEST_BYTES])
{
    struct buffer *canonical = &exchange->worker->scratch;
    buffer_clear(canonical);
    parameters_canonical(&exchange->action->input, exchange->input, SLICE("ClientToken"),
                         canonical);
    if (!buffer_ok(canonical))
        return exchange_refuse_lack(exchange, canonical->lack);
    const struct slice parts[] = {exchange->action->name, slice_of("", 1), buffer_slice(canonical)};
    digest(exchange->worker->crypto, parts, sizeof parts / sizeof parts[0], ret_digest);
    return true;
}

/* As it was compared: v1 takes lines around it. */
static void digest_signature(struct exchange *exchange, struct request *request)
{
    const struct envelope *envelope = &exchange->envelope;
    bool is_v1 = envelope->form == ENVELOPE_V1;
    const struct slice parts[] = {
        slice_of("bursar signature", sizeof "bursar signature"), /* with the zero byte */
        is_v1 ? slice_trim_lines(envelope->signature) : exchange->authorization.signature};
    request->mark = MARK_SIGNATURE;
    digest(exchange->worker->crypto, parts, sizeof parts / sizeof parts[0], request->token);
}

static void name_operator(const struct api_local *local, struct request *request)
{
    const struct user *user = local->user;
    struct slice name = slice_of(user->name, user->name_len);
    request->door = (uint8_t)local->door;
    request->unix_user = user->id;
    request->unix_name = name_is_valid(name) ? name : SLICE_NONE;
}

static void name_asker(const struct exchange *exchange, struct request *request)
{
    const struct principal *principal = &exchange->principal;
    request->received_us = exchange->now_us;
    CHECK(uuid_parse(exchange_request_id(exchange), request->id));
    if (principal->is_operator) {
        name_operator(&exchange->local, request);
        return;
    }
    request->door = DOOR_NETWORK;
    request->principal = principal->kind;
    request->account = principal->account;
    request->user = principal->user;
    request->key = principal->key_made;
}

bool exchange_make_request(struct exchange *exchange, struct command *command)
{
    const struct text_value *token = input_find(exchange, SLICE("ClientToken"));
    const struct boolean_value *dry_run = input_find(exchange, SLICE("DryRun"));
    command->dry_run = command->dry_run || dry_run->value;
    command->arena = exchange->arena;
    name_asker(exchange, &command->request);
    if (!token->given && !exchange->principal.is_operator)
        digest_signature(exchange, &command->request);
    if (!token->given)
        return true;
    bool has_none = command->kind == COMMAND_CREATE_ORGANISATION;
    command->request.mark = MARK_TOKEN;
    return exchange_digest_token(exchange, has_none ? 0 : command->organisation, token->text,
                                 command->request.token) &&
           digest_body(exchange, command->request.body);
}
