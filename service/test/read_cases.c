/* ksqlDB's query-validation files: a list of tests, each of which stands for one case per format and setting.
 */
#include "base/memory.h"
#include "base/text.h"
#include "service/test/script.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { FILE_BYTES_MAX = 64 << 20 };

void tg_test_suite_init(struct tg_test_suite *suite)
{
    *suite = (struct tg_test_suite){.arena = tg_arena_new(0)};
}

void tg_test_suite_done(struct tg_test_suite *suite)
{
    for (size_t i = 0; i < suite->count; i++)
        tg_properties_free((struct tg_properties *)(uintptr_t)suite->cases[i].properties);
    tg_free(suite->cases);
    tg_arena_free(suite->arena);
}

/* Appends `text` with every `what` replaced. */
static void append_replaced(struct tg_buffer *out, struct tg_slice text, const char *what, const char *with)
{
    size_t length = strlen(what);
    for (size_t i = 0; i < text.length;) {
        if (with != NULL && text.length - i >= length && memcmp(text.data + i, what, length) == 0) {
            tg_buffer_append_text(out, with);
            i += length;
        } else {
            tg_buffer_append_byte(out, text.data[i++]);
        }
    }
}

static struct tg_slice join_statements(struct tg_arena *arena, const struct tg_json_tree *statements,
                                       const char *format)
{
    struct tg_buffer text = {0};
    for (uint32_t i = 0; i < tg_json_tree_count(statements); i++) {
        append_replaced(&text, statements->items[i]->text, "{FORMAT}", format);
        tg_buffer_append_byte(&text, '\n');
    }
    struct tg_slice joined = tg_arena_copy(arena, tg_buffer_slice(&text));
    tg_buffer_done(&text);
    return joined;
}

static const char *scalar_text(struct tg_arena *arena, const struct tg_json_tree *value)
{
    return tg_arena_text(arena, value->kind == TG_JSON_TREE_STRING ? value->text : value->raw);
}

static struct tg_properties *read_properties(struct tg_arena *arena, const struct tg_json_tree *given,
                                             const char *config, const char **ret_configured)
{
    struct tg_properties *properties = tg_properties_new();
    for (uint32_t i = 0; i < tg_json_tree_count(given); i++) {
        const char *name = tg_arena_text(arena, given->names[i]);
        const char *value = scalar_text(arena, given->items[i]);
        if (strcmp(value, "{CONFIG}") == 0 && config != NULL) {
            value = config;
            *ret_configured = name;
        }
        tg_properties_set(properties, name, value, "test");
    }
    return properties;
}

/* The case for one format and one setting (either may be NULL). */
static void add_case(struct tg_test_suite *suite, const char *file, const struct tg_json_tree *definition,
                     const char *format, const char *config)
{
    struct tg_arena *arena = suite->arena;
    const char *configured = NULL;
    const char *name = tg_json_tree_text(tg_json_tree_get(definition, "name"));
    struct tg_test_case test = {
        .file = file,
        .sql = join_statements(arena, tg_json_tree_get(definition, "statements"), format),
        .properties = read_properties(arena, tg_json_tree_get(definition, "properties"), config, &configured),
        .definition = definition,
        .topics = tg_json_tree_get(definition, "topics"),
        .inputs = tg_json_tree_get(definition, "inputs"),
        .outputs = tg_json_tree_get(definition, "outputs"),
        .exception = tg_json_tree_get(definition, "expectedException"),
        .post = tg_json_tree_get(definition, "post"),
    };
    test.name = tg_arena_printf(arena, "%s%s%s%s%s%s%s", name == NULL ? "" : name,
                                format == NULL ? "" : " - ", format == NULL ? "" : format,
                                configured == NULL ? "" : " - ", configured == NULL ? "" : configured,
                                configured == NULL ? "" : "=", configured == NULL ? "" : config);
    test.skip = tg_test_case_needs(&test);
    tg_grow((void **)&suite->cases, &suite->capacity, suite->count + 1, sizeof *suite->cases);
    suite->cases[suite->count++] = test;
}

