/* multipart/form-data (RFC 7578) as the cloud's clients send it (protocol section 15 vectors
 * "multipart"): each part's name and bytes. */
#ifndef CODEC_MULTIPART_H
#define CODEC_MULTIPART_H

#include "base/slice.h"

struct multipart_part {
    struct slice name;
    struct slice content_type; /* len 0 if absent */
    struct slice file_name;    /* at NULL if absent */
    struct slice body;
};

struct multipart_reader {
    struct slice rest;
    struct slice boundary;
    bool ended;
};

enum multipart_result { MULTIPART_PART, MULTIPART_END, MULTIPART_ERROR };

/* The boundary of a Content-Type value; false if it is not multipart/form-data with a good boundary
 * (RFC 2046: 1..70 characters). */
bool multipart_boundary(struct slice content_type, struct slice *ret_boundary);
void multipart_reader_init(struct multipart_reader *reader, struct slice body,
                           struct slice boundary);
enum multipart_result multipart_next(struct multipart_reader *reader,
                                     struct multipart_part *ret_part);

#endif
