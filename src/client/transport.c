/* One request out, one answer back, over libcurl.
 *
 * Owns: its `struct way`, whose connection is kept between calls. Invariants:
 * 1. Nothing but HTTP and HTTPS, no redirect, no signal handler, at most RESPONSE_BYTES_MAX bytes
 * of answer.
 * 2. Only a whole answer with status 200 is an answer: the API says everything else in the body.
 * 3. client->was_sent is false only when not a byte of the request has left.
 * 4. A request that must not come twice is sent over a fresh connection. On a kept one that breaks
 *    before the first byte of answer libcurl sends again by itself, and nobody knows whether the
 *    first copy was carried out.
 *
 * The client's thread. */
#include "client/client.h"
#include "sys/file.h"

#include <curl/curl.h>
#include <stdlib.h>

enum { TRUSTED_BYTES_MAX = 8 << 20 };

struct way {
    CURL *curl;
    struct buffer trusted; /* PEM; empty = the system's */
    bool header_ended;     /* of the answer */
    /* The nodes point into the request's text, so that no copy of a token is left behind. */
    struct curl_slist list[HEADERS_MAX + 1]; /* one that takes curl's own Expect away */
};

static unsigned global_users;

enum bursar_result bursar_global_init(void)
{
    if (global_users == 0 && curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return BURSAR_MEMORY;
    global_users++;
    return BURSAR_OK;
}

void bursar_global_done(void)
{
    if (global_users > 0 && --global_users == 0)
        curl_global_cleanup();
}

static size_t take_bytes(char *at, size_t size, size_t count, void *context)
{
    struct buffer *response = context;
    if (response->len + size * count > RESPONSE_BYTES_MAX)
        return 0;
    buffer_bytes(response, at, size * count);
    return buffer_ok(response) ? size * count : 0;
}

/* libcurl takes a header that breaks off for the whole of an answer without a body. */
static size_t take_header(char *at, size_t size, size_t count, void *context)
{
    bool *header_ended = context;
    struct slice line = slice_of(at, size * count);
    if (slice_starts_with(line, SLICE("HTTP/")))
        *header_ended = false; /* of the answer before: a proxy's, or 100 Continue */
    else if (slice_equal(line, SLICE("\r\n")) || slice_equal(line, SLICE("\n")))
        *header_ended = true;
    return size * count;
}

#define SET(option, value) (curl_easy_setopt(curl, (option), (value)) == CURLE_OK)

/* The system's bundle and the user's, one behind the other: libcurl takes one bundle only. Where
 * the system keeps a folder instead of a file, libcurl goes on looking there. */
static struct status read_trusted(struct way *way, const char *ca_file, struct fault *fault)
{
    const char *system_file = curl_version_info(CURLVERSION_NOW)->cainfo;
    struct fault ignored; /* a system without a bundle trusts the user's file only */
    if (system_file && status_ok(file_read(system_file, &way->trusted, &ignored)))
        buffer_char(&way->trusted, '\n');
    return file_read(ca_file, &way->trusted, fault);
}

static bool set_options(struct bursar_client *client, struct way *way)
{
    CURL *curl = way->curl;
    bool ok = SET(CURLOPT_NOSIGNAL, 1L) && SET(CURLOPT_PROTOCOLS_STR, "http,https") &&
              SET(CURLOPT_FOLLOWLOCATION, 0L) && SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED) &&
              SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) &&
              SET(CURLOPT_TIMEOUT_MS, (long)client->timeout_ms) &&
              SET(CURLOPT_CONNECTTIMEOUT_MS, (long)client->connect_timeout_ms) &&
              SET(CURLOPT_USERAGENT, "libbursar/" BURSAR_VERSION) &&
              SET(CURLOPT_WRITEFUNCTION, take_bytes) && SET(CURLOPT_WRITEDATA, &client->response) &&
              SET(CURLOPT_HEADERFUNCTION, take_header) &&
              SET(CURLOPT_HEADERDATA, &way->header_ended);
    if (ok && client->endpoint.unix_path[0]) /* a proxy from the environment is for other hosts */
        ok = SET(CURLOPT_UNIX_SOCKET_PATH, client->endpoint.unix_path) && SET(CURLOPT_PROXY, "");
    if (ok && way->trusted.len > 0) {
        struct curl_blob bundle = {way->trusted.at, way->trusted.len, CURL_BLOB_NOCOPY};
        ok = SET(CURLOPT_CAINFO_BLOB, &bundle);
    }
    return ok;
}

static enum bursar_result curl_open(struct bursar_client *client,
                                    const struct bursar_options *options, struct fault *fault)
{
    struct way *way = client->transport_state = calloc(1, sizeof *way);
    if (!way)
        return BURSAR_MEMORY;
    buffer_init(&way->trusted, TRUSTED_BYTES_MAX);
    way->curl = curl_easy_init();
    if (!way->curl)
        return BURSAR_MEMORY;
    if (options->ca_file && *options->ca_file &&
        !status_ok(read_trusted(way, options->ca_file, fault)))
        return BURSAR_USAGE;
    return set_options(client, way) ? BURSAR_OK : BURSAR_MEMORY;
}

