/* A tiny blocking HTTP server for tests of the client: one thread, which answers each request with
 * the raw bytes that the test's function writes. */
#ifndef TEST_SERVER_H
#define TEST_SERVER_H

#include "base/buffer.h"

#include <pthread.h>

/* Writes the raw answer to a whole request (head and body). The connection is closed behind an
 * answer that says "Connection: close", and behind an empty one. */
typedef void answer_function(void *context, struct slice request, struct buffer *out);

struct server {
    int listener;
    int wake[2];
    char endpoint[160];
    pthread_t thread;
    answer_function *answer;
    void *context;
    unsigned connections; /* to be read after server_stop */
};

/* `unix_path` NULL = TCP on a free port of 127.0.0.1. */
void server_start(struct server *server, const char *unix_path, answer_function *answer,
                  void *context);
void server_stop(struct server *server);
struct slice request_body(struct slice request);
bool request_has(struct slice request, const char *text);
/* 200 with the body. */
void server_write_ok(struct buffer *out, struct slice body);

#endif
