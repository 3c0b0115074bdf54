/* Reports on a journal (cmd/report.h). Owns nothing. Main thread. */
#include "cmd/report.h"

#include "codec/timestamp.h"
#include "crypto/digest.h"

#include <inttypes.h>
#include <stdio.h>

static void print_text(const struct verify_report *report, struct slice time, struct slice hash)
{
    printf("organisations  %" PRIu32 "\nmembers        %" PRIu32 "\nentries        %" PRIu64 "\n",
           report->organisations, report->members, report->entries);
    printf("batches        %" PRIu64 "\nlast entry     %" PRIu64 "%s%.*s\nchain hash     %.*s\n",
           report->head.batches, report->head.sequence, time.len > 0 ? ", " : "", SLICE_ARGS(time),
           SLICE_ARGS(hash));
}

static void print_json(const struct verify_report *report, struct slice time, struct slice hash)
{
    printf("{\"Batches\":%" PRIu64 ",\"ChainHash\":\"%.*s\",\"Entries\":%" PRIu64
           ",\"LastEntry\":%" PRIu64 ",\"LastTime\":\"%.*s\",\"Members\":%" PRIu32
           ",\"Organizations\":%" PRIu32 "}\n",
           report->head.batches, SLICE_ARGS(hash), report->entries, report->head.sequence,
           SLICE_ARGS(time), report->members, report->organisations);
}

void report_print(const struct verify_report *report, bool json)
{
    char memory[256];
    struct buffer time, hash;
    buffer_init_fixed(&time, memory, 128);
    buffer_init_fixed(&hash, memory + 128, 128);
    if (report->head.sequence > 0)
        timestamp_print_rfc3339(&time, report->head.time_us);
    buffer_hex(&hash, report->head.hash, sizeof(report->head.hash));
    (json ? print_json : print_text)(report, buffer_slice(&time), buffer_slice(&hash));
}

bool report_parse_hash(const char *text, unsigned char ret_hash[32])
{
    struct slice hex = slice_trim_lines(slice_text(text));
    return hex.len == 64 && hex_decode(hex, ret_hash, 32);
}
