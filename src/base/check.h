/* CHECK: an invariant of our own code. Always compiled in; a failure is a bug and aborts the
 * process with the condition and its place. Never used for client input or bytes from disk. */
#ifndef BASE_CHECK_H
#define BASE_CHECK_H

#define CHECK(condition)                                                                           \
    (__builtin_expect(!!(condition), 1) ? (void)0 : check_failed(#condition, __FILE__, __LINE__))

_Noreturn void check_failed(const char *condition, const char *file, int line);

#endif
