#include "serde/registry/settings.h"

#include "base/text.h"

enum { REQUEST_MS = 10000, TOTAL_MS = 30000, MS_MAX = 3600000 };

/* As it is, or behind "ksql." (what ksqlDB's users have). */
static const char *get(struct tg_arena *arena, const struct tg_properties *properties, const char *name)
{
    const char *value = tg_properties_get(properties, name);
    if (value == NULL)
        value = tg_properties_get(properties, tg_arena_printf(arena, "ksql.%s", name));
    return value == NULL || *value == '\0' ? NULL : tg_arena_text(arena, tg_slice_text(value));
}

TG_MUST_CHECK static enum tg_code read_bool(struct tg_arena *arena, const struct tg_properties *properties,
                                            const char *name, bool *value, struct tg_error *reterr)
{
    const char *text = get(arena, properties, name);
    if (text == NULL)
        return TG_OK;
    *value = tg_slice_equal_nocase(tg_slice_text(text), tg_slice_text("true"));
    if (*value || tg_slice_equal_nocase(tg_slice_text(text), tg_slice_text("false")))
        return TG_OK;
    return tg_fail(reterr, TG_CODE_CONFIG, "%s is '%s', but it is true or false", name, text);
}

TG_MUST_CHECK static enum tg_code read_ms(struct tg_arena *arena, const struct tg_properties *properties,
                                          const char *name, int *value, struct tg_error *reterr)
{
    const char *text = get(arena, properties, name);
    int64_t number = 0;
    if (text == NULL)
        return TG_OK;
    if (!tg_parse_int64(tg_slice_text(text), 1, MS_MAX, &number))
        return tg_fail(reterr, TG_CODE_CONFIG, "%s is '%s', but it is a number of ms from 1 to %d", name,
                       text, (int)MS_MAX);
    *value = (int)number;
    return TG_OK;
}

/* "http://user:password@host" without what is secret, for messages. */
static const char *hide_user(struct tg_arena *arena, const char *url)
{
    const char *start = strstr(url, "://");
    const char *at = start == NULL ? NULL : strchr(start + 3, '@');
    if (at == NULL)
        return url;
    return tg_arena_printf(arena, "%.*s%s", (int)(start + 3 - url), url, at + 1);
}

TG_MUST_CHECK static enum tg_code add_url(struct tg_arena *arena, struct tg_slice url,
                                          struct tg_registry_settings *settings, struct tg_error *reterr)
{
    while (url.length > 0 && url.data[url.length - 1] == '/')
        url.length--;
    const char *text = tg_arena_text(arena, url);
    if (strncmp(text, "http://", 7) != 0 && strncmp(text, "https://", 8) != 0)
        return tg_fail(reterr, TG_CODE_CONFIG,
                       "schema.registry.url has '%s', but a URL begins with http:// or https://",
                       hide_user(arena, text));
    if (settings->url_count == TG_REGISTRY_URLS_MAX)
        return tg_fail(reterr, TG_CODE_CONFIG, "schema.registry.url has more than %d URLs",
                       (int)TG_REGISTRY_URLS_MAX);
    settings->list = settings->list == NULL
                         ? hide_user(arena, text)
                         : tg_arena_printf(arena, "%s,%s", settings->list, hide_user(arena, text));
    settings->urls[settings->url_count++] = text;
    return TG_OK;
}

TG_MUST_CHECK static enum tg_code read_urls(struct tg_arena *arena, const char *text,
                                            struct tg_registry_settings *settings, struct tg_error *reterr)
{
    while (*text != '\0') {
        text += strspn(text, " ,");
        size_t length = strcspn(text, " ,");
        if (length > 0)
            TG_TRY(add_url(arena, tg_slice_of(text, length), settings, reterr));
        text += length;
    }
    return TG_OK;
}

TG_MUST_CHECK static enum tg_code read_user(struct tg_arena *arena, const struct tg_properties *properties,
                                            struct tg_registry_settings *settings, struct tg_error *reterr)
{
    const char *info = get(arena, properties, "schema.registry.basic.auth.user.info");
    if (info == NULL)
        info = get(arena, properties, "basic.auth.user.info");
    settings->token = get(arena, properties, "schema.registry.bearer.auth.token");
    if (settings->token == NULL)
        settings->token = get(arena, properties, "bearer.auth.token");
    if (info == NULL)
        return TG_OK;
    const char *colon = strchr(info, ':');
    if (colon == NULL)
        return tg_fail(reterr, TG_CODE_CONFIG, "basic.auth.user.info has no colon: it is user:password");
    settings->user = tg_arena_text(arena, tg_slice_of(info, (size_t)(colon - info)));
    settings->password = tg_arena_text(arena, tg_slice_text(colon + 1));
    return settings->token == NULL
               ? TG_OK
               : tg_fail(reterr, TG_CODE_CONFIG,
                         "basic.auth.user.info and bearer.auth.token are both set: choose one");
}

enum tg_code tg_registry_settings_read(struct tg_arena *arena, const struct tg_properties *properties,
                                       struct tg_registry_settings *settings, struct tg_error *reterr)
{
    *settings = (struct tg_registry_settings){
        .checks_host = true, .auto_register = true, .request_ms = REQUEST_MS, .total_ms = TOTAL_MS};
    const char *urls = get(arena, properties, "schema.registry.url");
    if (urls == NULL)
        return TG_OK;
    TG_TRY(read_urls(arena, urls, settings, reterr));
    TG_TRY(read_user(arena, properties, settings, reterr));
    settings->ca_file = get(arena, properties, "schema.registry.ssl.ca.location");
    settings->certificate_file = get(arena, properties, "schema.registry.ssl.certificate.location");
    settings->key_file = get(arena, properties, "schema.registry.ssl.key.location");
    settings->key_password = get(arena, properties, "schema.registry.ssl.key.password");
    TG_TRY(
        read_bool(arena, properties, "schema.registry.ssl.verify.hostname", &settings->checks_host, reterr));
    TG_TRY(read_bool(arena, properties, "auto.register.schemas", &settings->auto_register, reterr));
    TG_TRY(read_bool(arena, properties, "use.latest.version", &settings->use_latest, reterr));
    TG_TRY(read_bool(arena, properties, "normalize.schemas", &settings->normalize, reterr));
    TG_TRY(read_ms(arena, properties, "schema.registry.request.timeout.ms", &settings->request_ms, reterr));
    return read_ms(arena, properties, "schema.registry.retry.timeout.ms", &settings->total_ms, reterr);
}
