/* See script.h. */
#include "script.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static void sleep_not(int64_t for_us)
{
    (void)for_us;
}

static void keep(struct script *script, unsigned at, struct slice request)
{
    static const char field[] = "X-TC-Action: ";
    struct slice body = request_body(request);
    const char *action = memmem(request.at, request.len, field, sizeof field - 1);
    (void)snprintf(script->bodies[at], SCRIPT_BODY_SIZE, "%.*s", SLICE_ARGS(body));
    if (action)
        (void)sscanf(action + sizeof field - 1, "%63[A-Za-z]", script->actions[at]);
}

static void play(void *context, struct slice request, struct buffer *out)
{
    struct script *script = context;
    unsigned at = 0;
    pthread_mutex_lock(&script->lock);
    while (at < script->served && script->answers[at + 1])
        at++;
    if (script->served < SCRIPT_ANSWERS_MAX)
        keep(script, script->served, request);
    script->served++;
    struct slice answer = slice_text(script->answers[at]);
    pthread_mutex_unlock(&script->lock);
    if (slice_starts_with(answer, SLICE("HTTP/")) || answer.len == 0)
        buffer_append(out, answer);
    else
        server_write_ok(out, answer);
}

void script_start(struct script *script, struct bursar_options options)
{
    char message[200] = "";
    pthread_mutex_init(&script->lock, NULL);
    server_start(&script->server, NULL, play, script);
    options.endpoint = script->server.endpoint;
    options.secret_id = "id";
    options.secret_key = "key";
    if (bursar_client_new(&options, message, sizeof message, &script->client) != BURSAR_OK)
        fail_msg("%s", message);
    script->client->sleep_us = sleep_not;
}

void script_restart(struct script *script, const char *const *answers)
{
    unsigned count = 0;
    pthread_mutex_lock(&script->lock);
    for (; answers[count] && count < SCRIPT_ANSWERS_MAX; count++)
        script->answers[count] = answers[count];
    script->answers[count] = NULL;
    script->served = 0;
    pthread_mutex_unlock(&script->lock);
}

void script_settle(struct script *script)
{
    pthread_mutex_lock(&script->lock);
    pthread_mutex_unlock(&script->lock);
}

void script_stop(struct script *script)
{
    bursar_client_free(script->client);
    server_stop(&script->server);
    pthread_mutex_destroy(&script->lock);
}

void body_text(const char *body, const char *name, char *ret_text, size_t size)
{
    char key[80];
    (void)snprintf(key, sizeof key, "\"%s\":\"", name);
    const char *at = strstr(body, key);
    if (!at)
        fail_msg("no %s in %s", name, body);
    at += strlen(key);
    (void)snprintf(ret_text, size, "%.*s", (int)strcspn(at, "\""), at);
}
