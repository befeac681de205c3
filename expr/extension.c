#include "expr/extension.h"

#include "expr/resolve.h"

TG_MUST_CHECK static enum tg_code check_version(const struct tg_extension *extension, struct tg_error *reterr)
{
    if (extension->version != TG_EXTENSION_VERSION) {
        tg_fail(reterr, TG_CODE_STATE_MISMATCH,
                "it was compiled for version %u of the extension interface, this program has version %d",
                extension->version, TG_EXTENSION_VERSION);
        return tg_fail_hint(reterr, "compile it with the headers of this program");
    }
    if (extension->function_bytes != sizeof(struct tg_function) ||
        extension->call_bytes != sizeof(struct tg_call) ||
        extension->column_bytes != sizeof(struct tg_column))
        return tg_fail(
            reterr, TG_CODE_STATE_MISMATCH,
            "its structures have other sizes than those of this program: compile it with the headers of "
            "this program");
    if (extension->name == NULL || extension->functions == NULL)
        return tg_fail(reterr, TG_CODE_CONFIG, "it has no name or no functions");
    return TG_OK;
}

static const char *missing_part(const struct tg_function *function)
{
    const uint32_t rules = TG_FUNCTION_NULL_IF_NULL | TG_FUNCTION_SEES_NULL;
    if (function->summary == NULL || function->example == NULL)
        return "a summary or an example";
    if ((function->flags & rules) == 0 || (function->flags & rules) == rules)
        return "one rule for NULL";
    if (function->kind == TG_FUNCTION_SCALAR)
        return function->kernel == NULL ? "a kernel" : NULL;
    if (function->kind == TG_FUNCTION_AGGREGATE)
        return function->aggregate == NULL ? "an aggregate kernel" : NULL;
    return function->table == NULL ? "a table kernel" : NULL;
}

TG_MUST_CHECK static enum tg_code check_row(struct tg_arena *arena, const struct tg_function *function,
                                            struct tg_error *reterr)
{
    struct tg_signature signature;
    const char *missing = missing_part(function);
    if (missing != NULL)
        return tg_fail(reterr, TG_CODE_CONFIG, "the function %s lacks %s", function->signature, missing);
    TG_TRY(tg_signature_parse(arena, function, &signature, reterr));
    for (int kind = TG_FUNCTION_SCALAR; kind <= TG_FUNCTION_TABLE; kind++)
        if (tg_function_overloads(signature.name, (enum tg_function_kind)kind).count > 0)
            return tg_fail(reterr, TG_CODE_DUPLICATE_NAME, "there is a function %.*s already",
                           TG_SLICE_FORMAT(signature.name));
    return TG_OK;
}

enum tg_code tg_extension_check(const struct tg_extension *extension, struct tg_error *reterr)
{
    TG_TRY(check_version(extension, reterr));
    struct tg_arena *arena = tg_arena_new(0);
    enum tg_code code = TG_OK;
    for (const struct tg_function *row = extension->functions; code == TG_OK && row->signature != NULL; row++)
        code = check_row(arena, row, reterr);
    tg_arena_free(arena);
    return code;
}
