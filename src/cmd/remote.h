/* Calls to a server through libbursar: the options of every subcommand that makes them, and what
 * its failures look like to people and scripts. */
#ifndef CMD_REMOTE_H
#define CMD_REMOTE_H

#include "cmd/credentials.h"

#include <bursar.h>

struct remote_flags {
    const char *endpoint, *host, *credentials, *profile, *region, *language, *ca_file;
    const char *as_of;  /* of `query`; NULL = now */
    uint64_t timeout_s; /* 0 = default */
    uint64_t retries;   /* REMOTE_RETRIES_UNSET = the subcommand's default */
};
#define REMOTE_RETRIES_UNSET UINT64_MAX
#define REMOTE_FLAGS_DEFAULT ((struct remote_flags){.retries = REMOTE_RETRIES_UNSET})

/* Entries of a table of struct option_spec. */
#define REMOTE_OPTIONS(flags)                                                                      \
    {"endpoint", "URL",                                                                            \
     "Where calls go: https://HOST, http://HOST:PORT or unix:/PATH. Default: BURSAR_ENDPOINT, "    \
     "else the endpoint that tccli is configured with, else the cloud's.",                         \
     OPTION_TEXT, &(flags)->endpoint},                                                             \
        {"host", "NAME", "Host name to send and to sign when it is not the endpoint's.",           \
         OPTION_TEXT, &(flags)->host},                                                             \
        {"credentials", "FILE",                                                                    \
         "Key pair: a credential file of tccli (JSON) or of the SDKs (INI), - for standard "       \
         "input. Default: TENCENTCLOUD_SECRET_ID and TENCENTCLOUD_SECRET_KEY, else "               \
         "~/.tccli/default.credential, else ~/.tencentcloud/credentials.",                         \
         OPTION_TEXT, &(flags)->credentials},                                                      \
        {"profile", "NAME", "Profile of tccli to take key, region and endpoint from.",             \
         OPTION_TEXT, &(flags)->profile},                                                          \
        {"region", "REGION", "Region to send; billing ignores it.", OPTION_TEXT,                   \
         &(flags)->region},                                                                        \
        {"language", "LANG", "Language of messages: en-US or zh-CN.", OPTION_TEXT,                 \
         &(flags)->language},                                                                      \
        {"ca-file", "FILE", "PEM bundle to trust besides the system's.", OPTION_TEXT,              \
         &(flags)->ca_file},                                                                       \
        {"timeout", "SECONDS", "For one attempt of a call, 1..3600; default 30.", OPTION_NUMBER,   \
         &(flags)->timeout_s},                                                                     \
    {                                                                                              \
        "retries", "N",                                                                            \
            "Tries again up to N times, 0..20, when the rate limit or the network stood in the "   \
            "way.",                                                                                \
            OPTION_NUMBER, &(flags)->retries                                                       \
    }

struct remote {
    struct credentials credentials;
    struct bursar_options options; /* its texts are here, in the flags or in argv */
    char endpoint[512];
    char region[64];
    char language[16];
};

/* Gathers key and endpoint for `service` (its host name where the cloud's own is meant). Answers
 * -1, or prints what is wrong and answers the exit code. Wipe it when the client is made. */
int remote_prepare(const struct subcommand *self, const struct remote_flags *flags,
                   const char *service, uint32_t retries_default, struct remote *ret_remote);
void remote_wipe(struct remote *remote);
/* Makes the client and wipes the secrets behind it; -1 or the exit code. */
int remote_open(const struct subcommand *self, struct remote *remote,
                struct bursar_client **ret_client);
/* remote_prepare and remote_open in one. */
int remote_connect(const struct subcommand *self, const struct remote_flags *flags,
                   const char *service, uint32_t retries_default,
                   struct bursar_client **ret_client);
void remote_disconnect(struct bursar_client *client);

/* Prints why the client's last call failed and answers the exit code. */
int remote_failed(const struct subcommand *self, const struct bursar_client *client,
                  enum bursar_result result);
/* "[TencentCloudSDKException] code:... message:... requestId:..." on stderr, and a second line that
 * says what to do where something can be said; answers the exit code. */
int remote_refused(const struct subcommand *self, const char *code, const char *message,
                   const char *request_id);

#endif
