/* TLS by OpenSSL with memory BIOs.
 *
 * 1. `context` is replaced as a whole, under the lock; a session keeps the one it began with.
 * 2. Between events a session keeps no more of what passed through it than BIO_BYTES_KEPT each way,
 *    however much that was: whoever holds many idle connections does not hold their traffic too.
 * 3. The error queue of the thread is empty before every call whose failure is examined.
 *
 * Owns contexts and sessions. tls_session_new and tls_reload: any thread; a session: its
 * connection's thread. */
#include "net/tls.h"

#include "base/check.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509err.h>
#include <pthread.h>
#include <stdlib.h>

enum { BIO_BYTES_KEPT = 1024 };

struct tls {
    pthread_mutex_t lock;
    SSL_CTX *context;
    char *certificate_path;
    char *key_path;
};

struct tls_session {
    SSL *ssl;
    BIO *in;  /* from the wire; owned by ssl */
    BIO *out; /* to the wire; owned by ssl */
};

static struct status raise_openssl(struct fault *fault, const char *path, const char *what)
{
    unsigned long error = ERR_peek_error();
    if (ERR_GET_LIB(error) == ERR_LIB_SYS)
        return fault_raise_errno(fault, ERR_GET_REASON(error), "%s %s", what, path);
    const char *reason = ERR_reason_error_string(error);
    return fault_raise(fault, STATUS_INVALID, "%s %s: %s", what, path,
                       reason ? reason : "not usable");
}

/* No terminal is asked for a pass phrase: a server starts without people. */
static int no_pass_phrase(char *at, int size, int writing, void *context)
{
    (void)writing, (void)context;
    if (size > 0)
        at[0] = '\0';
    return -1;
}

