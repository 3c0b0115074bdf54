/* A client against a server that gives scripted answers and keeps what it was sent. */
#ifndef TEST_SCRIPT_H
#define TEST_SCRIPT_H

#include "client/client.h"

#include "server.h"

enum { SCRIPT_ANSWERS_MAX = 8, SCRIPT_BODY_SIZE = 4096 };

/* One answer a request, the last one again and again; NULL ends them. What begins with "HTTP/" is
 * sent as it is, "" closes the connection, everything else is the body of a 200. */
struct script {
    const char *answers[SCRIPT_ANSWERS_MAX + 1];
    unsigned served;
    char bodies[SCRIPT_ANSWERS_MAX][SCRIPT_BODY_SIZE]; /* of the requests */
    char actions[SCRIPT_ANSWERS_MAX][64];
    pthread_mutex_t lock; /* held while a request is played */
    struct server server;
    struct bursar_client *client; /* does not sleep */
};

/* `options`: endpoint and key are filled in. */
void script_start(struct script *script, struct bursar_options options);
/* A second run: other answers, nothing served yet. Only between calls. */
void script_restart(struct script *script, const char *const *answers);
/* What was served may be looked at, though the server has not been stopped. */
void script_settle(struct script *script);
void script_stop(struct script *script);

#define CLOSED ""
#define REFUSAL(code)                                                                              \
    "{\"Response\":{\"Error\":{\"Code\":\"" code "\",\"Message\":\"because\"},"                    \
    "\"RequestId\":\"r1\"}}"
#define BAD_GATEWAY "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"
#define HALF                                                                                       \
    "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 500\r\n\r\n{\"Response\":{\"Appl"

/* The text between `"name":"` and the next quote of a body; fails the test when there is none. */
void body_text(const char *body, const char *name, char *ret_text, size_t size);

#endif
