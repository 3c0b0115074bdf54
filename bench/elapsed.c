/* How long a program of bench/ takes from exec to its end, or to its first whole answer.
 *
 *     elapsed PORT FILE COMMAND...    to the answer to the request in FILE on 127.0.0.1:PORT
 *     elapsed - - COMMAND...          to its end
 *
 * Prints one JSON line: ms, and of a server rss_bytes (once it has answered) and its process id,
 * which stays: whoever asked ends it. */
#include "meter.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static char request[1 << 16], answer[1 << 16];
static size_t request_len;

static void read_request(const char *path)
{
    FILE *file = fopen(path, "rb");
    request_len = file ? fread(request, 1, sizeof request, file) : 0;
    if (request_len == 0)
        die(path);
    fclose(file);
}

/* Whoever reads our output must not wait for the end of a server that stays. */
static pid_t start(char **command)
{
    pid_t pid;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    if (posix_spawnp(&pid, command[0], &actions, NULL, command, environ) != 0)
        die(command[0]);
    return pid;
}

static int connect_soon(uint16_t port, pid_t pid)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    for (;;) {
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
            return fd;
        close(fd);
        if (waitpid(pid, NULL, WNOHANG) != 0)
            die("the server ended");
        usleep(50);
    }
}

static void ask(int fd)
{
    if (send(fd, request, request_len, MSG_NOSIGNAL) != (ssize_t)request_len)
        die("send");
    for (size_t len = 0; len < sizeof answer - 1;) {
        ssize_t got = recv(fd, answer + len, sizeof answer - 1 - len, 0);
        if (got <= 0)
            die("recv");
        len += (size_t)got;
        /* an API answer is one object: its last byte is the brace */
        if (strstr(answer, "\r\n\r\n{") && answer[len - 1] == '}')
            break;
    }
    if (strncmp(answer, "HTTP/1.1 200", 12) != 0 || strstr(answer, "\"Error\"")) {
        fprintf(stderr, "elapsed: %s\n", answer);
        exit(1);
    }
}

/* statm: the second number is the resident pages. */
static long resident_bytes(pid_t pid)
{
    char path[64], line[256];
    snprintf(path, sizeof path, "/proc/%d/statm", (int)pid);
    FILE *file = fopen(path, "r");
    if (!file || !fgets(line, sizeof line, file))
        die(path);
    fclose(file);
    char *rest;
    (void)strtol(line, &rest, 10);
    return strtol(rest, NULL, 10) * sysconf(_SC_PAGESIZE);
}

static void to_answer(const char *port, char **command)
{
    int64_t start_us = steady_us();
    pid_t pid = start(command);
    int fd = connect_soon((uint16_t)strtoul(port, NULL, 10), pid);
    ask(fd);
    int64_t took_us = steady_us() - start_us;
    printf("{\"ms\": %.3f, \"rss_bytes\": %ld, \"pid\": %d}\n", (double)took_us / 1e3,
           resident_bytes(pid), (int)pid);
}

static void to_end(char **command)
{
    int status;
    int64_t start_us = steady_us();
    pid_t pid = start(command);
    if (waitpid(pid, &status, 0) != pid)
        die("waitpid");
    int64_t took_us = steady_us() - start_us;
    if (status != 0) {
        fprintf(stderr, "elapsed: %s ended with status %d\n", command[0], status);
        exit(1);
    }
    printf("{\"ms\": %.3f}\n", (double)took_us / 1e3);
}

int main(int argc, char **argv)
{
    if (argc < 4) {
        fprintf(stderr, "usage: elapsed PORT FILE COMMAND... | elapsed - - COMMAND...\n");
        return 2;
    }
    if (strcmp(argv[1], "-") == 0) {
        to_end(argv + 3);
        return 0;
    }
    read_request(argv[2]);
    to_answer(argv[1], argv + 3);
    return 0;
}