static int choose_protocol(SSL *ssl, const unsigned char **ret_out, unsigned char *ret_len,
                           const unsigned char *offered, unsigned int offered_len, void *context)
{
    static const unsigned char ours[] = "\x08http/1.1\x08http/1.0";
    (void)ssl, (void)context;
    unsigned char *chosen;
    if (SSL_select_next_proto(&chosen, ret_len, ours, sizeof ours - 1, offered, offered_len) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *ret_out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

static struct status load_files(SSL_CTX *context, const char *certificate_path,
                                const char *key_path, struct fault *fault)
{
    ERR_clear_error();
    if (SSL_CTX_use_certificate_chain_file(context, certificate_path) != 1)
        return raise_openssl(fault, certificate_path, "TLS certificate");
    ERR_clear_error();
    if (SSL_CTX_use_PrivateKey_file(context, key_path, SSL_FILETYPE_PEM) == 1)
        return STATUS_DONE;
    unsigned long error = ERR_peek_error();
    if (ERR_GET_LIB(error) != ERR_LIB_X509 || ERR_GET_REASON(error) != X509_R_KEY_VALUES_MISMATCH)
        return raise_openssl(fault, key_path, "TLS key");
    return fault_raise(fault, STATUS_INVALID, "TLS key %s does not belong to the certificate %s",
                       key_path, certificate_path);
}

/* Forward secrecy and authenticated encryption only. TLS 1.3 has nothing else. */
static const char ciphers_of_tls_1_2[] = "ECDHE+AESGCM:ECDHE+CHACHA20";

static struct status context_new(const char *certificate_path, const char *key_path,
                                 struct fault *fault, SSL_CTX **ret_context)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    if (!context)
        return fault_raise(fault, STATUS_MEMORY, "no memory for TLS");
    CHECK(SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    CHECK(SSL_CTX_set_cipher_list(context, ciphers_of_tls_1_2) == 1);
    /* Clients resume by their tickets: nothing is kept here of a connection that is gone. */
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    CHECK(SSL_CTX_set_session_id_context(context, (const unsigned char *)"bursar", 6) == 1);
    SSL_CTX_set_default_passwd_cb(context, no_pass_phrase);
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, NULL);
    struct status status = load_files(context, certificate_path, key_path, fault);
    ERR_clear_error();
    if (!status_ok(status)) {
        SSL_CTX_free(context);
        return status;
    }
    *ret_context = context;
    return STATUS_DONE;
}

struct status tls_open(const char *certificate_path, const char *key_path, struct fault *fault,
                       struct tls **ret_tls)
{
    struct tls *tls = calloc(1, sizeof *tls);
    if (!tls)
        return fault_raise(fault, STATUS_MEMORY, "no memory for TLS");
    CHECK(pthread_mutex_init(&tls->lock, NULL) == 0);
    tls->certificate_path = strdup(certificate_path);
    tls->key_path = strdup(key_path);
    struct status status = tls->certificate_path && tls->key_path
                               ? tls_reload(tls, fault)
                               : fault_raise(fault, STATUS_MEMORY, "no memory for TLS");
    if (!status_ok(status)) {
        tls_close(tls);
        return status;
    }
    *ret_tls = tls;
    return STATUS_DONE;
}

struct status tls_reload(struct tls *tls, struct fault *fault)
{
    SSL_CTX *context = NULL;
    TRY(context_new(tls->certificate_path, tls->key_path, fault, &context));
    pthread_mutex_lock(&tls->lock);
    SSL_CTX *old = tls->context;
    tls->context = context;
    pthread_mutex_unlock(&tls->lock);
    SSL_CTX_free(old);
    return STATUS_DONE;
}

void tls_close(struct tls *tls)
{
    if (!tls)
        return;
    SSL_CTX_free(tls->context);
    (void)pthread_mutex_destroy(&tls->lock);
    free(tls->certificate_path);
    free(tls->key_path);
    free(tls);
}

struct tls_session *tls_session_new(struct tls *tls)
{
    struct tls_session *session = calloc(1, sizeof *session);
    if (!session)
        return NULL;
    pthread_mutex_lock(&tls->lock);
    session->ssl = SSL_new(tls->context);
    pthread_mutex_unlock(&tls->lock);
    session->in = BIO_new(BIO_s_mem());
    session->out = BIO_new(BIO_s_mem());
    if (!session->ssl || !session->in || !session->out) {
        BIO_free(session->in);
        BIO_free(session->out);
        SSL_free(session->ssl);
        free(session);
        return NULL;
    }
    BIO_set_mem_eof_return(session->in, -1);
    SSL_set_bio(session->ssl, session->in, session->out);
    SSL_set_accept_state(session->ssl);
    return session;
}

void tls_session_free(struct tls_session *session)
{
    if (!session)
        return;
    SSL_free(session->ssl);
    free(session);
}

/* Empties it. */
static void empty(BIO *bio)
{
    BUF_MEM *memory = NULL, *fresh = NULL;
    (void)BIO_get_mem_ptr(bio, &memory);
    if (memory && memory->max > BIO_BYTES_KEPT)
        fresh = BUF_MEM_new();
    if (fresh)
        (void)BIO_set_mem_buf(bio, fresh, BIO_CLOSE);
    else
        (void)BIO_reset(bio);
}

bool tls_session_feed(struct tls_session *session, const char *at, size_t len)
{
    size_t written;
    return len == 0 || (BIO_write_ex(session->in, at, len, &written) == 1 && written == len);
}

static enum tls_progress failure(void)
{
    unsigned long error = ERR_peek_error();
    ERR_clear_error();
    return ERR_GET_LIB(error) == ERR_LIB_SSL && ERR_GET_REASON(error) == SSL_R_HTTP_REQUEST
               ? TLS_PLAIN_HTTP
               : TLS_FAILED;
}

enum tls_progress tls_session_read(struct tls_session *session, char *at, size_t room,
                                   size_t *ret_len)
{
    ERR_clear_error();
    int result = SSL_read_ex(session->ssl, at, room, ret_len);
    if (result == 1)
        return TLS_DATA;
    switch (SSL_get_error(session->ssl, result)) {
    case SSL_ERROR_WANT_READ: /* it has all that there was */
        empty(session->in);
        return TLS_MORE;
    case SSL_ERROR_ZERO_RETURN:
        return TLS_ENDED;
    default:
        return failure();
    }
}

bool tls_session_write(struct tls_session *session, struct slice plain)
{
    size_t written;
    ERR_clear_error();
    return plain.len == 0 ||
           (SSL_write_ex(session->ssl, plain.at, plain.len, &written) == 1 && written == plain.len);
}

void tls_session_end(struct tls_session *session)
{
    ERR_clear_error();
    if (SSL_is_init_finished(session->ssl))
        (void)SSL_shutdown(session->ssl);
    ERR_clear_error();
}

bool tls_session_established(const struct tls_session *session)
{
    return SSL_is_init_finished(session->ssl) == 1;
}

char *tls_session_output(struct tls_session *session, size_t *ret_len)
{
    char *at = NULL;
    long len = BIO_get_mem_data(session->out, &at);
    *ret_len = len > 0 ? (size_t)len : 0;
    return at;
}

void tls_session_sent(struct tls_session *session)
{
    empty(session->out);
}
