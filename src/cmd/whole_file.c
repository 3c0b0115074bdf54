/* A file that appears whole (cmd/whole_file.h). A `struct whole_file` owns its stream. Main thread.
 */
#include "cmd/whole_file.h"

#include "cmd/output.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

int whole_file_open(const struct subcommand *self, const char *path, bool secret,
                    struct whole_file *ret_file)
{
    *ret_file = (struct whole_file){.path = path, .out = stdout};
    if (strcmp(path, "-") == 0)
        return -1;
    int len = snprintf(ret_file->temporary, sizeof ret_file->temporary, "%s.part", path);
    if (len < 0 || (size_t)len >= sizeof ret_file->temporary)
        return fail(self, EXIT_USAGE, "the path is too long");
    int fd =
        open(ret_file->temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, secret ? 0600 : 0666);
    ret_file->out = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (ret_file->out)
        return -1;
    if (fd >= 0)
        close(fd);
    return fail(self, EXIT_NETWORK, "cannot create %s: %s", ret_file->temporary, strerror(errno));
}

int whole_file_failed(const struct subcommand *self, const struct whole_file *file)
{
    return fail(self, EXIT_NETWORK, "cannot write %s: %s",
                file->out == stdout ? "standard output" : file->temporary, strerror(errno));
}

int whole_file_close(const struct subcommand *self, struct whole_file *file, int code)
{
    if (file->out == stdout)
        return output_finish(self, code);
    bool synced = fflush(file->out) == 0 && fsync(fileno(file->out)) == 0;
    if (code == EXIT_OK && (!synced || ferror(file->out)))
        code = whole_file_failed(self, file);
    if (fclose(file->out) != 0 && code == EXIT_OK)
        code = whole_file_failed(self, file);
    if (code == EXIT_OK && rename(file->temporary, file->path) != 0)
        code = fail(self, EXIT_NETWORK, "cannot rename %s to %s: %s", file->temporary, file->path,
                    strerror(errno));
    if (code != EXIT_OK)
        unlink(file->temporary);
    return code;
}
