/* CHECK: an invariant of our own code. Always compiled in; a failure is a bug and aborts the
 * process with the condition and its place. Never used for client input or bytes from disk. */
#ifndef BASE_CHECK_H
#define BASE_CHECK_H

#define CHECK(condition)                                                                           \
    (__builtin_expect(!!(condition), 1) ? (void)0 : check_failed(#condition, __FILE__, __LINE__))

/* A function for what goes wrong. The compiler keeps it, and the branches that lead to it, apart
 * from what every request runs through, which has to fit into 32 KiB: a processor's first cache for
 * code. */
#define RARE __attribute__((cold))

RARE _Noreturn void check_failed(const char *condition, const char *file, int line);

#endif
