/* Calls against a scripted server: answers, refusals, and everything a network can do instead. */
#include "client/client.h"

#include "server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

/* The answers to give, one a request; the last one again and again. */
struct script {
    const char *answers[8];
    unsigned count;
    unsigned served;
    char last_request[4096];
};

static void play(void *context, struct slice request, struct buffer *out)
{
    struct script *script = context;
    unsigned at = script->served < script->count ? script->served : script->count - 1;
    size_t len = request.len < sizeof script->last_request ? request.len : 4095;
    memcpy(script->last_request, request.at, len);
    script->last_request[len] = '\0';
    script->served++;
    struct slice answer = slice_text(script->answers[at]);
    if (slice_starts_with(answer, SLICE("HTTP/")) || answer.len == 0)
        buffer_append(out, answer);
    else
        server_write_ok(out, answer);
}

static int64_t slept_us[16];
static unsigned sleeps;

static void sleep_note(int64_t for_us)
{
    slept_us[sleeps++ % 16] = for_us;
}

struct trial {
    struct script script;
    struct server server;
    struct bursar_client *client;
};

static void trial_start(struct trial *trial, struct bursar_options options)
{
    char message[200] = "";
    while (trial->script.answers[trial->script.count])
        trial->script.count++;
    trial->script.served = 0;
    server_start(&trial->server, NULL, play, &trial->script);
    options.endpoint = trial->server.endpoint;
    options.secret_id = "id";
    options.secret_key = "key";
    if (bursar_client_new(&options, message, sizeof message, &trial->client) != BURSAR_OK)
        fail_msg("%s", message);
    trial->client->sleep_us = sleep_note;
    sleeps = 0;
}

static void trial_stop(struct trial *trial)
{
    bursar_client_free(trial->client);
    server_stop(&trial->server);
}

static enum bursar_result call(struct trial *trial, const char *action, const char **ret_response)
{
    size_t len = 0;
    enum bursar_result result =
        bursar_call(trial->client, "billing", "2018-07-09", action, NULL, ret_response, &len);
    if (result == BURSAR_OK || result == BURSAR_REFUSED)
        assert_int_equal(strlen(*ret_response), len);
    return result;
}

#define LIMITED                                                                                    \
    "{\"Response\":{\"Error\":{\"Code\":\"RequestLimitExceeded\",\"Message\":\"slow down\"},"      \
    "\"RequestId\":\"r1\"}}"
#define GOOD "{\"Response\":{\"A\":[1,{\"b\":null}],\"RequestId\":\"r2\"}}"

static void the_response_is_handed_out_as_sent(void **state)
{
    (void)state;
    struct trial trial = {.script.answers = {" {\"Other\":1, \"Response\" : {\"A\": [ 1 ], "
                                             "\"RequestId\":\"r\\u002d2\"} } \n"}};
    const char *response = NULL;
    trial_start(&trial, (struct bursar_options){.region = "ap-singapore"});
    assert_int_equal(call(&trial, "DescribeX", &response), BURSAR_OK);
    assert_string_equal(response, "{\"A\": [ 1 ], \"RequestId\":\"r\\u002d2\"}");
    assert_string_equal(bursar_request_id(trial.client), "r-2");
    assert_string_equal(bursar_error_code(trial.client), "");
    assert_string_equal(bursar_error_message(trial.client), "");
    trial_stop(&trial);
    const char *request = trial.script.last_request;
    assert_ptr_equal(strstr(request, "POST / HTTP/1.1\r\n"), request);
    assert_non_null(strstr(request, "\r\nHost: billing.tencentcloudapi.com\r\n"));
    assert_non_null(strstr(request, "\r\nX-TC-Action: DescribeX\r\n"));
    assert_non_null(strstr(request, "\r\nX-TC-Region: ap-singapore\r\n"));
    assert_non_null(strstr(request, "\r\nContent-Type: application/json\r\n"));
    assert_non_null(strstr(request, "\r\nContent-Length: 2\r\n"));
    assert_null(strstr(request, "Expect"));
    assert_non_null(strstr(request, "\r\n\r\n{}"));
}

