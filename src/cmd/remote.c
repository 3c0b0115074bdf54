/* Calls to a server through libbursar (cmd/remote.h). Owns nothing. Main thread.
 *
 * 1. Secrets go from credentials_load into the client and nowhere else.
 * 2. What a server sends is never written to a terminal as it came (cmd/shown.h). */
#include "cmd/remote.h"

#include "cmd/curl_late.h"
#include "cmd/profile.h"
#include "cmd/shown.h"
#include "codec/timestamp.h"
#include "sys/sys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TIMEOUT_S_MAX = 3600, RETRIES_MAX = 20 };

static const char *or_null(const char *text)
{
    return text && *text ? text : NULL;
}

static int check_numbers(const struct subcommand *self, const struct remote_flags *flags)
{
    if (flags->timeout_s > TIMEOUT_S_MAX)
        return fail(self, EXIT_USAGE, "--timeout must be 1..%d", TIMEOUT_S_MAX);
    if (flags->retries != REMOTE_RETRIES_UNSET && flags->retries > RETRIES_MAX)
        return fail(self, EXIT_USAGE, "--retries must be 0..%d", RETRIES_MAX);
    return -1;
}

/* The flag, the environment, the CLI's configuration, the cloud. */
static struct status find_endpoint(const struct remote_flags *flags, const char *service,
                                   const struct profile *profile, struct fault *fault,
                                   struct remote *out)
{
    const char *endpoint = or_null(flags->endpoint);
    if (!endpoint)
        endpoint = or_null(getenv("BURSAR_ENDPOINT"));
    if (!endpoint)
        endpoint = or_null(profile->endpoint);
    if (!endpoint && strcmp(service, "bursar") == 0)
        return fault_raise(fault, STATUS_INVALID,
                           "the cloud has no product bursar; give --endpoint URL or set "
                           "BURSAR_ENDPOINT");
    int len = endpoint ? snprintf(out->endpoint, sizeof out->endpoint, "%s", endpoint)
                       : snprintf(out->endpoint, sizeof out->endpoint,
                                  "https://%s.intl.tencentcloudapi.com", service);
    if (len < 0 || (size_t)len >= sizeof out->endpoint)
        return fault_raise(fault, STATUS_INVALID, "the endpoint is longer than %zu characters",
                           sizeof out->endpoint - 1);
    return STATUS_DONE;
}

static void fill_options(const struct remote_flags *flags, const struct profile *profile,
                         uint32_t retries_default, struct remote *out)
{
    snprintf(out->region, sizeof out->region, "%s", profile->region);
    snprintf(out->language, sizeof out->language, "%s", profile->language);
    const char *region = or_null(flags->region);
    if (!region)
        region = or_null(out->credentials.region);
    if (!region)
        region = or_null(out->region);
    const char *language = or_null(flags->language);
    out->options = (struct bursar_options){
        .endpoint = out->endpoint,
        .host = or_null(flags->host),
        .secret_id = out->credentials.secret_id,
        .secret_key = out->credentials.secret_key,
        .token = or_null(out->credentials.token),
        .region = region,
        .language = language ? language : or_null(out->language),
        .ca_file = or_null(flags->ca_file),
        .as_of = or_null(flags->as_of),
        .timeout_ms = (uint32_t)flags->timeout_s * 1000,
        .retries_max =
            flags->retries == REMOTE_RETRIES_UNSET ? retries_default : (uint32_t)flags->retries,
    };
}

int remote_prepare(const struct subcommand *self, const struct remote_flags *flags,
                   const char *service, uint32_t retries_default, struct remote *ret_remote)
{
    struct fault fault = {""};
    struct profile profile = {0};
    int code = check_numbers(self, flags);
    if (code >= 0)
        return code;
    struct status status = profile_load(flags->profile, service, &fault, &profile);
    if (status_ok(status))
        status =
            credentials_load(flags->credentials, flags->profile, &fault, &ret_remote->credentials);
    if (status_ok(status))
        status = find_endpoint(flags, service, &profile, &fault, ret_remote);
    if (!status_ok(status)) {
        remote_wipe(ret_remote);
        return fail(self, exit_code_of_status(status), "%s", fault.text);
    }
    fill_options(flags, &profile, retries_default, ret_remote);
    return -1;
}

void remote_wipe(struct remote *remote)
{
    credentials_wipe(&remote->credentials);
}

int remote_open(const struct subcommand *self, struct remote *remote,
                struct bursar_client **ret_client)
{
    char message[256] = "";
    struct fault fault;
    struct status status = curl_late_open(&fault);
    if (!status_ok(status)) {
        remote_wipe(remote);
        return fail(self, exit_code_of_status(status), "%s", fault.text);
    }
    enum bursar_result result = bursar_global_init();
    if (result == BURSAR_OK)
        result = bursar_client_new(&remote->options, message, sizeof message, ret_client);
    remote_wipe(remote);
    if (result == BURSAR_OK)
        return -1;
    return fail(self, result == BURSAR_USAGE ? EXIT_USAGE : EXIT_NETWORK, "%s",
                *message ? message : "the client library cannot be started");
}

int remote_connect(const struct subcommand *self, const struct remote_flags *flags,
                   const char *service, uint32_t retries_default, struct bursar_client **ret_client)
{
    struct remote remote;
    int code = remote_prepare(self, flags, service, retries_default, &remote);
    return code >= 0 ? code : remote_open(self, &remote, ret_client);
}

void remote_disconnect(struct bursar_client *client)
{
    bursar_client_free(client);
    bursar_global_done();
}

int remote_failed(const struct subcommand *self, const struct bursar_client *client,
                  enum bursar_result result)
{
    if (result == BURSAR_REFUSED)
        return remote_refused(self, bursar_error_code(client), bursar_error_message(client),
                              bursar_request_id(client));
    return fail(self, result == BURSAR_USAGE ? EXIT_USAGE : EXIT_NETWORK, "%s",
                bursar_error_message(client));
}

static void print_harmless(const char *text)
{
    shown_write(stderr, slice_text(text), TEXT_ESCAPE_ALL);
}

static void print_clock_hint(const struct subcommand *self)
{
    char memory[32];
    struct buffer now;
    buffer_init_fixed(&now, memory, sizeof memory);
    timestamp_print_plain(&now, sys_now_us(sys_real()) / 1000000 * 1000000);
    fprintf(stderr,
            "bursar %s: this machine's clock says %.*s UTC; the server's differs by more than five "
            "minutes\n",
            self->name, SLICE_ARGS(buffer_slice(&now)));
}

static void print_hint(const struct subcommand *self, const char *code)
{
    if (strcmp(code, "AuthFailure.SignatureExpire") == 0)
        print_clock_hint(self);
    else if (strcmp(code, "AuthFailure.SignatureFailure") == 0)
        fprintf(
            stderr,
            "bursar %s: the SecretKey is not the one of this SecretId; `bursar sign` shows what "
            "is signed, `bursar explain` what a server makes of it\n",
            self->name);
    else if (strcmp(code, "AuthFailure.SecretIdNotFound") == 0)
        fprintf(stderr,
                "bursar %s: this server does not know the SecretId, or it is disabled; is it the "
                "key of this endpoint?\n",
                self->name);
}

int remote_refused(const struct subcommand *self, const char *code, const char *message,
                   const char *request_id)
{
    fputs("[TencentCloudSDKException] code:", stderr);
    print_harmless(code);
    fputs(" message:", stderr);
    print_harmless(message);
    fputs(" requestId:", stderr);
    print_harmless(request_id);
    fputc('\n', stderr);
    print_hint(self, code);
    return (int)exit_code_of_api_error(code);
}
