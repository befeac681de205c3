#include "service/assert_schema.h"

/* What was asked for, in words. */
static const char *words_of(struct tg_arena *arena, const struct tg_assert_schema *wanted)
{
    if (wanted->subject == NULL)
        return tg_arena_printf(arena, "schema of id %d", wanted->id);
    if (wanted->id == 0)
        return tg_arena_printf(arena, "schema of subject '%s'", wanted->subject);
    return tg_arena_printf(arena, "schema of id %d under subject '%s'", wanted->id, wanted->subject);
}

static enum tg_code find_schema(struct tg_registry *registry, const struct tg_assert_schema *wanted,
                                struct tg_arena *arena, struct tg_error *reterr)
{
    const struct tg_registry_schema *schema = NULL;
    int32_t id = 0;
    if (wanted->id == 0)
        return tg_registry_get_version(registry, wanted->subject, 0, arena, &schema, reterr);
    TG_TRY(tg_registry_get(registry, wanted->id, arena, &schema, reterr));
    if (wanted->subject == NULL)
        return TG_OK;
    TG_TRY(tg_registry_look_up(registry, wanted->subject, schema, &id, reterr));
    return id == wanted->id ? TG_OK
                            : tg_fail(reterr, TG_CODE_SCHEMA_UNKNOWN, "that subject has it as id %d", id);
}

enum tg_code tg_assert_schema(struct tg_registry *registry, const struct tg_assert_schema *wanted,
                              struct tg_error *reterr)
{
    if (registry == NULL)
        return tg_fail(reterr, TG_CODE_CONFIG,
                       "ASSERT SCHEMA asks a schema registry, and none is configured");
    struct tg_arena *arena = tg_arena_new(0);
    enum tg_code code = find_schema(registry, wanted, arena, reterr);
    if (code == TG_CODE_SCHEMA_UNKNOWN && wanted->not_exists)
        code = TG_OK;
    else if (code == TG_CODE_SCHEMA_UNKNOWN)
        code = tg_fail(reterr, code, "there is no %s in the registry %s", words_of(arena, wanted),
                       tg_registry_address(registry));
    else if (code == TG_OK && wanted->not_exists)
        code = tg_fail(reterr, TG_CODE_SCHEMA_REFUSED, "there is a %s in the registry %s",
                       words_of(arena, wanted), tg_registry_address(registry));
    tg_arena_free(arena);
    return code;
}