static void a_refusal_is_explained(void **state)
{
    (void)state;
    struct trial trial = {
        .script.answers = {"{\"Response\":{\"Error\":{\"Code\":\"AuthFailure."
                           "SecretIdNotFound\",\"Message\":\"no such \\\"id\\\"\"},"
                           "\"RequestId\":\"0a\"}}"}};
    const char *response = NULL;
    trial_start(&trial, (struct bursar_options){.retries_max = 3});
    assert_int_equal(call(&trial, "DescribeX", &response), BURSAR_REFUSED);
    assert_string_equal(bursar_error_code(trial.client), "AuthFailure.SecretIdNotFound");
    assert_string_equal(bursar_error_message(trial.client), "no such \"id\"");
    assert_string_equal(bursar_request_id(trial.client), "0a");
    assert_non_null(strstr(response, "SecretIdNotFound"));
    trial_stop(&trial);
    assert_int_equal(trial.script.served, 1);
}

static void one_connection_serves_many_calls(void **state)
{
    (void)state;
    struct trial trial = {.script.answers = {GOOD}};
    const char *response = NULL;
    trial_start(&trial, (struct bursar_options){0});
    for (int i = 0; i < 20; i++)
        assert_int_equal(call(&trial, "DescribeX", &response), BURSAR_OK);
    trial_stop(&trial);
    assert_int_equal(trial.script.served, 20);
    assert_int_equal(trial.server.connections, 1);
}

static void a_closed_connection_is_opened_again(void **state)
{
    (void)state;
    struct trial trial = {
        .script.answers = {"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 20\r\n\r\n"
                           "{\"Response\":{\"a\":1}}"}};
    const char *response = NULL;
    trial_start(&trial, (struct bursar_options){0});
    for (int i = 0; i < 3; i++)
        assert_int_equal(call(&trial, "DescribeX", &response), BURSAR_OK);
    trial_stop(&trial);
    assert_int_equal(trial.server.connections, 3);
}

static void limits_are_waited_out_when_asked(void **state)
{
    (void)state;
    struct trial trial = {
        .script.answers = {LIMITED, LIMITED, LIMITED, LIMITED, LIMITED, LIMITED, GOOD}};
    const char *response = NULL;
    trial_start(&trial, (struct bursar_options){.retries_max = 9});
    assert_int_equal(call(&trial, "CreateX", &response), BURSAR_OK);
    assert_string_equal(bursar_error_code(trial.client), "");
    trial_stop(&trial);
    static const int64_t pauses_s[] = {1, 2, 4, 8, 16, 16};
    assert_int_equal(sleeps, 6);
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(slept_us[i], pauses_s[i] * 1000000);
}

static void waiting_ends_with_the_retries(void **state)
{
    (void)state;
    static const char dotted[] = "{\"Response\":{\"Error\":{\"Code\":\"RequestLimitExceeded."
                                 "UinLimitExceeded\",\"Message\":\"m\"},\"RequestId\":\"r\"}}";
    static const char other[] = "{\"Response\":{\"Error\":{\"Code\":\"RequestLimitExceededX\","
                                "\"Message\":\"m\"},\"RequestId\":\"r\"}}";
    static const struct {
        const char *answer;
        uint32_t retries_max;
        unsigned calls;
    } rows[] = {{LIMITED, 0, 1}, {LIMITED, 2, 3}, {dotted, 2, 3}, {other, 2, 1}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct trial trial = {.script.answers = {rows[i].answer}};
        const char *response = NULL;
        trial_start(&trial, (struct bursar_options){.retries_max = rows[i].retries_max});
        assert_int_equal(call(&trial, "DescribeX", &response), BURSAR_REFUSED);
        trial_stop(&trial);
        assert_int_equal(trial.script.served, rows[i].calls);
    }
}

static void lost_reads_are_repeated_and_lost_writes_are_not(void **state)
{
    (void)state;
    static const struct {
        const char *action;
        enum bursar_result result;
        unsigned calls;
    } rows[] = {{"DescribeX", BURSAR_OK, 2}, {"CreateX", BURSAR_NETWORK, 1}};
    for (size_t i = 0; i < 2; i++) {
        struct trial trial = {.script.answers = {"HTTP/1.1 502 Bad Gateway\r\nContent-Length: "
                                                 "0\r\n\r\n",
                                                 GOOD}};
        const char *response = NULL;
        trial_start(&trial, (struct bursar_options){.retries_max = 1});
        assert_int_equal(call(&trial, rows[i].action, &response), rows[i].result);
        trial_stop(&trial);
        assert_int_equal(trial.script.served, rows[i].calls);
    }
}

