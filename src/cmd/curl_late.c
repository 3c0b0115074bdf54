/* libcurl for the subcommands that call a server, and for no others.
 *
 * The program holds the functions of libcurl that libbursar calls, under their own names; each
 * hands its call on to libcurl, which curl_late_open has opened. Linked the usual way, libcurl
 * brings some twenty-five libraries into every `bursar serve`, which never needs them: a third of
 * an idle server's resident memory, and a third of the time until it answers. The installed
 * libbursar is linked with libcurl as ever.
 *
 * 1. Nothing is handed on before curl_late_open has succeeded: that is checked.
 * 2. The argument of curl_easy_setopt is read as the type that its option's number stands for
 *    (CURLOPTTYPE_ in curl.h).
 *
 * Owns the opened library, until the program ends. Opened by one thread; then any. */
#define CURL_DISABLE_TYPECHECK
#include "cmd/curl_late.h"

#include "base/check.h"

#include <curl/curl.h>
#include <dlfcn.h>
#include <stdarg.h>
#include <string.h>

#define LIBRARY "libcurl.so.4"

static struct {
    CURLcode (*global_init)(long flags);
    void (*global_cleanup)(void);
    curl_version_info_data *(*version_info)(CURLversion age);
    CURL *(*easy_init)(void);
    void (*easy_cleanup)(CURL *curl);
    CURLcode (*easy_perform)(CURL *curl);
    const char *(*easy_strerror)(CURLcode code);
    CURLcode (*easy_setopt)(CURL *curl, CURLoption option, ...);
    CURLcode (*easy_getinfo)(CURL *curl, CURLINFO info, ...);
} real;

static bool is_open;

static const struct {
    const char *name;
    void *place; /* of the pointer above */
} wanted[] = {
    {"curl_global_init", &real.global_init},     {"curl_global_cleanup", &real.global_cleanup},
    {"curl_version_info", &real.version_info},   {"curl_easy_init", &real.easy_init},
    {"curl_easy_cleanup", &real.easy_cleanup},   {"curl_easy_perform", &real.easy_perform},
    {"curl_easy_strerror", &real.easy_strerror}, {"curl_easy_setopt", &real.easy_setopt},
    {"curl_easy_getinfo", &real.easy_getinfo},
};

static struct status refuse(struct fault *fault)
{
    return fault_raise(fault, STATUS_NOT_FOUND,
                       "libcurl, which calls servers, cannot be used: %s (Debian: libcurl4)",
                       dlerror());
}

struct status curl_late_open(struct fault *fault)
{
    if (is_open)
        return STATUS_DONE;
    void *library = dlopen(LIBRARY, RTLD_LAZY | RTLD_LOCAL);
    if (!library)
        return refuse(fault);
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        void *symbol = dlsym(library, wanted[i].name);
        if (!symbol)
            return refuse(fault);
        memcpy(wanted[i].place, &symbol, sizeof symbol);
    }
    is_open = true;
    return STATUS_DONE;
}

CURLcode curl_global_init(long flags)
{
    CHECK(is_open);
    return real.global_init(flags);
}

void curl_global_cleanup(void)
{
    CHECK(is_open);
    real.global_cleanup();
}

curl_version_info_data *curl_version_info(CURLversion age)
{
    CHECK(is_open);
    return real.version_info(age);
}

CURL *curl_easy_init(void)
{
    CHECK(is_open);
    return real.easy_init();
}

void curl_easy_cleanup(CURL *curl)
{
    CHECK(is_open);
    real.easy_cleanup(curl);
}

CURLcode curl_easy_perform(CURL *curl)
{
    CHECK(is_open);
    return real.easy_perform(curl);
}

const char *curl_easy_strerror(CURLcode code)
{
    CHECK(is_open);
    return real.easy_strerror(code);
}

/* In brackets because curl.h has macros of these names. */
CURLcode(curl_easy_setopt)(CURL *curl, CURLoption option, ...)
{
    va_list arguments;
    CURLcode code;
    CHECK(is_open);
    va_start(arguments, option);
    switch ((long)option / 10000 * 10000) {
    case CURLOPTTYPE_LONG:
        code = real.easy_setopt(curl, option, va_arg(arguments, long));
        break;
    case CURLOPTTYPE_OFF_T:
        code = real.easy_setopt(curl, option, va_arg(arguments, curl_off_t));
        break;
    case CURLOPTTYPE_FUNCTIONPOINT:
        code = real.easy_setopt(curl, option, va_arg(arguments, void (*)(void)));
        break;
    default:
        code = real.easy_setopt(curl, option, va_arg(arguments, void *));
        break;
    }
    va_end(arguments);
    return code;
}

CURLcode(curl_easy_getinfo)(CURL *curl, CURLINFO info, ...)
{
    va_list arguments;
    CHECK(is_open);
    va_start(arguments, info);
    CURLcode code = real.easy_getinfo(curl, info, va_arg(arguments, void *));
    va_end(arguments);
    return code;
}
