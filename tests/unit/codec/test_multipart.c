/* multipart/form-data: what the recorded clients send, what RFC 7578 allows besides, and what is
 * refused. */
#include "codec/multipart.h"

#include "base/buffer.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const struct {
    const char *content_type;
    const char *boundary; /* NULL: refused */
} types[] = {
    {"multipart/form-data; boundary=0bf0db6ae9cc450e804c5b09a6764244",
     "0bf0db6ae9cc450e804c5b09a6764244"},
    {"multipart/form-data; boundary=--------------------------0c504586b02da6051fc9583c",
     "--------------------------0c504586b02da6051fc9583c"},
    {"Multipart/Form-Data;boundary=a", "a"},
    {"multipart/form-data; BOUNDARY=\"a b\"", "a b"},
    {"multipart/form-data ; charset=utf-8 ; boundary=a", "a"},
    {"multipart/form-data; boundary=\"a:b/c=d?e\"", "a:b/c=d?e"},
    {"multipart/form-data; boundary="
     "0123456789012345678901234567890123456789012345678901234567890123456789",
     "0123456789012345678901234567890123456789012345678901234567890123456789"},
    {"multipart/form-data; boundary="
     "01234567890123456789012345678901234567890123456789012345678901234567890",
     NULL},
    {"multipart/form-data", NULL},
    {"multipart/form-data;", NULL},
    {"multipart/form-data; boundary", NULL},
    {"multipart/form-data; boundary=", NULL},
    {"multipart/form-data; boundary=\"\"", NULL},
    {"multipart/form-data; boundary=\"a \"", NULL},
    {"multipart/form-data; boundary=\"a", NULL},
    {"multipart/form-data; boundary=\"a\\b\"", NULL},
    {"multipart/form-data; boundary=a b", NULL},
    {"multipart/form-data; boundary=a; boundary=a", NULL},
    {"multipart/form-data; boundary=\"a;b\"", NULL},
    {"multipart/form-data; boundary=\xC3\xA9", NULL},
    {"multipart/form-data boundary=a", NULL},
    {"multipart/form-datax; boundary=a", NULL},
    {"multipart/mixed; boundary=a", NULL},
    {"application/json", NULL},
    {"", NULL},
};

static void boundaries(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(types); i++) {
        struct slice boundary = SLICE_NONE;
        bool ok = multipart_boundary(slice_text(types[i].content_type), &boundary);
        if (ok != (types[i].boundary != NULL) ||
            !slice_equal(boundary, slice_text(types[i].boundary)))
            fail_msg("%s", types[i].content_type);
    }
}

#define DISPOSITION "Content-Disposition: form-data; name=\"n\"\r\n"
#define PART "--b\r\n" DISPOSITION "\r\nv\r\n"

