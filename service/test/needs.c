/* What a case needs of the language that is not there yet: it is skipped, and counted under that reason. */
#include "serde/format.h"
#include "service/test/case.h"
#include "sql/lexer.h"

/* Formats whose schemas live in a registry, or whose bytes need a compiled schema. */
static const char *const registry_formats[] = {"AVRO", "PROTOBUF", "PROTOBUF_NOSR", "JSON_SR"};

static bool is_there(struct tg_slice name)
{
    const struct tg_format *format = NULL;
    struct tg_error ignored;
    return tg_format_find(name, &format, &ignored) == TG_OK;
}

/* A format that does not exist yet? */
static bool is_registry_format(struct tg_slice text)
{
    for (size_t i = 0; i < sizeof registry_formats / sizeof *registry_formats; i++)
        if (tg_slice_equal_nocase(text, tg_slice_text(registry_formats[i])))
            return !is_there(text);
    return false;
}

static bool has_registry_topic(const struct tg_json_tree *topics)
{
    static const char *const members[] = {"keyFormat", "valueFormat", "format"};
    for (uint32_t i = 0; i < tg_json_tree_count(topics); i++) {
        for (size_t member = 0; member < sizeof members / sizeof *members; member++) {
            const struct tg_json_tree *format = tg_json_tree_get(topics->items[i], members[member]);
            if (format != NULL && is_registry_format(format->text))
                return true;
        }
        static const char *const schemas[][2] = {{"keySchema", "keyFormat"}, {"valueSchema", "valueFormat"}};
        for (size_t half = 0; half < 2; half++)
            if (!tg_json_tree_is_null(tg_json_tree_get(topics->items[i], schemas[half][0])) &&
                tg_json_tree_get(topics->items[i], schemas[half][1]) == NULL &&
                !is_there(tg_slice_text("AVRO")))
                return true;
    }
    return false;
}

const char *tg_test_case_needs(const struct tg_test_case *test)
{
    struct tg_arena *arena = tg_arena_new(0);
    struct tg_lexer lexer = {.arena = arena, .text = test->sql};
    bool registry = has_registry_topic(test->topics);
    struct tg_token token;
    struct tg_error error;
    while (tg_lexer_next(&lexer, &token, &error) == TG_OK && token.kind != TG_TOKEN_END) {
        registry = registry || (token.kind == TG_TOKEN_STRING && is_registry_format(token.text));
    }
    for (size_t i = 0; i < tg_properties_count(test->properties); i++)
        registry = registry || is_registry_format(tg_slice_text(tg_properties_value(test->properties, i)));
    tg_arena_free(arena);
    return registry ? "registry formats" : NULL;
}
