/* Runs a target once over every file of the folders named, under any compiler: what a fuzzer once
 * found stays found. Fails when a folder holds nothing. */
#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

static bool read_bytes(FILE *file, uint8_t **ret_data, size_t *ret_size)
{
    if (fseek(file, 0, SEEK_END) != 0)
        return false;
    long size = ftell(file);
    if (size < 0 || fseek(file, 0, SEEK_SET) != 0)
        return false;
    /* Exactly that size, so that a sanitizer sees the first byte read too far. */
    uint8_t *data = malloc(size ? (size_t)size : 1);
    if (!data || fread(data, 1, (size_t)size, file) != (size_t)size) {
        free(data);
        return false;
    }
    *ret_data = data;
    *ret_size = (size_t)size;
    return true;
}

static bool replay_file(const char *folder, const char *name)
{
    char path[4096];
    uint8_t *data;
    size_t size;
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    if (!file)
        return false;
    bool ok = read_bytes(file, &data, &size);
    (void)fclose(file);
    if (!ok)
        return false;
    printf("%s\n", name);
    (void)fflush(stdout); /* the last name printed is the one that failed */
    (void)LLVMFuzzerTestOneInput(data, size);
    free(data);
    return true;
}

static size_t replay_folder(const char *folder)
{
    size_t count = 0;
    DIR *listing = opendir(folder);
    if (!listing)
        return 0;
    for (struct dirent *entry; (entry = readdir(listing));)
        if (entry->d_name[0] != '.')
            count += replay_file(folder, entry->d_name);
    (void)closedir(listing);
    return count;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        size_t count = replay_folder(argv[i]);
        printf("%zu files of %s\n", count, argv[i]);
        if (count == 0)
            return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