/* The server closes a kept connection instead of answering: whoever sent may not know why. */
static void a_write_without_client_token_is_sent_once(void **state)
{
    (void)state;
    static const struct {
        const char *action, *parameters;
        enum bursar_result result;
        unsigned calls;
    } rows[] = {{"CreateX", "{\"a\":{\"ClientToken\":\"t\"}}", BURSAR_NETWORK, 2},
                {"CreateX", "{\"ClientToken\":\"t\"}", BURSAR_OK, 3},
                {"DescribeX", "{}", BURSAR_OK, 3}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct trial trial = {.script.answers = {GOOD, "", GOOD}};
        const char *response = NULL;
        size_t len;
        trial.script.count = 3;
        trial_start(&trial, (struct bursar_options){0});
        assert_int_equal(call(&trial, "DescribeX", &response), BURSAR_OK);
        assert_int_equal(bursar_call(trial.client, "billing", "2018-07-09", rows[i].action,
                                     rows[i].parameters, &response, &len),
                         rows[i].result);
        trial_stop(&trial);
        assert_int_equal(trial.script.served, rows[i].calls);
    }
}

static void what_is_no_answer_is_a_network_failure(void **state)
{
    (void)state;
    static const struct {
        const char *answer, *words;
    } rows[] = {
        {"HTTP/1.1 500 x\r\nContent-Length: 2\r\n\r\n{}", "HTTP status 500"},
        {"HTTP/1.1 429 x\r\nContent-Length: 2\r\n\r\n{}", "HTTP status 429"},
        {"HTTP/1.1 201 x\r\nContent-Length: 20\r\n\r\n{\"Response\":{\"a\":1}}", "HTTP status 201"},
        {"HTTP/1.1 302 x\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
         "HTTP status 302"},
        {"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: "
         "50\r\n\r\n{\"Response\":{\"a\":1}}",
         "closed the connection"},
        {"HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"Re",
         "closed the connection"},
        {"", "closed the connection"},
        {"HTTP/1.1 200 OK\r\nConnection: close\r\n", "closed the connection"},
        {"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Le", "closed the connection"},
        {"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 20\r\n", "closed the connection"},
        {"HTTP/1.1 200 OK\r\nContent-Le", "in time"},
        {"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{\"Response\":{\"a\":1}}", "in time"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct trial trial = {.script.answers = {rows[i].answer}};
        const char *response = NULL;
        trial.script.count = 1;
        trial_start(&trial, (struct bursar_options){.timeout_ms = 300});
        assert_int_equal(call(&trial, "CreateX", &response), BURSAR_NETWORK);
        const char *message = bursar_error_message(trial.client);
        if (!strstr(message, rows[i].words))
            fail_msg("%s", message);
        assert_non_null(strstr(message, "127.0.0.1"));
        assert_null(strchr(message, '\n'));
        assert_string_equal(bursar_error_code(trial.client), "");
        assert_null(response);
        trial_stop(&trial);
    }
}

static void what_is_no_envelope_is_a_protocol_failure(void **state)
{
    (void)state;
    static const char *const answers[] = {
        "junk",
        "<html></html>",
        "null",
        "[]",
        "{}",
        "1",
        "\"\"",
        "{\"Response\":null}",
        "{\"Response\":[]}",
        "{\"Response\":{}",
        "{\"Response\":{}}x",
        "{\"Response\":{},\"Response\":{}}",
        "{\"response\":{}}",
        "{\"Response\":{\"RequestId\":1}}",
        "{\"Response\":{\"RequestId\":\"a\\u0000b\"}}",
        "{\"Response\":{\"Error\":1}}",
        "{\"Response\":{\"Error\":\"x\"}}",
        "{\"Response\":{\"Error\":{}}}",
        "{\"Response\":{\"Error\":{\"Code\":\"\"}}}",
        "{\"Response\":{\"Error\":{\"Code\":7,\"Message\":\"m\"}}}",
        "{\"Response\":{\"Error\":{\"Code\":\"c\",\"Message\":[]}}}",
        "{\"Response\":{\"a\":\"\xff\"}}",
        "\xef\xbb\xbf{\"Response\":{}}",
    };
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        struct trial trial = {.script.answers = {answers[i]}};
        const char *response = NULL;
        trial_start(&trial, (struct bursar_options){0});
        if (call(&trial, "DescribeX", &response) != BURSAR_PROTOCOL)
            fail_msg("%s", answers[i]);
        assert_true(*bursar_error_message(trial.client));
        assert_null(response);
        trial_stop(&trial);
    }
}

