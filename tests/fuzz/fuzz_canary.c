/* Crashes when the input begins with "dig": proves that the fuzzer finds and tools/fuzz reports. */
#include "base/check.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bool is_found = size >= 3 && data[0] == 'd' && data[1] == 'i' && data[2] == 'g';
    CHECK(!is_found);
    return 0;
}
