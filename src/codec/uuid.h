/* UUIDs as text (RFC 9562, section 4). */
#ifndef CODEC_UUID_H
#define CODEC_UUID_H

#include "base/slice.h"

enum { UUID_BYTES = 16, UUID_TEXT_SIZE = 36 };

/* Lower-case hex with hyphens, no final zero. */
void uuid_print(const unsigned char bytes[UUID_BYTES], char ret_text[UUID_TEXT_SIZE]);
/* Exactly the form that uuid_print writes. */
bool uuid_parse(struct slice text, unsigned char ret_bytes[UUID_BYTES]);

#endif