static void an_endless_answer_is_cut_off(void **state)
{
    (void)state;
    size_t len = RESPONSE_BYTES_MAX + 1024;
    char *answer = malloc(len + 1);
    assert_non_null(answer);
    memset(answer, ' ', len);
    answer[len] = '\0';
    struct trial trial = {.script.answers = {answer}};
    const char *response = NULL;
    trial_start(&trial, (struct bursar_options){0});
    assert_int_equal(call(&trial, "DescribeX", &response), BURSAR_PROTOCOL);
    assert_non_null(strstr(bursar_error_message(trial.client), "64 MiB"));
    trial_stop(&trial);
    free(answer);
}

static void a_closed_port_is_named(void **state)
{
    (void)state;
    char endpoint[160];
    const char *response;
    size_t len;
    struct trial trial = {.script.answers = {GOOD}};
    trial_start(&trial, (struct bursar_options){0});
    trial_stop(&trial);
    memcpy(endpoint, trial.server.endpoint, sizeof endpoint); /* nobody listens there now */
    struct bursar_options options = {.endpoint = endpoint, .secret_id = "id", .secret_key = "key"};
    assert_int_equal(bursar_client_new(&options, NULL, 0, &trial.client), BURSAR_OK);
    assert_int_equal(
        bursar_call(trial.client, "billing", "2018-07-09", "DescribeX", NULL, &response, &len),
        BURSAR_NETWORK);
    assert_non_null(strstr(bursar_error_message(trial.client), endpoint));
    assert_non_null(strstr(bursar_error_message(trial.client), "Connection refused"));
    bursar_client_free(trial.client);
}

static void a_unix_socket_serves_as_well(void **state)
{
    (void)state;
    char folder[] = "/tmp/bursar-client-XXXXXX";
    char path[64];
    const char *response;
    size_t len;
    struct bursar_client *client;
    struct server server;
    struct script script = {.answers = {GOOD}, .count = 1};
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/socket", folder);
    server_start(&server, path, play, &script);
    struct bursar_options options = {.endpoint = server.endpoint, .unsigned_requests = true};
    assert_int_equal(bursar_client_new(&options, NULL, 0, &client), BURSAR_OK);
    setenv("http_proxy", "http://127.0.0.1:1", 1);
    assert_int_equal(
        bursar_call(client, "bursar", "2026-11-01", "DescribeX", "{\"a\":1}", &response, &len),
        BURSAR_OK);
    unsetenv("http_proxy");
    server_stop(&server);
    assert_non_null(strstr(script.last_request, "\r\nHost: bursar.tencentcloudapi.com\r\n"));
    assert_non_null(strstr(script.last_request, "{\"a\":1}"));
    assert_null(strstr(script.last_request, "Authorization"));

    assert_int_equal(unlink(path), 0);
    assert_int_equal(bursar_call(client, "bursar", "2026-11-01", "CreateX", NULL, &response, &len),
                     BURSAR_NETWORK);
    assert_non_null(strstr(bursar_error_message(client), path));
    bursar_client_free(client);
    assert_int_equal(rmdir(folder), 0);
}

static void usage_errors_call_nobody(void **state)
{
    (void)state;
    struct trial trial = {.script.answers = {GOOD}};
    const char *response = NULL;
    size_t len;
    trial_start(&trial, (struct bursar_options){.retries_max = 5});
    assert_int_equal(call(&trial, "DescribeX", &response), BURSAR_OK);
    assert_int_equal(
        bursar_call(trial.client, "billing", "2018-07-09", "DescribeX", "{", &response, &len),
        BURSAR_USAGE);
    assert_string_equal(bursar_request_id(trial.client), "");
    trial_stop(&trial);
    assert_int_equal(trial.script.served, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_response_is_handed_out_as_sent),
        cmocka_unit_test(a_refusal_is_explained),
        cmocka_unit_test(one_connection_serves_many_calls),
        cmocka_unit_test(a_closed_connection_is_opened_again),
        cmocka_unit_test(limits_are_waited_out_when_asked),
        cmocka_unit_test(waiting_ends_with_the_retries),
        cmocka_unit_test(lost_reads_are_repeated_and_lost_writes_are_not),
        cmocka_unit_test(a_write_without_client_token_is_sent_once),
        cmocka_unit_test(what_is_no_answer_is_a_network_failure),
        cmocka_unit_test(what_is_no_envelope_is_a_protocol_failure),
        cmocka_unit_test(an_endless_answer_is_cut_off),
        cmocka_unit_test(a_closed_port_is_named),
        cmocka_unit_test(a_unix_socket_serves_as_well),
        cmocka_unit_test(usage_errors_call_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
