/* Calls of bursar 2026-11-01: their parameters and, if they change something, their token and an
 * outcome that is never guessed.
 *
 * Owns: client->parameters, and client->client_token, which stays until the next write. Invariants:
 * 1. A write that changes something carries a token; a dry run none.
 * 2. An answer that says "done" but cannot be read leaves the outcome unknown.
 *
 * The client's thread. */
#include "client/write.h"

#include "base/uin.h"
#include "codec/decimal.h"
#include "codec/timestamp.h"

#include <stdarg.h>
#include <stdio.h>

/* A UUID of version 4. */
static bool token_make(struct bursar_client *client)
{
    static const char hex_digits[] = "0123456789abcdef";
    unsigned char bytes[16];
    struct fault fault;
    char *at = client->client_token;
    if (!status_ok(client->sys->entropy(client->sys->context, bytes, sizeof bytes, &fault)))
        return false;
    bytes[6] = (unsigned char)((bytes[6] & 0x0f) | 0x40);
    bytes[8] = (unsigned char)((bytes[8] & 0x3f) | 0x80);
    for (size_t i = 0; i < sizeof bytes; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *at++ = '-';
        *at++ = hex_digits[bytes[i] >> 4];
        *at++ = hex_digits[bytes[i] & 15];
    }
    *at = '\0';
    return true;
}

void write_fail(struct write *write, const char *format, ...)
{
    char text[MESSAGE_SIZE];
    va_list arguments;
    if (write->result != BURSAR_OK)
        return;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (write->item > 0)
        write->result = client_fail(write->client, BURSAR_USAGE, "item %zu, counted from 0: %s",
                                    write->item - 1, text);
    else
        write->result = client_fail(write->client, BURSAR_USAGE, "%s", text);
}

void write_begin(struct bursar_client *client, struct write *ret_write)
{
    *ret_write = (struct write){.client = client, .result = BURSAR_OK};
    buffer_clear(&client->parameters);
    json_writer_init(&ret_write->json, &client->parameters);
    json_open_object(&ret_write->json);
    if (client->organization_id > 0)
        write_id(ret_write, "OrganizationId", (int64_t)client->organization_id);
}

void write_resume(struct bursar_client *client, struct slice parameters, struct write *ret_write)
{
    *ret_write = (struct write){.client = client, .result = BURSAR_OK};
    buffer_clear(&client->parameters);
    buffer_append(&client->parameters, parameters);
    json_writer_init(&ret_write->json, &client->parameters);
    ret_write->json.comma = true;
}

/* `given` may be what bursar_client_token answered. */
static void settle_token(struct write *write, const char *given)
{
    struct bursar_client *client = write->client;
    if (given && client_token_is_valid(slice_text(given))) {
        memmove(client->client_token, given, strlen(given) + 1);
        return;
    }
    client->client_token[0] = '\0';
    if (given)
        write_fail(write, "a client token has " CLIENT_TOKEN_RULE, CLIENT_TOKEN_BYTES_MAX);
    else if (!token_make(client))
        write->result = client_fail(client, BURSAR_MEMORY, "the system gives no random bytes");
}

void write_options(struct write *write, const struct bursar_write_options *options)
{
    if (options && options->dry_run) {
        write->client->client_token[0] = '\0';
        write_bool(write, "DryRun", true);
        return;
    }
    settle_token(write, options ? options->client_token : NULL);
    write_text(write, "ClientToken", write->client->client_token);
    write->has_token = true;
}

void write_item(struct write *write, const char *name, const char *text)
{
    if (text && slice_is_utf8(slice_text(text)))
        json_write_string(&write->json, slice_text(text));
    else
        write_fail(write, "%s is not UTF-8", name);
}

void write_text(struct write *write, const char *name, const char *text)
{
    if (!text)
        return;
    json_write_key(&write->json, slice_text(name));
    write_item(write, name, text);
}

void write_uin(struct write *write, const char *name, const char *text)
{
    struct uin uin;
    if (!text || !uin_parse(slice_text(text), &uin))
        write_fail(write, "%s is not a number of 1 to 20 digits", name);
    else
        write_text(write, name, text);
}

void write_bool(struct write *write, const char *name, bool value)
{
    json_write_key(&write->json, slice_text(name));
    json_write_bool(&write->json, value);
}

void write_id(struct write *write, const char *name, int64_t id)
{
    json_write_key(&write->json, slice_text(name));
    json_write_i64(&write->json, id);
}

void write_moment(struct write *write, const char *name, int64_t time_us)
{
    static const int64_t us_max = INT64_C(253402300799) * 1000000; /* the end of the year 9999 */
    char memory[40];
    struct buffer text;
    if (time_us < 0 || time_us > us_max) {
        write_fail(write, "%s is outside the years 1970 to 9999", name);
        return;
    }
    buffer_init_fixed(&text, memory, sizeof memory);
    timestamp_print_rfc3339(&text, time_us);
    json_write_key(&write->json, slice_text(name));
    json_write_string(&write->json, buffer_slice(&text));
}

void write_time(struct write *write, const char *name, int64_t time_us)
{
    if (time_us != 0)
        write_moment(write, name, time_us);
}

void write_amount(struct write *write, const char *name, int64_t micros)
{
    char memory[32];
    struct buffer digits;
    buffer_init_fixed(&digits, memory, sizeof memory);
    decimal_print_cents(&digits, (struct amount){micros});
    json_write_key(&write->json, slice_text(name));
    json_write_raw(&write->json, buffer_slice(&digits));
}

static enum bursar_result write_end(struct write *write)
{
    struct bursar_client *client = write->client;
    json_close_object(&write->json);
    buffer_char(&client->parameters, '\0');
    if (write->result == BURSAR_OK && !buffer_ok(&client->parameters))
        write->result =
            client_fail(client, BURSAR_MEMORY, "the request does not fit in memory, or in %d MiB",
                        REQUEST_BYTES_MAX >> 20);
    return write->result;
}

enum bursar_result write_send(struct write *write, const char *action, struct slice *ret_response)
{
    enum bursar_result result = write_end(write);
    if (result != BURSAR_OK)
        return result;
    return client_call(write->client, "bursar", "2026-11-01", action, write->client->parameters.at,
                       ret_response);
}

enum bursar_result write_call(struct write *write, const char *action, const struct shape *object,
                              struct arena *arena, void *ret_answer)
{
    struct slice response = SLICE_NONE;
    enum bursar_result result = write_send(write, action, &response);
    if (result != BURSAR_OK)
        return result;
    result = answer_read(write->client, arena, response, object, ret_answer);
    return result == BURSAR_OK ? BURSAR_OK : write_doubt(write, result);
}

enum bursar_result write_doubt(const struct write *write, enum bursar_result result)
{
    return write->has_token ? client_doubt(write->client) : result;
}

const char *bursar_client_token(const struct bursar_client *client)
{
    return client->client_token;
}