static void curl_close(struct bursar_client *client)
{
    struct way *way = client->transport_state;
    if (!way)
        return;
    curl_easy_cleanup(way->curl);
    buffer_done(&way->trusted);
    free(way);
}

/* The header lines, and no Expect: a wait for 100-continue would cost large requests a second. */
static struct curl_slist *link_headers(struct way *way, struct signed_request *request)
{
    static char no_expect[] = "Expect:";
    for (size_t i = 0; i < request->header_count; i++) {
        way->list[i].data = request->header_text.at + request->header_starts[i];
        way->list[i].next = &way->list[i + 1];
    }
    way->list[request->header_count] = (struct curl_slist){no_expect, NULL};
    return way->list;
}

static const char *place(const struct bursar_client *client)
{
    return client->endpoint.unix_path[0] ? client->endpoint.unix_path : client->endpoint.url;
}

static enum bursar_result fail_partial(struct bursar_client *client)
{
    return client_fail(client, BURSAR_NETWORK,
                       "%s closed the connection before its answer was whole", place(client));
}

static enum bursar_result fail_connecting(struct bursar_client *client)
{
    long error_number = 0;
    const struct way *way = client->transport_state;
    (void)curl_easy_getinfo(way->curl, CURLINFO_OS_ERRNO, &error_number);
    return client_fail(client, BURSAR_NETWORK, "cannot connect to %s: %s", place(client),
                       error_number ? strerror((int)error_number) : "nothing answers there");
}

/* In one plain line, naming the place and the reason. */
static enum bursar_result explain_failure(struct bursar_client *client, CURLcode code,
                                          const char *detail)
{
    const char *at = place(client);
    if (code == CURLE_OUT_OF_MEMORY)
        return client_fail(client, BURSAR_MEMORY, "out of memory");
    if (code == CURLE_WRITE_ERROR && client->response.lack == LACK_MEMORY)
        return client_fail(client, BURSAR_MEMORY, "no memory for the answer");
    if (code == CURLE_WRITE_ERROR)
        return client_fail(client, BURSAR_PROTOCOL, "the answer of %s is larger than %d MiB", at,
                           RESPONSE_BYTES_MAX >> 20);
    if (code == CURLE_COULDNT_RESOLVE_HOST)
        return client_fail(client, BURSAR_NETWORK, "cannot resolve the name in %s", at);
    if (code == CURLE_COULDNT_CONNECT)
        return fail_connecting(client);
    if (code == CURLE_OPERATION_TIMEDOUT)
        return client_fail(client, BURSAR_NETWORK, "no whole answer from %s in time (%s)", at,
                           *detail ? detail : "deadline passed");
    if (code == CURLE_GOT_NOTHING || code == CURLE_PARTIAL_FILE || code == CURLE_RECV_ERROR)
        return fail_partial(client);
    return client_fail(client, BURSAR_NETWORK, "cannot call %s: %s", at,
                       *detail ? detail : curl_easy_strerror(code));
}

static enum bursar_result check_status(struct bursar_client *client)
{
    long status = 0;
    const struct way *way = client->transport_state;
    (void)curl_easy_getinfo(way->curl, CURLINFO_RESPONSE_CODE, &status);
    if (status == 200)
        return way->header_ended ? BURSAR_OK : fail_partial(client);
    return client_fail(client, BURSAR_NETWORK, "%s answered with HTTP status %ld instead of 200",
                       place(client), status);
}

/* Resolving, connecting and the TLS handshake come before the first byte. */
static bool was_sent(CURL *curl)
{
    long sent_bytes = 0;
    return curl_easy_getinfo(curl, CURLINFO_REQUEST_SIZE, &sent_bytes) != CURLE_OK ||
           sent_bytes > 0;
}

static void one_line(char *text)
{
    for (; *text; text++)
        if (*text == '\n' || *text == '\r')
            *text = ' ';
}

static enum bursar_result curl_send(struct bursar_client *client)
{
    struct way *way = client->transport_state;
    CURL *curl = way->curl;
    struct signed_request *request = &client->request;
    char detail[CURL_ERROR_SIZE] = "";
    buffer_clear(&client->response);
    way->header_ended = false;
    if (!SET(CURLOPT_ERRORBUFFER, detail) || !SET(CURLOPT_URL, request->view.url) ||
        !SET(CURLOPT_HTTPHEADER, link_headers(way, request)) ||
        !SET(CURLOPT_FRESH_CONNECT, (long)!request->may_come_twice) ||
        !SET(CURLOPT_POSTFIELDS, request->view.body) ||
        !SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->view.body_len))
        return client_fail(client, BURSAR_MEMORY, "out of memory");
    CURLcode code = curl_easy_perform(curl);
    client->was_sent = was_sent(curl);
    (void)SET(CURLOPT_ERRORBUFFER, (char *)NULL); /* it goes away with this function */
    one_line(detail);
    return code == CURLE_OK ? check_status(client) : explain_failure(client, code, detail);
}

const struct transport transport_curl = {curl_open, curl_send, curl_close};
