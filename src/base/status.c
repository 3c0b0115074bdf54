/* Texts of faults: bounded, built once at the finder, extended at the front on the way up.
 * Owns nothing; the caller's `struct fault` holds the text. Any thread. */
#include "base/status.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

__attribute__((format(printf, 2, 0))) static void put(struct fault *fault, const char *format,
                                                      va_list arguments)
{
    if (fault)
        (void)vsnprintf(fault->text, sizeof fault->text, format, arguments);
}

static void append(struct fault *fault, const char *separator, const char *text)
{
    if (!fault)
        return;
    size_t len = strlen(fault->text);
    (void)snprintf(fault->text + len, sizeof fault->text - len, "%s%s", separator, text);
}

struct status fault_raise(struct fault *fault, enum status_code code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    put(fault, format, arguments);
    va_end(arguments);
    return (struct status){code};
}

static enum status_code code_of_errno(int error_number)
{
    switch (error_number) {
    case ENOSPC:
    case EDQUOT:
        return STATUS_FULL;
    case ENOENT:
        return STATUS_NOT_FOUND;
    case EACCES:
    case EPERM:
        return STATUS_DENIED;
    case ENOMEM:
        return STATUS_MEMORY;
    case EEXIST:
        return STATUS_EXISTS;
    default:
        return STATUS_IO;
    }
}

struct status fault_raise_errno(struct fault *fault, int error_number, const char *format, ...)
{
    char reason[128];
    va_list arguments;
    va_start(arguments, format);
    put(fault, format, arguments);
    va_end(arguments);
    append(fault, ": ", strerror_r(error_number, reason, sizeof reason));
    return (struct status){code_of_errno(error_number)};
}

struct status fault_wrap(struct fault *fault, struct status status, const char *format, ...)
{
    if (!fault)
        return status;
    struct fault inner = *fault;
    va_list arguments;
    va_start(arguments, format);
    put(fault, format, arguments);
    va_end(arguments);
    append(fault, ": ", inner.text);
    return status;
}
