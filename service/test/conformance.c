#include "service/test/conformance.h"

#include "base/map.h"
#include "base/memory.h"
#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_BYTES_MAX = 4 << 20, LINE_MAX = 512 };

struct tg_conformance {
    struct tg_map *lines;     /* "file hash" -> any */
    struct tg_map *different; /* the same of those that differ on purpose */
};

enum { HASH_BYTES = 17 }; /* a blank and 16 digits */
static const char different_word[] = " different";

struct tg_conformance *tg_conformance_new(void)
{
    struct tg_conformance *conformance = tg_alloc_zero(1, sizeof *conformance);
    conformance->lines = tg_map_new();
    conformance->different = tg_map_new();
    return conformance;
}

void tg_conformance_free(struct tg_conformance *conformance)
{
    if (conformance == NULL)
        return;
    tg_map_free(conformance->lines);
    tg_map_free(conformance->different);
    tg_free(conformance);
}

/* FNV-1a: the same on every machine and in every version. */
static uint64_t hash_name(const char *name)
{
    uint64_t hash = 0xcbf29ce484222325ULL;
    for (; *name != '\0'; name++)
        hash = (hash ^ (unsigned char)*name) * 0x100000001b3ULL;
    return hash;
}

static const char *line_of(const struct tg_test_case *test, char line[LINE_MAX])
{
    snprintf(line, LINE_MAX, "%s %016llx", test->file, (unsigned long long)hash_name(test->name));
    return line;
}

static bool read_line(struct tg_conformance *conformance, struct tg_slice line)
{
    size_t word = strlen(different_word);
    bool is_different =
        line.length > word && memcmp(line.data + line.length - word, different_word, word) == 0;
    if (is_different)
        line.length -= word;
    const uint8_t *space = memchr(line.data, ' ', line.length);
    if (space == NULL || (size_t)(line.data + line.length - space) != HASH_BYTES)
        return false;
    tg_map_put(is_different ? conformance->different : conformance->lines, line, conformance);
    return true;
}

enum tg_code tg_conformance_read(struct tg_conformance *conformance, const char *path,
                                 struct tg_error *reterr)
{
    struct tg_buffer text = {0};
    TG_TRY(tg_read_file(path, FILE_BYTES_MAX, &text, reterr));
    const char *at = tg_buffer_text(&text);
    enum tg_code code = TG_OK;
    for (uint32_t number = 1; *at != '\0' && code == TG_OK; number++) {
        size_t length = strcspn(at, "\n");
        if (length > 0 && *at != '#' && !read_line(conformance, tg_slice_of(at, length)))
            code = tg_fail(reterr, TG_CODE_SYNTAX, "%s, line %u: not a file and a hash of 16 digits", path,
                           number);
        at += length + (at[length] == '\n');
    }
    tg_buffer_done(&text);
    return code;
}

bool tg_conformance_is_different(const struct tg_conformance *conformance, const struct tg_test_case *test)
{
    char line[LINE_MAX];
    return tg_map_get(conformance->different, tg_slice_text(line_of(test, line))) != NULL;
}

void tg_conformance_add_different(struct tg_conformance *conformance, const struct tg_test_case *test)
{
    char line[LINE_MAX];
    tg_map_put(conformance->different, tg_slice_text(line_of(test, line)), conformance);
}

void tg_conformance_judge(const struct tg_conformance *conformance, const struct tg_test_case *test,
                          struct tg_test_result *result)
{
    if (result->outcome == TG_TEST_FAILED && result->only_more &&
        tg_conformance_is_different(conformance, test))
        result->outcome = TG_TEST_DIFFERENT;
}

bool tg_conformance_has(const struct tg_conformance *conformance, const struct tg_test_case *test)
{
    char line[LINE_MAX];
    return tg_map_get(conformance->lines, tg_slice_text(line_of(test, line))) != NULL;
}

void tg_conformance_add(struct tg_conformance *conformance, const struct tg_test_case *test)
{
    char line[LINE_MAX];
    tg_map_put(conformance->lines, tg_slice_text(line_of(test, line)), conformance);
}

size_t tg_conformance_lost(const struct tg_conformance *conformance, const struct tg_test_suite *suite)
{
    struct tg_map *files = tg_map_new();
    struct tg_map *known = tg_map_new();
    size_t lost = 0;
    for (size_t i = 0; i < suite->count; i++) {
        char line[LINE_MAX];
        tg_map_put(files, tg_slice_text(suite->cases[i].file), files);
        tg_map_put(known, tg_slice_text(line_of(&suite->cases[i], line)), known);
    }
    for (size_t i = 0; i < tg_map_count(conformance->lines); i++) {
        struct tg_slice line = tg_map_key(conformance->lines, i);
        struct tg_slice file = tg_slice_of(line.data, line.length - HASH_BYTES);
        lost += tg_map_get(files, file) != NULL && tg_map_get(known, line) == NULL;
    }
    tg_map_free(files);
    tg_map_free(known);
    return lost;
}

static int compare_lines(const void *left, const void *right)
{
    return tg_slice_compare(*(const struct tg_slice *)left, *(const struct tg_slice *)right);
}

static void write_sorted(FILE *file, const struct tg_map *map, const char *behind)
{
    size_t count = tg_map_count(map);
    struct tg_slice *lines = tg_alloc_zero(count + 1, sizeof *lines);
    for (size_t i = 0; i < count; i++)
        lines[i] = tg_map_key(map, i);
    qsort(lines, count, sizeof *lines, compare_lines);
    for (size_t i = 0; i < count; i++)
        fprintf(file, "%.*s%s\n", TG_SLICE_FORMAT(lines[i]), behind);
    tg_free(lines);
}

enum tg_code tg_conformance_write(const struct tg_conformance *conformance, const char *path,
                                  struct tg_error *reterr)
{
    FILE *file = fopen(path, "w");
    if (file != NULL) {
        fprintf(file,
                "# ksqlDB's test cases that pass: %zu. One line each: file and hash of the case's name. "
                "Written by\n"
                "# turgo test DIRECTORY ... --conformance conformance.txt --rewrite\n"
                "# \"different\": Turgo is right on purpose and gives more rows; docs/ksqldb-differences.md "
                "says why.\n",
                tg_map_count(conformance->lines));
        write_sorted(file, conformance->different, different_word);
        write_sorted(file, conformance->lines, "");
    }
    if (file == NULL || fclose(file) != 0)
        return tg_fail(reterr, TG_CODE_IO, "%s cannot be written: %s", path, strerror(errno));
    return TG_OK;
}
