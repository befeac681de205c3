/* Test files in SQL: cut into tests at the lines "--@test: name". What stands before the first one begins
 * every test of the file. */
#include "base/memory.h"
#include "base/text.h"
#include "service/test/script.h"

#include <string.h>

enum { FILE_BYTES_MAX = 16 << 20 };
static const char test_line[] = "--@test:";

static bool starts_with(struct tg_slice line, const char *word)
{
    size_t length = strlen(word);
    return line.length >= length && memcmp(line.data, word, length) == 0;
}

static const char *trimmed(struct tg_arena *arena, struct tg_slice line, size_t from)
{
    size_t end = line.length;
    while (from < end && line.data[from] <= ' ')
        from++;
    while (end > from && line.data[end - 1] <= ' ')
        end--;
    return tg_arena_text(arena, tg_slice_of(line.data + from, end - from));
}

static struct tg_slice line_at(struct tg_slice text, size_t at)
{
    const uint8_t *end = memchr(text.data + at, '\n', text.length - at);
    return tg_slice_of(text.data + at, end == NULL ? text.length - at : (size_t)(end - text.data) - at);
}

/* The start of the next test at or behind `at`, or the end of the text. */
static size_t next_test(struct tg_slice text, size_t at)
{
    while (at < text.length) {
        struct tg_slice line = line_at(text, at);
        if (starts_with(line, test_line))
            return at;
        at += line.length + 1;
    }
    return text.length;
}

/* What is said of the expected error, in the lines of the test. */
static void read_expectation(struct tg_arena *arena, struct tg_test_case *test, struct tg_slice text)
{
    static const char error[] = "--@expected.error:";
    static const char message[] = "--@expected.message:";
    for (size_t at = 0; at < text.length;) {
        struct tg_slice line = line_at(text, at);
        if (starts_with(line, error))
            test->expects_error = true;
        if (starts_with(line, message)) {
            test->expects_error = true;
            test->expected_message = trimmed(arena, line, strlen(message));
        }
        at += line.length + 1;
    }
}

static uint32_t count_lines(const uint8_t *from, const uint8_t *to)
{
    uint32_t lines = 0;
    for (; from < to; from++)
        lines += *from == '\n';
    return lines;
}

static void add_test(struct tg_test_suite *suite, const char *path, const char *file,
                     struct tg_slice preamble, struct tg_slice text)
{
    struct tg_buffer sql = {0};
    tg_buffer_append_slice(&sql, preamble);
    tg_buffer_append_slice(&sql, text);
    struct tg_test_case test = {.file = file,
                                .path = path,
                                .is_script = true,
                                .preamble_lines = count_lines(preamble.data, preamble.data + preamble.length),
                                .first_line = count_lines(preamble.data, text.data) + 1,
                                .name = trimmed(suite->arena, line_at(text, 0), strlen(test_line)),
                                .sql = tg_arena_copy(suite->arena, tg_buffer_slice(&sql)),
                                .properties = tg_properties_new()};
    tg_buffer_done(&sql);
    read_expectation(suite->arena, &test, text);
    test.skip = tg_test_case_needs(&test);
    tg_grow((void **)&suite->cases, &suite->capacity, suite->count + 1, sizeof *suite->cases);
    suite->cases[suite->count++] = test;
}

/* The file with its folder: many are called test.sql. */
static const char *short_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    while (slash != NULL && slash > path && slash[-1] != '/')
        slash--;
    return slash == NULL ? path : slash;
}

enum tg_code tg_test_script_read(struct tg_test_suite *suite, const char *path, struct tg_error *reterr)
{
    struct tg_buffer buffer = {0};
    TG_TRY(tg_read_file(path, FILE_BYTES_MAX, &buffer, reterr));
    struct tg_slice text = tg_arena_copy(suite->arena, tg_buffer_slice(&buffer));
    tg_buffer_done(&buffer);
    const char *file = tg_arena_text(suite->arena, tg_slice_text(short_name(path)));
    const char *kept_path = tg_arena_text(suite->arena, tg_slice_text(path));
    size_t start = next_test(text, 0);
    struct tg_slice preamble = tg_slice_of(text.data, start);
    while (start < text.length) {
        size_t end = next_test(text, start + 1);
        add_test(suite, kept_path, file, preamble, tg_slice_of(text.data + start, end - start));
        start = end;
    }
    return TG_OK;
}
