/* Options and endpoints: what is taken, what is refused and with which words. */
#include "client/client.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void endpoints_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *text, *url, *unix_path, *host;
    } rows[] = {
        {"billing.intl.tencentcloudapi.com", "https://billing.intl.tencentcloudapi.com/", "",
         "billing.intl.tencentcloudapi.com"},
        {"http://billing.local:8080", "http://billing.local:8080/", "", "billing.local:8080"},
        {"HTTPS://billing.local:443/", "https://billing.local:443/", "", "billing.local"},
        {"http://billing.local:80", "http://billing.local:80/", "", "billing.local"},
        {"http://billing.local:443", "http://billing.local:443/", "", "billing.local:443"},
        {"http://127.0.0.1:8080", "http://127.0.0.1:8080/", "", ""},
        {"https://[::1]:8443", "https://[::1]:8443/", "", ""},
        {"http://localhost:1", "http://localhost:1/", "", ""},
        {"127.0.0.1", "https://127.0.0.1/", "", ""},
        {"unix:/run/bursar.sock", "http://localhost/", "/run/bursar.sock", ""},
        {"unix:relative", "http://localhost/", "relative", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct endpoint endpoint;
        assert_null(endpoint_parse(rows[i].text, &endpoint));
        assert_string_equal(endpoint.url, rows[i].url);
        assert_string_equal(endpoint.unix_path, rows[i].unix_path);
        assert_string_equal(endpoint.host, rows[i].host);
    }
}

static void bad_endpoints_are_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "http://",
        "https:///",
        "ftp://host",
        "http://a b",
        "http://host:",
        "http://host:0",
        "http://host:65536",
        "http://host:port",
        "http://host/path",
        "http://host?query",
        "http://user@host",
        "http://host:80:80",
        "http://[::1",
        "http://[::1]x",
        "http://[zz]:80",
        "http://host\r\nX: y",
        "http://host#frag",
        "unix:",
        "//host",
        "http://\xc3\xa9",
        "http://host:80//",
        "unix:/"
        "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234"
        "5678901234567890123456789",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct endpoint endpoint;
        assert_non_null(endpoint_parse(texts[i], &endpoint));
    }
}

static const struct bursar_options good = {
    .endpoint = "http://127.0.0.1:1", .secret_id = "id", .secret_key = "key"};

static void assert_refused(struct bursar_options options, const char *words)
{
    char message[200] = "";
    struct bursar_client *client;
    assert_int_equal(bursar_client_new(&options, message, sizeof message, &client), BURSAR_USAGE);
    assert_null(client);
    assert_non_null(strstr(message, words));
}

static void bad_options_are_refused_in_words(void **state)
{
    (void)state;
    struct bursar_options options = good;
    options.endpoint = NULL;
    assert_refused(options, "endpoint is required");
    options.endpoint = "http://x y";
    assert_refused(options, "http://host:port");
    options = good;
    options.secret_key = "";
    assert_refused(options, "secret key");
    options = good;
    options.secret_id = NULL;
    assert_refused(options, "secret id");
    options.secret_id = "id\r\nHost: evil";
    assert_refused(options, "secret id");
    options = good;
    options.host = "host\r\nX: y";
    assert_refused(options, "host");
    options.host = "host/";
    assert_refused(options, "host");
    options = good;
    options.region = "ap singapore";
    assert_refused(options, "region");
    options = good;
    options.language = "zh\n";
    assert_refused(options, "language");
    options = good;
    options.token = "a\nb";
    assert_refused(options, "token");
    options = good;
    options.signing = (enum bursar_signing)9;
    assert_refused(options, "signing");
    options = good;
    options.ca_file = "/nonexistent/ca.pem";
    assert_refused(options, "/nonexistent/ca.pem");
}

static void a_short_message_is_cut(void **state)
{
    (void)state;
    char message[8] = "";
    struct bursar_client *client;
    struct bursar_options options = {.endpoint = ""};
    assert_int_equal(bursar_client_new(&options, message, sizeof message, &client), BURSAR_USAGE);
    assert_int_equal(strlen(message), 7);
    assert_int_equal(bursar_client_new(&options, NULL, 0, &client), BURSAR_USAGE);
}

static void a_new_client_has_no_error(void **state)
{
    (void)state;
    struct bursar_client *client;
    assert_int_equal(bursar_global_init(), BURSAR_OK);
    assert_int_equal(bursar_client_new(&good, NULL, 0, &client), BURSAR_OK);
    assert_string_equal(bursar_error_code(client), "");
    assert_string_equal(bursar_error_message(client), "");
    assert_string_equal(bursar_request_id(client), "");
    bursar_client_free(client);
    bursar_client_free(NULL);
    bursar_global_done();
    bursar_global_done();
    assert_int_equal(strspn(bursar_version(), "0123456789."), strlen(bursar_version()));
}

static void unsigned_clients_need_no_key(void **state)
{
    (void)state;
    struct bursar_client *client;
    struct bursar_options options = {.endpoint = "unix:/x", .unsigned_requests = true};
    assert_int_equal(bursar_client_new(&options, NULL, 0, &client), BURSAR_OK);
    bursar_client_free(client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(endpoints_are_read),
        cmocka_unit_test(bad_endpoints_are_refused),
        cmocka_unit_test(bad_options_are_refused_in_words),
        cmocka_unit_test(a_short_message_is_cut),
        cmocka_unit_test(a_new_client_has_no_error),
        cmocka_unit_test(unsigned_clients_need_no_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
