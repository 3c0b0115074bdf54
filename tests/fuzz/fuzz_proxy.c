/* PROXY headers: the verdict does not depend on the cut, and nothing behind the header is used. */
#include "codec/proxy.h"

#include "base/check.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = fuzz_text(data, size);
    struct proxy_header whole = proxy_parse(text);
    CHECK(whole.used <= text.len && (whole.progress == PROXY_DONE) == (whole.used > 0));
    CHECK(whole.source_len == 0 || whole.source_len == 4 || whole.source_len == 16);
    for (size_t len = 0; len < text.len; len++) {
        struct proxy_header part = proxy_parse(slice_of(text.at, len));
        if (part.progress == PROXY_MORE)
            continue;
        CHECK(part.progress == whole.progress && part.used == whole.used);
        CHECK(part.source_len == whole.source_len &&
              memcmp(part.source, whole.source, sizeof whole.source) == 0);
        CHECK(part.progress != PROXY_DONE || part.used <= len);
        break;
    }
    return 0;
}