/* What is read from a body with the boundary b: name=value| a part, ! for an error. */
static const struct {
    const char *body;
    const char *read;
} bodies[] = {
    {"", ""},
    {"--b--", ""},
    {"--b--\r\n", ""},
    {PART "--b--\r\n", "n=v|"},
    {PART "--b--", "n=v|"},
    {PART "--b\r\nContent-Disposition: form-data; name=\"m\"\r\n\r\nw\r\n--b--\r\n", "n=v|m=w|"},
    {"--b\r\n" DISPOSITION "Content-Type: application/json\r\n\r\n[1]\r\n--b--\r\n", "n=[1]|"},
    {"--b\r\n" DISPOSITION "X-Other: y\r\n\r\nv\r\n--b--\r\n", "n=v|"},
    {"--b\r\ncontent-disposition:form-data;name=\"n\";filename=\"f\"\r\n\r\nv\r\n--b--\r\n",
     "n=v|"},
    {"--b\r\nContent-Disposition: FORM-DATA; NAME=\"n\"; x=y\r\n\r\nv\r\n--b--\r\n", "n=v|"},
    {"--b\r\nContent-Disposition: form-data; name=n\r\n\r\nv\r\n--b--\r\n", "n=v|"},
    {"--b\r\n" DISPOSITION "\r\n\r\n--b--\r\n", "n=|"},
    {"--b\r\n" DISPOSITION "\r\n\r\n\r\n--b--\r\n", "n=\r\n|"},
    {"--b\r\n" DISPOSITION "\r\n--b\r\n--b--\r\n", "n=--b|"}, /* no CRLF before it */
    {"--b\r\n" DISPOSITION "\r\n\r\n--c\r\n--b--\r\n", "n=\r\n--c|"},
    {"--b\r\n" DISPOSITION "\r\na\r\n--\r\n--b--\r\n", "n=a\r\n--|"},
    {"--b\r\nContent-Disposition: form-data; name=\"a%22b;=\"\r\n\r\nv\r\n--b--\r\n", "a%22b;==v|"},
    {"preamble\r\n" PART "--b--\r\n", "!"},
    {"\r\n" PART "--b--\r\n", "!"},
    {"-b\r\n", "!"},
    {"--c--\r\n", "!"},
    {"--b", "!"},
    {"--b-", "!"},
    {"--b\r\n", "!"},
    {"--b \r\n" DISPOSITION "\r\nv\r\n--b--\r\n", "!"},
    {"--b\n" DISPOSITION "\r\nv\r\n--b--\r\n", "!"},
    {"--b\r\n" DISPOSITION "\r\nv", "!"},
    {"--b\r\n" DISPOSITION "\r\nv\r\n", "!"},
    {PART "--b", "n=v|!"},
    {PART "--b-", "n=v|!"},
    {PART "--bb--\r\n", "n=v|!"},
    {PART "--b--\r\nepilogue", "n=v|!"},
    {PART "--b--\r\n\r\n", "n=v|!"},
    {PART "--b--x", "n=v|!"},
    {"--b\r\n\r\nv\r\n--b--\r\n", "!"},
    {"--b\r\nContent-Type: a/b\r\n\r\nv\r\n--b--\r\n", "!"},
    {"--b\r\n" DISPOSITION DISPOSITION "\r\nv\r\n--b--\r\n", "!"},
    {"--b\r\n" DISPOSITION "Content-Type: a/b\r\nContent-Type: a/b\r\n\r\nv\r\n--b--\r\n", "!"},
    {"--b\r\nContent-Disposition: attachment; name=\"n\"\r\n\r\nv\r\n--b--\r\n", "!"},
    {"--b\r\nContent-Disposition: form-data\r\n\r\nv\r\n--b--\r\n", "!"},
    {"--b\r\nContent-Disposition: form-data; name=\"\"\r\n\r\nv\r\n--b--\r\n", "!"},
    {"--b\r\nContent-Disposition: form-data; name=\"n\r\n\r\nv\r\n--b--\r\n", "!"},
    {"--b\r\nContent-Disposition: form-data; name=\"a\\\"b\"\r\n\r\nv\r\n--b--\r\n", "!"},
    {"--b\r\nContent-Disposition: form-data; name=\"n\"; name=\"m\"\r\n\r\nv\r\n--b--\r\n", "!"},
    {"--b\r\nContent-Disposition: form-data name=\"n\"\r\n\r\nv\r\n--b--\r\n", "!"},
    {"--b\r\nContent-Disposition : form-data; name=\"n\"\r\n\r\nv\r\n--b--\r\n", "!"},
    {"--b\r\nContent-Disposition: form-data;\r\n name=\"n\"\r\n\r\nv\r\n--b--\r\n", "!"},
    {"--b\r\nContent-Disposition: form-data; name=\"n\"\n\r\nv\r\n--b--\r\n", "!"},
    {"--b\r\n" DISPOSITION "no colon\r\n\r\nv\r\n--b--\r\n", "!"},
    {"--b\r\n" DISPOSITION "X: \x01\r\n\r\nv\r\n--b--\r\n", "!"},
    {"--b\r\n" DISPOSITION "X: a\rb\r\n\r\nv\r\n--b--\r\n", "!"},
};

static void parts_are_read(void **state)
{
    char memory[256];
    (void)state;
    for (size_t i = 0; i < COUNT(bodies); i++) {
        struct multipart_reader reader;
        struct multipart_part part;
        struct buffer read;
        enum multipart_result result;
        buffer_init_fixed(&read, memory, sizeof memory);
        multipart_reader_init(&reader, slice_text(bodies[i].body), SLICE("b"));
        while ((result = multipart_next(&reader, &part)) == MULTIPART_PART)
            buffer_printf(&read, "%.*s=%.*s|", SLICE_ARGS(part.name), SLICE_ARGS(part.body));
        if (result == MULTIPART_ERROR)
            buffer_char(&read, '!');
        if (!slice_equal(buffer_slice(&read), slice_text(bodies[i].read)))
            fail_msg("%.*s instead of %s for:\n%s", SLICE_ARGS(buffer_slice(&read)), bodies[i].read,
                     bodies[i].body);
    }
}

static void a_part_has_a_type_and_a_file_name(void **state)
{
    struct multipart_reader reader;
    struct multipart_part part;
    (void)state;
    multipart_reader_init(&reader,
                          SLICE("--b\r\nContent-Type:  text/plain \r\nContent-Disposition: "
                                "form-data; name=\"n\"; filename=\"f.txt\"\r\n\r\nv\r\n"
                                "--b\r\n" DISPOSITION "\r\nv\r\n--b--"),
                          SLICE("b"));
    assert_int_equal(multipart_next(&reader, &part), MULTIPART_PART);
    assert_true(slice_equal(part.content_type, SLICE("text/plain")));
    assert_true(slice_equal(part.file_name, SLICE("f.txt")));
    assert_int_equal(multipart_next(&reader, &part), MULTIPART_PART);
    assert_int_equal(part.content_type.len, 0);
    assert_null(part.file_name.at);
    assert_int_equal(multipart_next(&reader, &part), MULTIPART_END);
    assert_int_equal(multipart_next(&reader, &part), MULTIPART_END);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(boundaries),
        cmocka_unit_test(parts_are_read),
        cmocka_unit_test(a_part_has_a_type_and_a_file_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
