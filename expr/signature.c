/* expr/signature.c: reads the signature texts of the function tables. */
#include "expr/resolve.h"

enum { PARAMETERS_MAX = 16 };

struct reader {
    struct tg_arena *arena;
    const char *text;
    size_t offset;
    struct tg_error *reterr;
};

static enum tg_code refuse(struct reader *reader, const char *expected)
{
    return tg_fail(reader->reterr, TG_CODE_SYNTAX, "signature \"%s\": %s expected at byte %zu", reader->text,
                   expected, reader->offset);
}

static void skip_spaces(struct reader *reader)
{
    while (reader->text[reader->offset] == ' ')
        reader->offset++;
}

static bool take(struct reader *reader, const char *token)
{
    skip_spaces(reader);
    size_t length = strlen(token);
    if (strncmp(reader->text + reader->offset, token, length) != 0)
        return false;
    reader->offset += length;
    return true;
}

static struct tg_slice take_word(struct reader *reader)
{
    skip_spaces(reader);
    const char *start = reader->text + reader->offset;
    size_t length = strspn(start, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
    reader->offset += length;
    return tg_slice_of(start, length);
}

static enum tg_code read_pattern(struct reader *reader, const struct tg_pattern **ret_pattern);

static enum tg_code read_children(struct reader *reader, struct tg_pattern *pattern, const char *end)
{
    const struct tg_pattern *children[PARAMETERS_MAX] = {NULL};
    do {
        if (pattern->child_count == PARAMETERS_MAX - 1)
            return refuse(reader, "fewer types");
        TG_TRY(read_pattern(reader, &children[pattern->child_count]));
        pattern->child_count++;
    } while (take(reader, ","));
    if (!take(reader, end))
        return refuse(reader, end);
    if (pattern->kind == TG_PATTERN_LAMBDA) {
        if (!take(reader, "=>"))
            return refuse(reader, "=>");
        TG_TRY(read_pattern(reader, &children[pattern->child_count]));
        pattern->child_count++;
    }
    const struct tg_pattern **copy =
        (const struct tg_pattern **)tg_arena_alloc_zero(reader->arena, pattern->child_count, sizeof(void *));
    memcpy(copy, children, pattern->child_count * sizeof(void *));
    pattern->children = copy;
    return TG_OK;
}

static enum tg_code read_pattern(struct reader *reader, const struct tg_pattern **ret_pattern)
{
    struct tg_pattern *pattern = (struct tg_pattern *)tg_arena_alloc_zero(reader->arena, 1, sizeof *pattern);
    *ret_pattern = pattern;
    if (take(reader, "(")) {
        pattern->kind = TG_PATTERN_LAMBDA;
        return read_children(reader, pattern, ")");
    }
    struct tg_slice word = take_word(reader);
    if (word.length == 1) {
        pattern->kind = TG_PATTERN_GENERIC;
        pattern->letter = (char)word.data[0];
        return TG_OK;
    }
    bool array = tg_slice_is(word, "ARRAY");
    if (array || tg_slice_is(word, "MAP")) {
        pattern->kind = array ? TG_PATTERN_ARRAY : TG_PATTERN_MAP;
        if (!take(reader, "<"))
            return refuse(reader, "<");
        TG_TRY(read_children(reader, pattern, ">"));
        return pattern->child_count == (array ? 1 : 2) ? TG_OK
                                                       : refuse(reader, "one type of ARRAY, two of MAP");
    }
    pattern->kind = TG_PATTERN_TYPE;
    return tg_type_kind_of(word, &pattern->type) ? TG_OK : refuse(reader, "a type");
}

static bool has_generic(const struct tg_pattern *pattern)
{
    if (pattern->kind == TG_PATTERN_GENERIC)
        return true;
    for (uint32_t i = 0; i < pattern->child_count; i++)
        if (has_generic(pattern->children[i]))
            return true;
    return false;
}

static enum tg_code read_parameters(struct reader *reader, struct tg_signature *signature)
{
    const struct tg_pattern *parameters[PARAMETERS_MAX] = {NULL};
    if (!take(reader, ")")) {
        do {
            if (signature->variadic || signature->parameter_count == PARAMETERS_MAX)
                return refuse(reader, "fewer parameters");
            TG_TRY(read_pattern(reader, &parameters[signature->parameter_count]));
            signature->generic_count += has_generic(parameters[signature->parameter_count]) ? 1 : 0;
            signature->parameter_count++;
            signature->variadic = take(reader, "...");
        } while (take(reader, ","));
        if (!take(reader, ")"))
            return refuse(reader, ")");
    }
    const struct tg_pattern **copy =
        (const struct tg_pattern **)tg_arena_alloc_zero(reader->arena, PARAMETERS_MAX, sizeof(void *));
    memcpy(copy, parameters, sizeof parameters);
    signature->parameters = copy;
    return TG_OK;
}

enum tg_code tg_signature_parse(struct tg_arena *arena, const struct tg_function *function,
                                struct tg_signature *ret_signature, struct tg_error *reterr)
{
    struct reader reader = {.arena = arena, .text = function->signature, .reterr = reterr};
    *ret_signature = (struct tg_signature){.function = function};
    reader.offset = strcspn(reader.text, "(");
    ret_signature->name = tg_slice_of(reader.text, reader.offset);
    if (ret_signature->name.length == 0 || !take(&reader, "("))
        return refuse(&reader, "NAME(");
    TG_TRY(read_parameters(&reader, ret_signature));
    if (!take(&reader, "->"))
        return refuse(&reader, "->");
    if (!take(&reader, "STRUCT") && !take(&reader, "ANY"))
        TG_TRY(read_pattern(&reader, &ret_signature->result));
    return reader.text[reader.offset] == '\0' ? TG_OK : refuse(&reader, "the end");
}