static const char *entry(struct tg_arena *arena, const struct tg_json_tree *list, uint32_t index)
{
    return tg_json_tree_count(list) == 0 ? NULL : scalar_text(arena, list->items[index]);
}

static void add_test(struct tg_test_suite *suite, const char *file, const struct tg_json_tree *definition)
{
    const struct tg_json_tree *enabled = tg_json_tree_get(definition, "enabled");
    if (enabled != NULL && enabled->kind == TG_JSON_TREE_FALSE)
        return;
    const struct tg_json_tree *formats = tg_json_tree_get(definition, "format");
    const struct tg_json_tree *configs = tg_json_tree_get(definition, "config");
    uint32_t format_count = tg_json_tree_count(formats) == 0 ? 1 : formats->count;
    uint32_t config_count = tg_json_tree_count(configs) == 0 ? 1 : configs->count;
    for (uint32_t format = 0; format < format_count; format++)
        for (uint32_t config = 0; config < config_count; config++)
            add_case(suite, file, definition, entry(suite->arena, formats, format),
                     entry(suite->arena, configs, config));
}

static const char *stem(struct tg_arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash == NULL ? path : slash + 1;
    const char *dot = strrchr(name, '.');
    return tg_arena_text(arena, tg_slice_of(name, dot == NULL ? strlen(name) : (size_t)(dot - name)));
}

static enum tg_code read_file(struct tg_test_suite *suite, const char *path, struct tg_error *reterr)
{
    struct tg_buffer text = {0};
    const struct tg_json_tree *document = NULL;
    enum tg_code code = tg_read_file(path, FILE_BYTES_MAX, &text, reterr);
    if (code == TG_OK)
        code = tg_test_json_parse(suite->arena, tg_buffer_slice(&text), &document, reterr);
    tg_buffer_done(&text);
    const struct tg_json_tree *tests = tg_json_tree_get(document, "tests");
    if (code == TG_OK && tests == NULL)
        code = tg_fail(reterr, TG_CODE_SYNTAX, "there is no list named \"tests\"");
    if (code != TG_OK)
        return tg_fail_context(reterr, "%s", path);
    const char *file = stem(suite->arena, path);
    for (uint32_t i = 0; i < tg_json_tree_count(tests); i++)
        add_test(suite, file, tests->items[i]);
    return TG_OK;
}

/* ---- paths ---- */

static bool ends_with(const char *name, const char *ending)
{
    size_t length = strlen(name);
    return length >= strlen(ending) && strcmp(name + length - strlen(ending), ending) == 0;
}

static int is_wanted(const struct dirent *entry)
{
    return entry->d_name[0] != '.' && (entry->d_type == DT_DIR || entry->d_type == DT_UNKNOWN ||
                                       ends_with(entry->d_name, ".json") || ends_with(entry->d_name, ".sql"));
}

enum tg_code tg_test_suite_read(struct tg_test_suite *suite, const char *path, struct tg_error *reterr)
{
    struct stat status;
    struct dirent **entries = NULL;
    if (stat(path, &status) != 0)
        return tg_fail(reterr, TG_CODE_IO, "there is no file or directory %s", path);
    if (!S_ISDIR(status.st_mode))
        return ends_with(path, ".sql") ? tg_test_script_read(suite, path, reterr)
                                       : read_file(suite, path, reterr);
    int count = scandir(path, &entries, is_wanted, alphasort);
    if (count < 0)
        return tg_fail(reterr, TG_CODE_IO, "directory %s cannot be read", path);
    enum tg_code code = TG_OK;
    for (int i = 0; i < count; i++) {
        char *file = tg_format("%s/%s", path, entries[i]->d_name);
        if (code == TG_OK) /* NOLINTNEXTLINE(misc-no-recursion): as deep as directories */
            code = tg_test_suite_read(suite, file, reterr);
        tg_free(file);
        free(entries[i]);
    }
    free(entries);
    return code;
}
