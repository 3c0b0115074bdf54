/* TLS 1.2 and 1.3 over memory: bytes from the wire go in, bytes for the wire come out; the
 * connection does the sending. One `struct tls` (certificate and key) serves all threads; a
 * `struct tls_session` belongs to one connection. */
#ifndef NET_TLS_H
#define NET_TLS_H

#include "base/slice.h"
#include "base/status.h"

struct tls;
struct tls_session;

/* Reads the PEM chain and its key. Faults name the file and what is wrong with it. */
STATUS_MUST_USE struct status tls_open(const char *certificate_path, const char *key_path,
                                       struct fault *fault, struct tls **ret_tls);
/* Reads both again for sessions to come; on a fault the old ones stay. Any thread. */
STATUS_MUST_USE struct status tls_reload(struct tls *tls, struct fault *fault);
void tls_close(struct tls *tls);

/* NULL when memory is short. */
struct tls_session *tls_session_new(struct tls *tls);
void tls_session_free(struct tls_session *session);

enum tls_progress {
    TLS_DATA,       /* *ret_len > 0 bytes of plain text */
    TLS_MORE,       /* nothing until more came from the wire */
    TLS_ENDED,      /* the client closed its side */
    TLS_FAILED,     /* broken; a last alert may wait in the output */
    TLS_PLAIN_HTTP, /* no TLS at all: an HTTP request in plain text */
};

/* Bytes from the wire; false when memory is short. */
bool tls_session_feed(struct tls_session *session, const char *at, size_t len);
enum tls_progress tls_session_read(struct tls_session *session, char *at, size_t room,
                                   size_t *ret_len);
/* Plain text to be sent; false when broken. */
bool tls_session_write(struct tls_session *session, struct slice plain);
/* Says goodbye (close_notify) into the output. */
void tls_session_end(struct tls_session *session);
bool tls_session_established(const struct tls_session *session);
/* What waits to go to the wire; valid until the next call. After sending: tls_session_sent. */
char *tls_session_output(struct tls_session *session, size_t *ret_len);
void tls_session_sent(struct tls_session *session);

#endif
